import type { Cell, Change, ComparisonTable, LabelledReport } from "../../analysis/comparison.ts";
import { fingerprintDifferences } from "../../analysis/likeness.ts";
import { escaped } from "../report/svg.ts";
import { formatMsWithRange, unknown } from "../words/amounts.ts";
import { duration } from "../words/units.ts";
import { chanceWords, changeNote, changeWords, unknownChange, unknownMedian } from "../words/verdict-words.ts";
import { ledgerCells, ledgerHead } from "./attempts.ts";
import { htmlDocument, type Section } from "./document.ts";
import { isolated, number, tag } from "./drawing/markup.ts";
import { scaleOf, shiftBar } from "./shift-bar.ts";
import { cell, dataTable, tableRow } from "./table.ts";

/** Reports side by side, and what they are. */
export interface Comparison {
	/** The first is what the others are compared with. */
	reports: readonly LabelledReport[];
	tables: readonly ComparisonTable[];
}

/** Reports or profiles side by side as a page that needs no other file: whether total differs first, then every measure. */
export function renderDiffPage({ reports, tables }: Comparison): string {
	const banner = bannerOf(reports);
	const answers = tables.length === 0 ? [noData] : tables.flatMap(answersOf);
	return htmlDocument({
		title: `Cold starts of a Knative service, compared${banner.length === 0 ? "" : " — SIMULATED"}`,
		header: [...banner, ...reports.map(whenOf), ...answers].join(""),
		sections: [
			...tables.map(tableSection),
			{ id: "attempts", title: "Attempts", content: attemptsOf(tables) },
			{ id: "differences", title: "What was measured differently", content: differencesOf(reports) },
		],
	});
}

const noData = tag("p", { class: "price" }, "No data: the reports have no profile.");

/** Which reports do not come from a real cluster. */
function bannerOf(reports: Comparison["reports"]): string[] {
	const labels = reports.flatMap(({ label, report }) => (report.simulated === undefined ? [] : [label]));
	if (labels.length === 0) return [];
	const words = isolated(`simulated, no real cluster was measured: ${labels.join(", ")}`);
	return [tag("p", { class: "banner" }, words)];
}

const whenOf = ({ label, report: { startedAt, cluster } }: LabelledReport) =>
	tag("p", { class: "note" }, isolated(`${label}: ${startedAt}, cluster ${cluster.context}`));

const titleOf = ({ title, columns }: ComparisonTable) => title ?? columns.map(({ label }) => label).join(", ");

/** Whether total differs between the first column and each other one. */
function answersOf(table: ComparisonTable): string[] {
	const cells = table.rows.find(({ measure }) => measure === "total")?.cells ?? [];
	const [first, ...others] = table.columns;
	if (others.length === 0) return [answer(`${titleOf(table)}: there is nothing to compare it with`)];
	return others.map(({ label }, index) => {
		const where = `${titleOf(table)}, ${first?.label} → ${label}`;
		const [before, after] = [cells[0]?.estimate, cells[index + 1]?.estimate];
		const change = cells[index + 1]?.change;
		if (before === undefined || after === undefined || change === undefined) {
			return answer(`${where}: no data, because one of them has no total`);
		}
		const medians = `medians ${duration(before.medianMs)} → ${duration(after.medianMs)}`;
		const words = `${changeWords(change, change.interval)} (${medians}, ${chanceWords(change)})`;
		return answer(`${where}: total ${words}, ${verdictWords(change)}`, kindOf(change));
	});
}

const answer = (text: string, kind = "") => tag("p", { class: `headline ${kind}` }, isolated(text));

function verdictWords({ isSignificant, interval, ms }: Change): string {
	if (interval === undefined) return "too few cold starts to tell";
	if (!isSignificant) return "which may be chance";
	return ms > 0 ? "slower" : "faster";
}

/** The class of its headline. */
const kindOf = ({ isSignificant, ms }: Change) => (isSignificant ? (ms > 0 ? "breach" : "pass") : "");

