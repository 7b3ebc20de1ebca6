import { describe, expect, test } from "vitest";
import { exitCodeOf, judge } from "../../src/gate/judge.ts";
import { parseBudget } from "../../src/gate/parse-budget.ts";
import { resolveBudgets } from "../../src/gate/resolve-budgets.ts";
import type { Report } from "../../src/report/report.ts";
import { aColdStart, anAttempt, aReport, around, measured } from "./a-report.ts";

function judged(report: Report, text: string, options: { acceptSimulated?: boolean } = {}) {
	const known = { profiles: ["minimal", "full", "full-cni"], phases: [], isPhase: () => true };
	const budgets = resolveBudgets([parseBudget({ text, source: "--budget" })], ["minimal"], known);
	const judgement = judge(report, { budgets, acceptSimulated: false, ...options });
	const verdict = judgement.verdicts.find((candidate) => candidate.kind === "budget");
	if (verdict === undefined) throw new Error("no verdict");
	return { verdict, code: exitCodeOf(judgement) };
}

describe("a median against a limit", () => {
	const report = aReport({ minimal: { totals: around(2000, 100, 20) } });

	test.each([
		["minimal.total: p(50) < 3s", "pass", 0],
		["minimal.total: p(50) < 1.5s", "breach", 99],
		["minimal.total: p(50) < 2.01s", "inconclusive", 3],
		["minimal.total: median > 1s", "pass", 0],
		["minimal.total: median >= 3s", "breach", 99],
	] as const)("%s: %s", (text, status, exitCode) => {
		const { verdict, code } = judged(report, text);
		expect([verdict.status, code]).toEqual([status, exitCode]);
	});

	test("tells all that it was judged by", () => {
		const { verdict } = judged(report, "minimal.total: p(50) < 3s");
		expect(verdict).toMatchObject({ expected: "p(50) < 3s", source: "--budget", n: 20, missing: 0, unit: "ms" });
		expect(verdict.found).toBeCloseTo(2000);
		expect(verdict.values).toHaveLength(20);
		const [lo, hi] = [verdict.interval?.lo ?? 0, verdict.interval?.hi ?? 0];
		expect(lo).toBeGreaterThan(1900);
		expect(lo).toBeLessThan(2000);
		expect(lo + hi).toBeCloseTo(4000);
	});

	test("of 1.15 ± 0.45 s cannot be told from 1.3 s", () => {
		const wide = aReport({ minimal: { totals: new Array<number>(20).fill(1150), aroundMs: 450 } });
		expect(judged(wide, "minimal.total: p(50) < 1.3s").verdict).toMatchObject({
			status: "inconclusive",
			found: 1150,
			interval: { lo: 700, hi: 1600 },
		});
		expect(judged(wide, "minimal.total: p(50) < 1.7s").verdict.status).toBe("pass");
		expect(judged(wide, "minimal.total: p(50) < 0.6s").verdict.status).toBe("breach");
	});
});

describe("what is not known is never a pass", () => {
	const none = aReport({ minimal: {} });
	const five = aReport({ minimal: { totals: around(1000, 10, 5) } });
	const allFailed = aReport({ minimal: { extra: [anAttempt(1, "failed"), anAttempt(2, "failed")] } });
	const unresolved = aReport({ minimal: { totals: around(1000, 10, 20) } });

	test.each([
		["no attempt", none, "minimal.total: p(50) < 9s", "no cold start was attempted"],
		["no cold start", allFailed, "minimal.total: p(50) < 9s", "none of 2 attempts counts as a cold start"],
		["no attempt to count", none, "minimal.failed: count <= 0", "there was no attempt"],
		["another profile", five, "full.total: p(50) < 9s", "the report has no profile full"],
		["the profile to compare with", five, "minimal.total: p(50) < full.total", "the report has no profile full"],
		["an unresolved phase", unresolved, "minimal.pod_creating: p(50) < 9s", "not resolved in any of 20"],
		["five for a median", five, "minimal.total: p(50) < 9s", "5 cold starts do not support p(50): 6 are needed"],
		["20 for p90", unresolved, "minimal.total: p(90) < 9s", "20 cold starts do not support p(90): 29 are needed"],
		["20 for p99", unresolved, "minimal.total: p(99) > 9s", "20 cold starts do not support p(99): 299 are needed"],
	])("%s", (_what, report, text, reason) => {
		const { verdict, code } = judged(report, text);
		expect(verdict.status).toBe("inconclusive");
		expect(verdict.reason).toContain(reason);
		expect(code).toBe(3);
	});

	test("not even without a budget", () => {
		for (const report of [none, allFailed, aReport({})]) {
			expect(exitCodeOf(judge(report, { budgets: [], acceptSimulated: false }))).toBe(3);
		}
		expect(exitCodeOf(judge(five, { budgets: [], acceptSimulated: false }))).toBe(0);
	});

	test("starts that fail cannot make a profile fast", () => {
		const failed = Array.from({ length: 10 }, (_, index) => anAttempt(index + 11, "failed"));
		const report = aReport({ minimal: { totals: around(1000, 10, 10), extra: failed } });
		expect(judged(report, "minimal.total: p(50) < 2s").verdict).toMatchObject({ status: "inconclusive", missing: 10 });
		expect(judged(report, "minimal.total: max < 2s").verdict.status).toBe("inconclusive");
		const one = aReport({ minimal: { totals: around(1000, 10, 10), extra: failed.slice(0, 1) } });
		expect(judged(one, "minimal.total: p(50) < 2s").verdict).toMatchObject({ status: "pass", missing: 1, n: 10 });
		expect(judged(one, "minimal.total: max < 2s").verdict.status).toBe("inconclusive");
	});

	test("warm answers and the warm-up round count neither way", () => {
		const extra = [
			anAttempt(0, "failed"),
			anAttempt(21, "warm"),
			aColdStart(22, { total: measured(9e4) }, { counted: false }),
		];
		const report = aReport({ minimal: { totals: around(1000, 10, 20), extra } });
		expect(judged(report, "minimal.total: max < 2s").verdict).toMatchObject({ status: "pass", missing: 0, n: 20 });
		expect(judged(report, "minimal.failed: count <= 0").verdict).toMatchObject({ status: "pass", n: 22 });
	});

	test("nor is a simulated cluster, unless it was asked for", () => {
		const report = aReport(
			{ minimal: { totals: around(1000, 10, 20) } },
			{ simulated: { model: "kind", seed: 1, speed: 100 } },
		);
		for (const limit of ["2s", "1ms"]) {
			const { verdict, code } = judged(report, `minimal.total: p(50) < ${limit}`);
			expect([verdict.status, code]).toEqual(["inconclusive", 3]);
			expect(verdict.reason).toContain("simulated");
		}
		expect(judged(report, "minimal.total: p(50) < 2s", { acceptSimulated: true }).code).toBe(0);
		expect(judged(report, "minimal.total: p(50) < 1ms", { acceptSimulated: true }).code).toBe(99);
	});
});

