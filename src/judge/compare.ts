import { type Ledger, ledgerOf, type ProfileRun, type Report } from "../model/report.ts";
import { holm } from "../statistics/holm.ts";
import { type Estimate, estimateOf } from "./estimate.ts";
import { fingerprintDifferences } from "./fingerprint.ts";
import { measuresOf, sampleOf } from "./measure.ts";
import { medianMs, type Shift, shiftBetween } from "./shift.ts";

/** A report and what to call it: its file, or what is special about it. */
export interface LabelledReport {
	label: string;
	report: Report;
}

/** Columns side by side; the first is what the others are compared with. */
export interface ComparisonTable {
	/** The profile, where the columns are reports. */
	title?: string;
	columns: { label: string; simulated: boolean; ledger: Ledger }[];
	rows: { measure: string; cells: Cell[] }[];
	/** Keys of the fingerprints in which the columns differ, where they are reports of one profile. */
	varies: string[];
}

export interface Cell {
	/** Undefined where no cold start has a value. */
	estimate?: Estimate;
	/** Against the first column; undefined in it, and where either has no value. */
	change?: Change;
}

export interface Change extends Shift {
	/** Of the first column's median; undefined where that is 0. */
	share?: number;
	/** By Holm over all comparisons of all tables, with more of the level for `total`; to be held against `alpha`. */
	adjustedP: number;
	isSignificant: boolean;
}

interface Column {
	label: string;
	report: Report;
	run: ProfileRun;
}

/**
 * Puts reports side by side, a table for each profile that they share; or, of one report, its profiles.
 *
 * `by: "profile"` puts profiles side by side also where there are several reports.
 */
export function compareReports(
	reports: readonly LabelledReport[],
	{ by = reports.length > 1 ? "report" : "profile", alpha = 0.05 }: { by?: "report" | "profile"; alpha?: number } = {},
): ComparisonTable[] {
	const columns = reports.flatMap(({ label, report }) =>
		report.profiles.map((run): Column => ({ label, report, run })),
	);
	const groups = new Map<string, Column[]>();
	for (const column of columns) {
		const title = by === "report" ? column.run.profile.name : column.label;
		groups.set(title, [...(groups.get(title) ?? []), column]);
	}
	const tables = [...groups].map(([title, group]) => ({
		...(groups.size > 1 || by === "report" ? { title } : {}),
		...tableOf(group, { nameOf: (column) => (by === "report" ? column.label : column.run.profile.name), alpha }),
		varies: by === "report" ? keysThatVary(group) : [],
	}));
	adjust(tables, alpha);
	return tables;
}

function tableOf(columns: Column[], { nameOf, alpha }: { nameOf: (column: Column) => string; alpha: number }) {
	const measures = new Set(columns.flatMap(({ run }) => measuresOf(run)));
	const rows = [...measures].map((measure) => {
		const samples = columns.map(({ run }) => sampleOf(run, measure));
		const [base] = samples;
		const from = base === undefined ? undefined : medianMs(base);
		const cells = samples.map((sample, index): Cell => {
			const estimate = estimateOf(sample, 1 - alpha);
			if (estimate === undefined || base === undefined || index === 0)
				return estimate === undefined ? {} : { estimate };
			const shift = shiftBetween(base, sample, 1 - alpha);
			if (shift === undefined) return { estimate };
			const share = from === undefined || from === 0 ? {} : { share: shift.ms / from };
			return { estimate, change: { ...shift, ...share, adjustedP: 1, isSignificant: false } };
		});
		return { measure, cells };
	});
	return {
		columns: columns.map((column) => ({
			label: nameOf(column),
			simulated: column.report.simulated !== undefined,
			ledger: ledgerOf(column.run.coldStarts),
		})),
		rows,
	};
}

/** The share of the level that goes to `total`. */
const totalWeight = 0.8;

/**
 * `total` is the question and gets most of the level; the phases explain the answer and share the rest, so that their
 * number does not hide a difference of the whole. Together no more than `alpha` of tables show any false difference.
 */
function adjust(tables: readonly ComparisonTable[], alpha: number): void {
	const rows = tables.flatMap((table) => table.rows);
	const families = [
		{ weight: totalWeight, of: rows.filter(({ measure }) => measure === "total") },
		{ weight: 1 - totalWeight, of: rows.filter(({ measure }) => measure !== "total") },
	];
	for (const family of families) {
		const cells = family.of.flatMap((row) => row.cells);
		const changes = cells.flatMap(({ change }) => (change === undefined ? [] : [change]));
		for (const [index, p] of holm(changes.map((change) => change.p)).entries()) {
			const change = changes[index];
			if (change === undefined) continue;
			change.adjustedP = Math.min(1, p / family.weight);
			change.isSignificant = change.adjustedP <= alpha;
		}
	}
}

function keysThatVary(columns: readonly Column[]): string[] {
	const [first, ...rest] = columns;
	if (first === undefined) return [];
	const name = first.run.profile.name;
	const differences = rest.flatMap(({ report }) => fingerprintDifferences(first.report, report));
	return [...new Set(differences.filter(({ profile }) => profile === name).map(({ key }) => key))];
}