function tableSection(table: ComparisonTable, index: number): Section {
	const [first, ...others] = table.columns;
	const scale = scaleOf(table.rows.flatMap(({ cells }) => cells.flatMap(({ change }) => change ?? [])));
	const ends = `${duration(scale.loMs)} … +${duration(scale.hiMs)}`;
	const head = [
		"measure",
		{ number: columnHead(first) },
		...others.flatMap((column) => [
			{ number: columnHead(column) },
			escaped(ends),
			{ number: "change" },
			{ number: "chance" },
		]),
	];
	const rows = table.rows.map(({ measure, cells }) =>
		tableRow(
			isolated(measure),
			estimateCell(cells[0]),
			...cells.slice(1).flatMap((each) => [estimateCell(each), ...changeCells(each, cells[0], scale)]),
		),
	);
	const caption = `Medians with 95 % intervals${others.length === 0 ? "" : `, and the change from ${first?.label}`}`;
	const varying =
		table.varies.length === 0
			? ""
			: tag("p", { class: "note" }, isolated(`measured differently, in: ${table.varies.join(", ")}`));
	const note = others.length === 0 ? "" : tag("p", { class: "note" }, escaped(`${changeNote}.`));
	const isEmpty = rows.length === 0;
	const content = isEmpty
		? tag("p", { class: "none" }, "no data: no cold start was counted")
		: dataTable({ caption, head, bodies: [rows] }) + varying + note;
	return { id: `table-${index}`, title: titleOf(table), content: `<div class="shifts">${content}</div>` };
}

function columnHead(column: ComparisonTable["columns"][number] | undefined): string {
	if (column === undefined) return "";
	const { label, ledger, simulated } = column;
	return isolated(label) + tag("span", { class: "small" }, `n = ${ledger.counted}${simulated ? ", simulated" : ""}`);
}

function estimateCell(each: Cell | undefined): string {
	const estimate = each?.estimate;
	if (estimate === undefined) return number("–");
	const missing = estimate.missing === 0 ? "" : `${estimate.missing} more without a value`;
	const median = escaped(formatMsWithRange(estimate.medianMs, estimate.interval ?? unknown));
	const note = unknownMedian(estimate) ?? missing;
	return tag("td", { class: "number" }, median, note && tag("span", { class: "small" }, escaped(note)));
}

function changeCells({ change, estimate }: Cell, base: Cell | undefined, scale: ReturnType<typeof scaleOf>): string[] {
	if (change === undefined) return [tag("td", { class: "none", colspan: 3 }, "– not in both")];
	const few = unknownChange(change, [base?.estimate, estimate]);
	return [
		tag("td", { class: "shift" }, shiftBar(change, scale)),
		tag(
			"td",
			{ class: "number" },
			escaped(changeWords(change, change.interval ?? unknown)),
			few === undefined ? "" : tag("span", { class: "small" }, escaped(few)),
		),
		number(chanceWords(change)),
	];
}

function attemptsOf(tables: readonly ComparisonTable[]): string {
	const rows = tables.flatMap((table) =>
		table.columns.map(({ label, ledger }) =>
			tableRow(isolated(titleOf(table)), tag("td", {}, isolated(label)), ...ledgerCells(ledger)),
		),
	);
	const head = ["of", "", ...ledgerHead];
	return rows.length === 0 ? "" : dataTable({ caption: "Attempts", head, bodies: [rows] });
}

/** What the fingerprints of the reports differ in; a difference of the cold starts may come from there. */
function differencesOf([first, ...others]: readonly LabelledReport[]): string {
	if (first === undefined || others.length === 0) return "";
	const rows = others.flatMap(({ label, report }) =>
		fingerprintDifferences(first.report, report).map(({ profile, key, before, after }) =>
			tableRow(
				isolated(profile),
				tag("td", {}, isolated(key)),
				cell(before ?? "–"),
				tag("td", {}, isolated(label)),
				cell(after ?? "–"),
			),
		),
	);
	if (rows.length === 0) return tag("p", {}, "Nothing that is known of: their fingerprints are the same.");
	const head = ["profile", "what", isolated(first.label), "in", "was"];
	return dataTable({ caption: "Differences of the fingerprints", head, bodies: [rows] });
}
