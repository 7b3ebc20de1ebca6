import fc from "fast-check";
import { expect, test } from "vitest";
import { UsageError } from "../../src/errors.ts";
import { parseReport } from "../../src/report/read-report.ts";
import { type Report, reportSchema } from "../../src/report/report.ts";
import { reportText } from "../../src/report/report-text.ts";
import { aReport, around } from "../gate/a-report.ts";

const phases = { sandbox: around(5, 1, 3) };
const report = aReport({
	minimal: { totals: around(2000, 100, 3), phases },
	none: { totals: [] },
	full: { totals: around(3000, 100, 2), phases },
});
const text = reportText(report);

test("is the report, with a line for each cold start", () => {
	expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(report)));
	const lines = text.split("\n").filter((line) => line.startsWith('\t\t\t\t{"round":'));
	expect(lines).toHaveLength(report.profiles.flatMap(({ coldStarts }) => coldStarts).length);
});

test("is read as the same report in other lines", () => {
	expect(parseReport(text, "r.json")).toEqual(report);
	for (const other of [JSON.stringify(report), JSON.stringify(report, null, "\t"), text.replaceAll("\n", "\r\n")]) {
		expect(parseReport(other, "r.json")).toEqual(report);
	}
});

test("a profile's own values may look like a list of cold starts", () => {
	const [run, ...runs] = structuredClone(report).profiles;
	if (run === undefined) throw new Error("there is no profile");
	const values = { coldStarts: [0], text: '\n\t\t\t"coldStarts": []' };
	const odd: Report = {
		...report,
		profiles: [{ ...run, profile: { ...run.profile, istio: { ...run.profile.istio, values } } }, ...runs],
	};
	expect(parseReport(reportText(odd), "r.json")).toEqual(odd);
});

test("a list that is only a number is no list of cold starts", () => {
	for (const list of ["[0]", "[1]", "[2]", "[null]"]) {
		expect(() => parseReport(text.replace('"coldStarts": []', `"coldStarts": ${list}`), "r.json")).toThrow(UsageError);
	}
});

test("a damaged text is either read as JSON and the schema read it, or refused", () => {
	const damage = fc.tuple(
		fc.nat(text.length - 1),
		fc.nat(3),
		fc.constantFrom("", "0", "-", "9e9", '"', ",", "}", "{", "]", "[", "\n", "\t", "null", "x"),
	);
	let read = 0;
	fc.assert(
		fc.property(damage, ([at, length, instead]) => {
			const damaged = text.slice(0, at) + instead + text.slice(at + length);
			const found = attempt(() => parseReport(damaged, "r.json"));
			const expected = attempt(() => reportSchema.parse(JSON.parse(damaged)));
			if (found !== undefined) {
				expect(found).toEqual(expected);
				read++;
			}
		}),
		{ seed: 6, numRuns: 3_000 },
	);
	expect(read).toBeGreaterThan(30);
});

test("damage in a line is named with its place", () => {
	const mistyped = text.replace('{"round":2,', '{"round":"2",');
	expect(() => parseReport(mistyped, "r.json")).toThrow("r.json: profiles[0].coldStarts[1].round: Invalid input");
	const cut = text.replace('{"round":2,', '{"round"2,');
	expect(() => parseReport(cut, "r.json")).toThrow(/^r\.json:\d+:13: this is not JSON: "2,/);
});

function attempt<T>(read: () => T): T | undefined {
	try {
		return read();
	} catch {
		return undefined;
	}
}