describe("quantiles, shares and counts", () => {
	const hundred = aReport({ minimal: { totals: around(2000, 1000, 100) } });

	test.each([
		["minimal.total: p(90) < 2.95s", "pass"],
		["minimal.total: p(90) < 2.8s", "inconclusive"],
		["minimal.total: p(90) < 2.5s", "breach"],
		["minimal.total: share(> 2.5s) <= 40%", "pass"],
		["minimal.total: share(> 2.5s) <= 25%", "inconclusive"],
		["minimal.total: share(> 2.5s) <= 10%", "breach"],
		["minimal.total: count(> 2.5s) <= 25", "pass"],
		["minimal.total: count(> 2.5s) <= 24", "breach"],
		["minimal.total: max <= 3s", "pass"],
		["minimal.total: max < 3s", "breach"],
		["minimal.total: min > 999ms", "pass"],
		["minimal.failed: share <= 10%", "pass"],
		["minimal.failed: share <= 2%", "inconclusive"],
		["minimal.warm: count <= 0", "pass"],
	] as const)("%s: %s", (text, status) => {
		expect(judged(hundred, text).verdict.status).toBe(status);
	});

	test("a share that none of few has exceeded says how many would show it", () => {
		const report = aReport({ minimal: { totals: around(2000, 100, 20) } });
		expect(judged(report, "minimal.failed: share <= 10%").verdict).toMatchObject({
			status: "inconclusive",
			unit: "share",
			found: 0,
			n: 20,
			reason: "none of 20 does not yet show it: 29 are needed",
		});
	});

	test("a value that may lie on either side of the limit counts for neither", () => {
		const report = aReport({ minimal: { totals: around(2000, 0, 10), aroundMs: 50 } });
		expect(judged(report, "minimal.total: count(> 2.02s) <= 0").verdict).toMatchObject({
			status: "inconclusive",
			found: 0,
			interval: { lo: 0, hi: 10 },
		});
	});
});

describe("between profiles", () => {
	const report = aReport({ full: { totals: around(5000, 200, 15) }, "full-cni": { totals: around(4000, 200, 15) } });

	test.each([
		["full-cni.total: p(50) < full.total - 300ms", "pass"],
		["full-cni.total: p(50) < full.total - 1s", "inconclusive"],
		["full-cni.total: p(50) < full.total - 2s", "breach"],
		["full.total: p(50) < full-cni.total + 2s", "pass"],
		["full.total: p(50) < full-cni.total", "breach"],
	] as const)("%s: %s", (text, status) => {
		expect(judged(report, text).verdict.status).toBe(status);
	});

	test("the difference is what was found", () => {
		const { verdict } = judged(report, "full-cni.total: p(50) < full.total - 300ms");
		expect(verdict.found).toBeCloseTo(-1000);
		expect(verdict.interval?.lo).toBeLessThan(-1000);
		expect(verdict.interval?.hi).toBeGreaterThan(-1000);
	});

	test("three cold starts are too few", () => {
		const few = aReport({ full: { totals: [5000, 5001, 5002] }, "full-cni": { totals: [1, 2, 3] } });
		const { verdict } = judged(few, "full-cni.total: p(50) < full.total - 300ms");
		expect(verdict).toMatchObject({
			status: "inconclusive",
			reason: "3 and 3 cold starts are too few to compare two medians: 6 of each are needed",
		});
	});
});

test("a breach outweighs what is inconclusive, and comes first", () => {
	const report = aReport({ minimal: { totals: around(2000, 100, 20) } });
	const known = { profiles: ["minimal"], phases: [], isPhase: () => true };
	const texts = ["total: p(50) < 9s", "total: p(90) < 9s", "total: p(50) < 1s"];
	const budgets = resolveBudgets(
		texts.map((text) => parseBudget({ text, source: "--budget" })),
		["minimal"],
		known,
	);
	const judgement = judge(report, { budgets, acceptSimulated: false });
	expect(judgement.verdicts.map((verdict) => verdict.status)).toEqual(["breach", "inconclusive", "pass"]);
	expect(exitCodeOf(judgement)).toBe(99);
});
