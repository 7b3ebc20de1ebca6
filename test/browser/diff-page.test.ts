import { describe, expect, it } from "vitest";
import { main } from "../../src/main.ts";
import type { Report } from "../../src/report/report.ts";
import { anAttempt, aReport, around } from "../gate/a-report.ts";
import { fakeContext } from "../support/fake-context.ts";
import { nasty, strange } from "../support/strange-reports.ts";
import { opened, rowsOf, still, wordsOf } from "./a-page.ts";

const of = (middle: number, extra: Partial<Report> = {}, istio = "1.27.1") =>
	aReport(
		{
			minimal: {
				totals: around(middle, 40, 12),
				phases: { sandbox: around(middle - 500, 30, 12), readiness: around(500, 30, 12) },
				fingerprint: { istio },
			},
		},
		extra,
	);

async function compare(files: Record<string, Report>, ...options: string[]) {
	const world = fakeContext(files);
	const code = await main(["compare", ...Object.keys(files), ...options], world.context);
	return { code, ...world.said, html: world.files.get("diff.html") ?? "" };
}
const pageOf = async (files: Record<string, Report>) => still((await compare(files, "--out", "diff.html")).html);

describe("compare --out", () => {
	it("writes a page instead of printing", async () => {
		const { code, stdout, html } = await compare({ "a.json": of(2000), "b.json": of(2600) }, "--out", "diff.html");
		expect([code, stdout]).toEqual([0, ""]);
		expect(html).toMatch(/^<!doctype html>/);
		opened(html);
	});

	it("knows what it can write, and goes with no check of like runs", async () => {
		const unknown = await compare({ "a.json": of(2000) }, "--out", "diff.csv");
		expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringMatching(/diff\.csv: .*\nhint: .*\.html\n/)]);
		const both = await compare({ "a.json": of(2000) }, "--aa", "--out", "diff.html");
		expect([both.code, both.html]).toEqual([2, ""]);
	});

	it("is inconclusive where there is nothing to compare, and says so on the page", async () => {
		const none = aReport({ minimal: { extra: [anAttempt(1, "failed")] } });
		const { code, html } = await compare({ "a.json": none, "b.json": none }, "--out", "diff.html");
		expect(code).toBe(3);
		const page = still(html);
		expect(wordsOf(page.querySelector(".headline"))).toContain("no data, because one of them has no total");
		expect(wordsOf(page.querySelector("#table-0"))).toContain("no data: no cold start was counted");
	});
});

describe("the page of a comparison", () => {
	it("says first whether total differs, and by how much", async () => {
		const slower = await pageOf({ "a.json": of(2000), "b.json": of(2600) });
		expect(wordsOf(slower.querySelector(".headline"))).toMatch(
			/^minimal, a\.json → b\.json: total \+600 ms \[.*\] \(medians 2\.000 s → 2\.600 s, p <0\.001\), slower$/,
		);
		const same = await pageOf({ "a.json": of(2000), "b.json": of(2000) });
		expect(wordsOf(same.querySelector(".headline"))).toMatch(/total ~ .* which may be chance$/);
	});

	it("has a row for every phase, and draws a change on the side of 0 where it lies", async () => {
		const page = await pageOf({ "a.json": of(2000), "b.json": of(2600) });
		const rows = rowsOf(page.querySelector("#table-0"));
		expect(rows.map(([name]) => name)).toEqual(["measure", "total", "sandbox", "readiness"]);
		expect(rows[2]?.[4]).toMatch(/^\+600 ms \[/);
		const dotOf = (measure: string) => {
			const row = [...page.querySelectorAll("#table-0 tbody tr")].find((each) => wordsOf(each).startsWith(measure));
			const x = (selector: string, name: string) => Number(row?.querySelector(selector)?.getAttribute(name));
			return { kind: row?.querySelector("svg")?.getAttribute("class"), byPx: x("circle", "cx") - x(".zero", "x1") };
		};
		expect(dotOf("sandbox").kind).toBe("slower");
		expect(dotOf("sandbox").byPx).toBeGreaterThan(50);
		expect(dotOf("readiness")).toEqual({ kind: "chance", byPx: 0 });
	});

	it("lists what was measured differently, and the attempts", async () => {
		const page = await pageOf({ "a.json": of(2000), "b.json": of(2600, {}, "1.31.0") });
		expect(rowsOf(page.querySelector("#differences"))[1]).toEqual(["minimal", "istio", "1.27.1", "b.json", "1.31.0"]);
		expect(rowsOf(page.querySelector("#attempts"))[2]).toEqual(["minimal", "b.json", "12", "12", "0", "0", "0", "12"]);
		const alike = await pageOf({ "a.json": of(2000), "b.json": of(2600) });
		expect(wordsOf(alike.querySelector("#differences"))).toContain("their fingerprints are the same");
	});

	it("says which report is simulated, and nothing of it where none is", async () => {
		const simulated = { simulated: { model: "today", seed: 1, speed: 1 } };
		const page = await pageOf({ "a.json": of(2000), "b.json": of(2000, simulated) });
		expect([page.title, wordsOf(page.querySelector(".banner"))]).toEqual([
			"Cold starts of a Knative service, compared — SIMULATED",
			"simulated, no real cluster was measured: b.json",
		]);
		const { html } = await compare({ "a.json": of(2000), "b.json": of(2000) }, "--out", "diff.html");
		expect(html).not.toMatch(/simulated/i);
	});

	it("says that an interval is not known where missing values leave both ends open", async () => {
		const failed = Array.from({ length: 20 }, (_, i) => anAttempt(20 + i, "failed"));
		const open = aReport({ minimal: { totals: around(2600, 40, 12), extra: failed } });
		const page = await pageOf({ "a.json": of(2000), "b.json": open });
		const line = page.querySelector("#table-0 tbody .range");
		expect([line?.getAttribute("x1"), line?.getAttribute("x2")]).toContain("300");
		expect(wordsOf(page.querySelector("#table-0"))).toContain("[not known]");
		expect(page.body.innerHTML.replace(/<script>.*<\/script>/s, "")).not.toMatch(/NaN|Infinity|undefined/);
	});

	it.each(Object.entries(strange))("takes %s", async (_, report) => {
		const { code, html } = await compare({ "a.json": report, [`${nasty[0]}.json`]: report }, "--out", "diff.html");
		expect([0, 3]).toContain(code);
		expect(opened(html).document.querySelectorAll("script")).toHaveLength(1);
	});
});
