import { describe, expect, test } from "vitest";
import { judge } from "../../src/judge/judge.ts";
import { remarksOn } from "../../src/judge/remarks.ts";
import { renderJudgement } from "../../src/output/judgement-text.ts";
import { normalDeviate, seededRandom } from "../../src/statistics/random.ts";
import { anAttempt, aReport } from "./a-report.ts";

const random = seededRandom(5);
const noise = Array.from({ length: 20 }, () => 40 * normalDeviate(random));
const usual = noise.map((by) => 2000 + by);

function remarksAbout(totals: readonly number[]) {
	const [run] = aReport({ full: { totals, extra: [anAttempt(99, "failed")] } }).profiles;
	if (run === undefined) throw new Error("no profile");
	return remarksOn(run);
}

describe("remarks", () => {
	test.each([
		["slow-first", [3000, ...usual.slice(1)], "the first cold start, round 1, is far slower"],
		["outliers", [...usual.slice(0, 9), 3000.4, ...usual.slice(10)], "round 10 (3000 ms) lies far from the rest"],
		["drift", usual.map((ms, index) => ms + 15 * index), "cold starts become slower from round to round"],
		["grid", noise.map((by, index) => 500 + by / 4 + 2000 * (index % 3)), "values lie 2 s apart"],
		["two-modes", noise.map((by, index) => (index % 2 === 0 ? 800 : 3500) + by), "two kinds of cold starts: 10 around"],
	])("name %s", (code, totals, message) => {
		const remark = remarksAbout(totals).find((candidate) => candidate.code === code);
		expect(remark?.message).toMatch(/^total in full: /);
		expect(remark?.message).toMatch(new RegExp(message.replace(/[()]/g, "\\$&")));
		expect(remark?.hint).toBeTruthy();
	});

	test("are none about a usual run, or an empty one", () => {
		expect(remarksAbout(usual)).toEqual([]);
		expect(remarksAbout([])).toEqual([]);
	});

	test("a slow first start is told once", () => {
		expect(remarksAbout([3000, ...usual.slice(1)]).map(({ code }) => code)).toEqual(["slow-first"]);
	});

	test("stand below the verdicts", () => {
		const report = aReport({ full: { totals: [3000, ...usual.slice(1)] } }, { endedBy: "interrupted by SIGINT" });
		const text = renderJudgement(judge(report, { budgets: [], acceptSimulated: false }));
		expect(text).toMatch(/^inconclusive: run: it ended early: interrupted by SIGINT\n/);
		expect(text).toContain("note          total in full: the first cold start, round 1");
	});
});
