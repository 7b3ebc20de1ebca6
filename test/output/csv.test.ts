import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { csvText } from "../../src/output/report/csv-text.ts";

/** What a reader of CSV makes of it (RFC 4180). */
function read(text: string, separator: string): string[][] {
	const rows: string[][] = [[]];
	let [cell, isQuoted] = ["", false];
	for (let at = 0; at < text.length; at++) {
		const character = text[at];
		if (isQuoted && character === '"' && text[at + 1] === '"') {
			cell += '"';
			at++;
		} else if (character === '"') isQuoted = !isQuoted;
		else if (!isQuoted && character === separator) {
			rows.at(-1)?.push(cell);
			cell = "";
		} else if (!isQuoted && text.startsWith("\r\n", at)) {
			rows.at(-1)?.push(cell);
			rows.push([]);
			cell = "";
			at++;
		} else cell += character;
	}
	return rows.slice(0, -1);
}

describe("CSV", () => {
	it.each([",", ";"] as const)("gives each field back, separated by %s", (separator) => {
		const harmless = fc.string().filter((text) => !/^[\s=+\-@＝＋－＠]/.test(text));
		fc.assert(
			fc.property(fc.array(fc.array(harmless, { minLength: 1 }), { minLength: 1 }), (rows) => {
				expect(read(csvText(rows, { separator }), separator)).toEqual(rows);
			}),
		);
	});

	it.each([
		"=cmd()",
		"+1+cmd",
		"-2+3",
		"@SUM(A1)",
		"\t=1",
		"\r=1",
		"\n=1",
		" =1",
		"＝1",
		"−",
	])("quotes %j with an apostrophe if a spreadsheet would run it", (text) => {
		const [[cell] = []] = read(csvText([[text]]), ",");
		expect(cell).toBe(text === "−" ? text : `'${text}`);
	});

	it("keeps numbers numbers, negative ones too, and leaves out what there is not", () => {
		expect(csvText([[-1.5, 0, undefined, true]])).toBe("-1.5,0,,true\r\n");
		expect(csvText([[-1.5, "1.5"]], { separator: ";" })).toBe("-1,5;1.5\r\n");
	});
});
