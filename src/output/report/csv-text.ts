type Field = string | number | boolean | undefined;

/** Rows as CSV (RFC 4180); `undefined` is an empty field. */
export function csvText(rows: readonly (readonly Field[])[]): string {
	return rows.map((row) => `${row.map(field).join(",")}\r\n`).join("");
}

/** Text that a spreadsheet would run as a formula is quoted with an apostrophe, so that it stays text. */
function field(value: Field): string {
	if (value === undefined) return "";
	const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
	return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
