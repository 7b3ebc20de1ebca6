import type { CsvDialect } from "./render.ts";

type Field = string | number | boolean | undefined;

/** Rows as CSV (RFC 4180); `undefined` is an empty field. */
export function csvText(
	rows: readonly (readonly Field[])[],
	{ hasBom = false, separator = "," }: CsvDialect = {},
): string {
	const lines = rows.map((row) => `${row.map((value) => field(value, separator)).join(separator)}\r\n`);
	return `${hasBom ? "\uFEFF" : ""}${lines.join("")}`;
}

/** Spreadsheets take a text for a formula that begins so; those of East Asia also with the wide forms of these. */
const formulaStart = /^\s*[=+\-@＝＋－＠]|^[\t\r\n]/;

/** Text that a spreadsheet would run as a formula is quoted with an apostrophe, so that it stays text. */
function field(value: Field, separator: "," | ";"): string {
	if (value === undefined) return "";
	// Where a comma is the decimal point, a spreadsheet reads 1.313 as a thousand and more.
	if (typeof value === "number") return separator === ";" ? String(value).replace(".", ",") : String(value);
	const text = typeof value === "string" && formulaStart.test(value) ? `'${value}` : String(value);
	return /[",;\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
