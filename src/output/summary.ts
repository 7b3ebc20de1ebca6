import { sampleOf } from "../judge/measure.ts";
import { blunter, type Ledger, ledgerOf, type Measured, type Report, type Source } from "../model/report.ts";
import { type BoundedDifference, boundedDifferenceOfMedians } from "../statistics/difference.ts";
import { type BoundedMedianEstimate, boundedMedianInterval } from "../statistics/median.ts";

/** What a table shows of one measure under one profile. */
export interface Cell extends BoundedMedianEstimate {
	/** The bluntest source of its values. */
	source: Source;
	/** Against the first profile; undefined in its own column and where it has no such measure. */
	difference?: BoundedDifference & {
		/** Its 95 % interval, measurement bounds included, leaves out zero. */
		isSignificant: boolean;
	};
}

/** One measure under every profile. */
export interface Row {
	name: string;
	/** In the order of the columns; undefined where the profile has no such measure. */
	cells: (Cell | undefined)[];
}

/** A report as a table: groups of rows, a column a profile. */
export interface Summary {
	columns: { name: string; title: string; ledger: Ledger }[];
	groups: { title: string; rows: Row[] }[];
}

/** The medians of a report, compared with its first profile. */
export function summarize(report: Report): Summary {
	const columns = report.profiles.map(({ profile, coldStarts }) => ({
		name: profile.name,
		title: profile.title ?? profile.name,
		ledger: ledgerOf(coldStarts),
	}));
	const rows = (names: string[]) => names.map((name) => rowOf(report, name));
	const starts = report.profiles.map(({ coldStarts }) => coldStarts.filter(({ counted }) => counted));
	const spans = mergedOrder(starts.map((each) => mergedOrder(each.map((start) => Object.keys(start.spans)))));
	const phases = mergedOrder(starts.map((each) => mergedOrder(each.map((start) => Object.keys(start.phases)))));
	return {
		columns,
		groups: [
			{ title: "request to last byte", rows: rows(["total"]) },
			{ title: "spans as the talk defines them", rows: rows(spans) },
			{ title: "critical path, adds up to total", rows: rows(phases) },
		],
	};
}

function rowOf(report: Report, name: string): Row {
	const samples = report.profiles.map((run) => sampleOf(run, name).values);
	const first = samples[0] ?? [];
	return { name, cells: samples.map((values, index) => cellOf(values, index === 0 ? undefined : first)) };
}

function cellOf(values: readonly Measured[], first: readonly Measured[] | undefined): Cell | undefined {
	const estimate = boundedMedianInterval(values);
	if (estimate === undefined) return undefined;
	const cell: Cell = { ...estimate, source: values.map(({ source }) => source).reduce(blunter) };
	const difference = first === undefined ? undefined : boundedDifferenceOfMedians(first, values);
	if (first === undefined || difference === undefined) return cell;
	const { interval } = difference;
	const isSignificant = interval !== undefined && (interval.lo > 0 || interval.hi < 0);
	return { ...cell, difference: { ...difference, isSignificant } };
}

/**
 * One order that agrees with all lists where they agree: a name goes behind the one it follows in the first list that
 * has it.
 */
export function mergedOrder(lists: readonly (readonly string[])[]): string[] {
	const merged: string[] = [];
	for (const list of lists) {
		let after = -1;
		for (const name of list) {
			const at = merged.indexOf(name);
			if (at >= 0) after = at;
			else merged.splice(++after, 0, name);
		}
	}
	return merged;
}
