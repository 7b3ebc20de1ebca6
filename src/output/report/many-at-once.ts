import type { BurstFigures } from "../../analysis/bursts.ts";
import type { Crowding } from "../../analysis/crowds.ts";
import type { Figures } from "../../analysis/figures.ts";
import { duration, range, signedDuration } from "../words/units.ts";

/** A table as plain cells; the first row is its heading. */
export interface ManyTable {
	title: string;
	rows: readonly (readonly string[])[];
	notes: readonly string[];
}

/** The tables of bursts and of crowds, one of each for every profile that has them. */
export function manyTables({ runs }: Figures): ManyTable[] {
	return runs.flatMap(({ run, bursts, crowding }) => {
		const { name } = run.profile;
		return [
			...(bursts.length === 0 ? [] : [burstTable(name, bursts)]),
			...(crowding === undefined ? [] : [crowdTable(name, crowding)]),
		];
	});
}

const time = (ms: number | undefined) => (ms === undefined ? "–" : duration(ms));
const shownPhases = 3;

function burstTable(name: string, bursts: readonly BurstFigures[]): ManyTable {
	const heading = ["at once", "cold of attempted", "median", "slowest", "all answered after", "what grows"];
	const rows = bursts.map(({ size, ledger, medianMs, slowestMs, allAnsweredMs, growth }) => [
		String(size),
		`${ledger.cold} of ${ledger.attempted}`,
		time(medianMs),
		time(slowestMs),
		size === 1 ? "" : time(allAnsweredMs),
		growth
			.slice(0, shownPhases)
			.map(({ phase, byMs }) => `${phase} ${signedDuration(byMs)}`)
			.join(", "),
	]);
	const spreads = bursts.flatMap(({ spreadMs }) => spreadMs ?? []);
	const sent =
		spreads.length === 0 ? [] : [`the requests of a burst were sent within ${duration(Math.max(...spreads))}`];
	const reasons = bursts.flatMap(({ size, reasons: found }) =>
		found.map(({ reason, count }) => `${size} at once: ${count} not counted: ${reason}`),
	);
	return {
		title: `${name}: services asked in the same instant (total)`,
		rows: [heading, ...rows],
		notes: [...sent, ...reasons],
	};
}

/** Of how many services a slope is told: one of them hardly costs anything. */
const perServices = 100;

function crowdTable(name: string, { crowds, slope }: Crowding): ManyTable {
	const heading = ["idle services", "counted of attempted", "median of total", "95 % interval"];
	const rows = crowds.map(({ size, total, attempted, counted }) => [
		String(size),
		`${counted} of ${attempted}`,
		time(total?.medianMs),
		total?.interval === undefined ? "–" : range(total.interval.lo, total.interval.hi),
	]);
	return { title: `${name}: cold starts among idle services`, rows: [heading, ...rows], notes: slopeNotes(slope) };
}

function slopeNotes(slope: Crowding["slope"]): string[] {
	if (slope === undefined) return ["only one size has cold starts that count, so nothing can be told of its effect"];
	const { perUnit, interval } = slope;
	const by = `${signedDuration(perUnit * perServices)} for each ${perServices} idle services`;
	if (interval === undefined) return [`${by}; too few cold starts for an interval`];
	const within = range(interval.lo * perServices, interval.hi * perServices);
	const verdict = interval.lo <= 0 && interval.hi >= 0 ? "; no difference is seen" : "";
	return [`${by} ${within}${verdict}`];
}

/** The tables for a terminal; empty where there are none. */
export function manyText(figures: Figures): string[] {
	return manyTables(figures).flatMap(({ title, rows, notes }) => {
		const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
		const lines = rows.map(
			(row) => `  ${row.map((cell, at) => padded(cell, widths[at] ?? 0, at, row.length)).join("  ")}`,
		);
		return ["", title, ...lines.map((line) => line.trimEnd()), ...notes.map((note) => `  ${note}`)];
	});
}

/** Numbers to the right, and words, which are in the last column where there are more than four, to the left. */
const padded = (cell: string, width: number, column: number, columns: number) =>
	columns > 4 && column === columns - 1 ? cell.padEnd(width) : cell.padStart(width);

/** The tables as Markdown; empty where there are none. */
export function manyMarkdown(figures: Figures, literal: (text: string) => string): string[] {
	return manyTables(figures).flatMap(({ title, rows, notes }) => {
		const [heading = [], ...rest] = rows;
		const line = (cells: readonly string[]) => `| ${cells.map((cell) => literal(cell)).join(" | ")} |`;
		const rule = `| ${heading.map(() => "---:").join(" | ")} |`;
		const listed = notes.map((note) => `- ${literal(note)}`);
		return ["", `**${literal(title)}**`, "", line(heading), rule, ...rest.map(line), "", ...listed];
	});
}
