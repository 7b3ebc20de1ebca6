import type { Cell, Summary } from "../../analysis/summary.ts";
import { isFinerPhase, isNarrowedByFiner } from "../../report/phases.ts";
import { type Form, markOf, sourceLetters } from "./table-grid.ts";
import { type Terminal, wrapped } from "./terminal.ts";

/** What the bars, letters and marks mean that are there. */
export function legend(
	summary: Summary,
	form: Form,
	bars: string | undefined,
	{ plain, width, paint }: Terminal,
): string[] {
	const rows = summary.groups.flatMap(({ rows }) => rows);
	const cells = rows.flatMap((row) => row.cells.flatMap((cell) => cell ?? []));
	const lines = [
		...(bars === undefined ? [] : [bars]),
		...(form.hasSources || cells.length === 0 ? [] : [letters(cells)]),
		marks(cells, { isMissing: rows.some((row) => row.cells.includes(undefined)) }),
		partial(summary),
		narrowed(rows.map(({ name }) => name)),
		...(cells.some(({ change }) => change !== undefined) ? [certainty] : []),
	];
	return lines
		.filter((line) => line !== "")
		.flatMap((line) => wrapped(plain(line), width).map((each) => paint.faint(each)));
}

/** What is judged by the name of a phase that means less here. */
function narrowed(names: readonly string[]): string {
	if (!names.some(isFinerPhase)) return "";
	const kinds = [...new Set(names.filter(isNarrowedByFiner).map((name) => name.replace(/^start-.*/, "start-…")))];
	if (kinds.length === 0) return "";
	const [are, it] = kinds.length === 1 ? ["is", "it"] : ["are", "them"];
	return `${kinds.join(" and ")} ${are} shown without the finer phases beside ${it}; budgets and baselines judge the whole`;
}

const certainty =
	"a change of total without a mark is a difference with 95 % confidence; of the phases without one, about one in " +
	"ten may be so by chance";

function letters(cells: readonly Cell[]): string {
	const used = new Set<string>(cells.map(({ source }) => source));
	const words = Object.entries(sourceLetters).filter(([word]) => used.has(word));
	return `source: ${words.map(([word, letter]) => `${letter} ${word}`).join(", ")}`;
}

function marks(cells: readonly Cell[], { isMissing }: { isMissing: boolean }): string {
	const used = new Set(
		cells.flatMap(({ change }) => (change === undefined || change.isSignificant ? [] : markOf(change))),
	);
	return [
		...(isMissing ? ["– not measured"] : []),
		...(used.has("~") ? ["~ not significant"] : []),
		...(used.has("?") ? ["? too few cold starts to tell"] : []),
	].join(", ");
}

/** Of how many cold starts a median is that not every counted one has; measures that share it are named together. */
function partial({ columns, groups }: Summary): string {
	const measures = new Map<string, string[]>();
	for (const { name, cells } of groups.flatMap(({ rows }) => rows)) {
		const few = cells.flatMap((cell, index) => {
			const { name, ledger } = columns[index] ?? {};
			return cell === undefined || cell.n === ledger?.counted ? [] : [`${cell.n} in ${name}`];
		});
		if (few.length > 0) measures.set(few.join(", "), [...(measures.get(few.join(", ")) ?? []), name]);
	}
	const texts = [...measures].map(([few, names]) => `${names.join(", ")} ${few}`);
	return texts.length === 0 ? "" : `* not in every counted cold start: ${texts.join("; ")}`;
}
