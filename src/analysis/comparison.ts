import { type Ledger, ledgerOf, type ProfileRun, type Report } from "../report/report.ts";
import { type Estimate, estimateOf } from "./estimate.ts";
import { isShownFiner, withFiner } from "./finer.ts";
import { fingerprintDifferences } from "./likeness.ts";
import { confidenceOf } from "./looks.ts";
import { measuresOf, sampleOf } from "./samples.ts";
import { medianMs, type Shift, shiftBetween } from "./shift.ts";
import { type Tested, usualQuestion, weigh } from "./significance.ts";
import { refuseUnsound } from "./soundness.ts";

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

export interface Change extends Shift, Tested {
	/** Of the first column's median; undefined where that is 0. */
	share?: number;
}

interface Column {
	label: string;
	report: Report;
	run: ProfileRun;
}

/**
 * Puts reports side by side, a table for each profile that they share; or, of one report, its profiles.
 *
 * `by: "profile"` puts profiles side by side also where there are several reports. Throws a `UsageError` for a report
 * that no run writes.
 */
export function compareReports(
	reports: readonly LabelledReport[],
	{ by = reports.length > 1 ? "report" : "profile", alpha = 0.05 }: { by?: "report" | "profile"; alpha?: number } = {},
): ComparisonTable[] {
	for (const { label, report } of reports) refuseUnsound(report, label);
	// Between reports with traces and without, the coarser phases are compared.
	const isFiner = isShownFiner(reports.flatMap(({ report }) => report.profiles));
	const columns = reports.flatMap(({ label, report }) =>
		report.profiles.map((run): Column => ({ label, report, run: isFiner ? withFiner(run) : run })),
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
	weigh(tables.flatMap(columnsOfChanges), alpha);
	return tables;
}

/** Until all differences are weighed together. */
const untested = { isExplanation: false, adjustedP: 1, isSignificant: false };

/** What each column is compared with the first in. */
function columnsOfChanges({ columns, rows }: ComparisonTable): Change[][] {
	return columns.map((_, index) => rows.flatMap(({ cells }) => cells[index]?.change ?? []));
}

function tableOf(columns: Column[], { nameOf, alpha }: { nameOf: (column: Column) => string; alpha: number }) {
	const measures = new Set(columns.flatMap(({ run }) => measuresOf(run)));
	const rows = [...measures].map((measure) => {
		const samples = columns.map(({ run }) => sampleOf(run, measure));
		const confidences = columns.map(({ run }) => confidenceOf(run, 1 - alpha));
		const [base] = samples;
		const from = base === undefined ? undefined : medianMs(base);
		const cells = samples.map((sample, index): Cell => {
			const estimate = estimateOf(sample, confidences[index]);
			if (estimate === undefined || base === undefined || index === 0)
				return estimate === undefined ? {} : { estimate };
			const shift = shiftBetween(base, sample, 1 - alpha);
			if (shift === undefined) return { estimate };
			const share = from === undefined || from === 0 ? {} : { share: shift.ms / from };
			const isQuestion = measure === usualQuestion;
			return { estimate, change: { ...shift, ...share, isQuestion, ...untested } };
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

function keysThatVary(columns: readonly Column[]): string[] {
	const [first, ...rest] = columns;
	if (first === undefined) return [];
	const name = first.run.profile.name;
	const differences = rest.flatMap(({ report }) => fingerprintDifferences(first.report, report));
	return [...new Set(differences.filter(({ profile }) => profile === name).map(({ key }) => key))];
}
