import type { Profile } from "../profile/profile.ts";
import { type Ledger, ledgerOf, lessPrecise, type Report, type Source } from "../report/report.ts";
import { oneLine } from "../text/one-line.ts";
import { type Change, compareReports } from "./comparison.ts";
import { type Estimate, estimateOf } from "./estimate.ts";
import { confidenceOf } from "./looks.ts";
import { sampleOf } from "./samples.ts";
import { boundedMedianInterval, type Range } from "./statistics/median.ts";

/** What a table shows of one measure under one profile; an interval that missing values leave open on both sides is left out. */
export interface Cell extends Estimate {
	/** Where the median of the values lies, whatever the true times within their bounds. */
	band: Range;
	/** The least precise source of its values. */
	source: Source;
	/** Against the first profile, as `compare` has it; undefined in its own column and where it has no such measure. */
	change?: Change;
}

/** One measure under every profile. */
export interface Row {
	name: string;
	/** In the order of the columns; undefined where the profile has no such measure. */
	cells: (Cell | undefined)[];
	/** Where its values come from; one for each column, with slashes between, where the columns differ. */
	source: string;
}

/** A report as a table: groups of rows, a column a profile. */
export interface Summary {
	columns: {
		name: string;
		title: string;
		ledger: Ledger;
		/** Of its intervals; above 0.95 where the profile's rounds were stopped early. */
		confidence: number;
	}[];
	groups: { title: string; rows: Row[] }[];
}

/** The medians of a report, compared with its first profile. */
export function summarize(report: Report): Summary {
	const columns = report.profiles.map((run) => ({
		name: run.profile.name,
		title: titleOf(run.profile, report),
		ledger: ledgerOf(run.coldStarts),
		confidence: confidenceOf(run),
	}));
	const changes = changesOf(report);
	const rows = (names: string[]) => names.map((name) => rowOf(report, name, changes.get(name) ?? []));
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

/** A profile that was copied from another may have kept its title. */
export function titleOf({ name, title = name }: Profile, { profiles }: Report): string {
	const isShared = profiles.some(({ profile }) => profile.name !== name && profile.title === title);
	return oneLine(isShared ? `${title} (${name})` : title);
}

/** Of each measure, by profile: one family of tests, so that no more than 5 % of reports show any false difference. */
function changesOf(report: Report): Map<string, (Change | undefined)[]> {
	const [table] = compareReports([{ label: "", report }], { by: "profile" });
	return new Map((table?.rows ?? []).map(({ measure, cells }) => [measure, cells.map(({ change }) => change)]));
}

function rowOf(report: Report, name: string, changes: readonly (Change | undefined)[]): Row {
	const cells = report.profiles.map((run, index): Cell | undefined => {
		const sample = sampleOf(run, name);
		const estimate = estimateOf(sample, confidenceOf(run));
		const band = boundedMedianInterval(sample.values)?.band;
		if (estimate === undefined || band === undefined) return undefined;
		const source = sample.values.map((value) => value.source).reduce(lessPrecise);
		const change = changes[index];
		const { interval, ...rest } = estimate;
		const saysSomething = interval !== undefined && (Number.isFinite(interval.lo) || Number.isFinite(interval.hi));
		return { ...rest, band, source, ...(saysSomething && { interval }), ...(change !== undefined && { change }) };
	});
	return { name, cells, source: sourcesOf(cells) };
}

function sourcesOf(cells: readonly (Cell | undefined)[]): string {
	const distinct = new Set(cells.flatMap((cell) => cell?.source ?? []));
	return [...(distinct.size > 1 ? cells.map((cell) => cell?.source ?? "–") : distinct)].join("/");
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
