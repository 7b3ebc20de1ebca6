import { describe, expect, test } from "vitest";
import { planRun } from "../../src/analysis/power.ts";
import { normalDeviate, seededRandom } from "../../src/analysis/statistics/random.ts";
import { exitCodeOf, judge } from "../../src/gate/judge.ts";
import type { Report } from "../../src/report/report.ts";
import { anAttempt, aReport, type ProfileSketch } from "../gate/a-report.ts";

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
	const plan = planRun(drawReport(random, 1_500), { detectMs: 100, power: 0.8 });
	const full = plan.profiles.find(({ profile }) => profile === "full");
	const n = plan.iterations ?? 0;

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
		expect(Math.abs(shareOf("breach", 100) - (full?.power?.breach ?? 0))).toBeLessThan(tolerance);
	}, 60_000);

	test("passes without one as often as planned", () => {
		expect(Math.abs(shareOf("pass", 0) - (full?.power?.pass ?? 0))).toBeLessThan(tolerance);
	}, 60_000);
});

/** Bounds, failures and warm answers of the pilot come again in every run, and the whole judgement is what counts. */
describe("a plan from a pilot with wide bounds and failures", () => {
	const random = seededRandom(31);
	/** What becomes of an attempt: one in 20 fails, two are warm; in the pilot exactly so. */
	const draw = (attempts: number, slowerMs = 0, kindOf: (round: number) => number = random): Report => {
		const profile = (byMs: number): ProfileSketch => {
			const totals: number[] = [];
			const extra: ReturnType<typeof anAttempt>[] = [];
			for (let round = 1; round <= attempts; round++) {
				const kind = kindOf(round);
				if (kind < 0.05) extra.push(anAttempt(round, "failed"));
				else if (kind < 0.15) extra.push(anAttempt(round, "warm"));
				else totals.push(2_000 * Math.exp(0.06 * normalDeviate(random)) + byMs);
			}
			return { totals, extra, aroundMs: 25 };
		};
		return aReport({ minimal: profile(0), full: profile(slowerMs) });
	};
	const plan = planRun(
		draw(1_000, 0, (round) => (round % 20) / 20),
		{ detectMs: 300, power: 0.8 },
	);
	const n = plan.iterations ?? 0;
	const runs = 300;

	function endingsOf(code: number, slowerMs: number): number {
		let found = 0;
		for (let run = 0; run < runs; run++) {
			const judgement = judge(draw(n, slowerMs), {
				budgets: [],
				acceptSimulated: true,
				baseline: {
					reports: [draw(n)],
					minimumEffectMs: plan.minimumEffectMs,
					minimumEffectShare: 0,
					required: ["total"],
					allowDifferent: [],
				},
			});
			if (exitCodeOf(judgement) === code) found++;
		}
		return found / runs;
	}

	test("is kept by the gate's exit code, for the whole job", () => {
		expect(n).toBeGreaterThan(10);
		// 300 runs know a share to 2.3 points: three standard errors, and alarms of what is left out, which no plan draws.
		expect(Math.abs(endingsOf(0, 0) - (plan.job?.pass ?? 0))).toBeLessThan(0.085);
		expect(Math.abs(endingsOf(99, 300) - (plan.job?.breach ?? 0))).toBeLessThan(0.085);
	}, 60_000);

	test("asks for fewer where neither is there", () => {
		const without = planRun(
			aReport({ full: { totals: draw(200).profiles[1]?.coldStarts.flatMap(({ total }) => total?.ms ?? []) ?? [] } }),
			{
				detectMs: 300,
				power: 0.8,
			},
		);
		expect(without.iterations).toBeLessThan(0.7 * n);
	});
});

describe("a plan", () => {
	const random = seededRandom(37);
	const totals = (n: number) => Array.from({ length: n }, () => 2_000 * Math.exp(0.08 * normalDeviate(random)));

	test("says that bounds are wider than what is to be detected, instead of promising it", () => {
		const plan = planRun(aReport({ full: { totals: totals(20), aroundMs: 120 } }), { detectMs: 300, power: 0.8 });
		expect(plan.iterations).toBeUndefined();
		expect(plan.profiles[0]?.obstacle).toMatch(/^the bounds alone are wider than --detect: .* ±240 ms/);
	}, 30_000);

	test("has a wide range from a small pilot, and a narrow one from a large pilot", () => {
		const [small, large] = [5, 100].map((n) =>
			planRun(aReport({ full: { totals: totals(n) } }), { detectMs: 300, power: 0.8 }),
		);
		const ratio = (plan: typeof small) => (plan?.range?.hi ?? Number.POSITIVE_INFINITY) / (plan?.range?.lo ?? 1);
		expect(ratio(small)).toBeGreaterThan(3);
		expect(ratio(large)).toBeLessThan(2);
		for (const plan of [small, large]) {
			expect(plan?.range?.lo).toBeLessThanOrEqual(plan?.iterations ?? 0);
			expect(plan?.range?.hi ?? 1e9).toBeGreaterThanOrEqual(plan?.iterations ?? 1e9);
		}
	}, 30_000);

	test("needs more for three profiles that all have to pass than for one of them", () => {
		const sketch = { totals: totals(60) };
		const detect = { detectMs: 250, power: 0.8 };
		const one = planRun(aReport({ full: sketch }), detect);
		const three = planRun(aReport({ minimal: sketch, full: sketch, third: sketch }), detect);
		expect(three.iterations).toBeGreaterThan(one.iterations ?? 1_000);
		expect(three.profiles.every(({ power }) => (power?.pass ?? 0) > (three.job?.pass ?? 1))).toBe(true);
	}, 30_000);
});
