import { describe, expect, test } from "vitest";
import { planRun } from "../../src/analysis/power.ts";
import { normalDeviate, seededRandom } from "../../src/analysis/statistics/random.ts";
import { judge } from "../../src/gate/judge.ts";
import type { Report } from "../../src/report/report.ts";
import { aReport, type ProfileSketch } from "../gate/a-report.ts";

/** Two profiles of two phases whose sum is the total, as skewed as cold starts are; one phase of `full` by so much later. */
function drawReport(random: () => number, n: number, slowerMs = 0): Report {
	const phase = (middleMs: number, byMs = 0) =>
		Array.from({ length: n }, () => middleMs * Math.exp(0.08 * normalDeviate(random)) + byMs);
	const profile = (byMs: number): ProfileSketch => {
		const [proxy, rest] = [phase(1_200, byMs), phase(900)];
		return {
			totals: proxy.map((ms, index) => ms + (rest[index] ?? 0)),
			phases: { "startup-istio-proxy": proxy, rest },
		};
	};
	return aReport({ minimal: profile(0), full: profile(slowerMs) });
}

/** The whole gate, Holm over all phases and profiles included, not the shortcuts of the plan. */
describe("a run of as many cold starts as planned", () => {
	const random = seededRandom(11);
	const runs = 1_000;
	const plan = planRun(drawReport(random, 4_000), { detectMs: 100, power: 0.8 });
	const full = plan.profiles.find(({ profile }) => profile === "full");
	const n = full?.needed?.n ?? 0;

	function shareOf(status: "breach" | "pass", slowerMs: number): number {
		let found = 0;
		for (let run = 0; run < runs; run++) {
			const judgement = judge(drawReport(random, n, slowerMs), {
				budgets: [],
				acceptSimulated: true,
				baseline: {
					reports: [drawReport(random, n)],
					minimumEffectMs: plan.minimumEffectMs,
					minimumEffectShare: 0,
					required: ["total"],
					allowDifferent: [],
				},
			});
			const total = judgement.verdicts.find(({ profile, measure }) => profile === "full" && measure === "total");
			if (total?.status === status) found++;
		}
		return found / runs;
	}

	// 1,000 runs know a share to 1.3 points and the plan's 2,000 to 0.9: three standard errors of the difference.
	const tolerance = 0.047;

	test("finds the slow-down as often as planned", () => {
		expect(n).toBeGreaterThan(10);
		expect(Math.abs(shareOf("breach", 100) - (full?.needed?.breach ?? 0))).toBeLessThan(tolerance);
	}, 60_000);

	test("passes without one as often as planned", () => {
		expect(Math.abs(shareOf("pass", 0) - (full?.needed?.pass ?? 0))).toBeLessThan(tolerance);
	}, 60_000);
});
