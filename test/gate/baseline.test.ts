import { describe, expect, test } from "vitest";
import { normalDeviate, seededRandom } from "../../src/analysis/statistics/random.ts";
import { UsageError } from "../../src/errors.ts";
import type { BaselineQuestion } from "../../src/gate/baseline.ts";
import { exitCodeOf, judge } from "../../src/gate/judge.ts";
import type { Report } from "../../src/report/report.ts";
import { anAttempt, aReport, around, type ProfileSketch } from "./a-report.ts";

function against(baseline: readonly Report[], report: Report, question: Partial<BaselineQuestion> = {}) {
	const judgement = judge(report, {
		budgets: [],
		acceptSimulated: true,
		baseline: {
			reports: baseline,
			minimumEffectMs: 100,
			minimumEffectShare: 0.05,
			required: ["total"],
			allowDifferent: [],
			...question,
		},
	});
	const of = (measure: string) => judgement.verdicts.find((verdict) => verdict.measure === measure);
	return { judgement, of, code: exitCodeOf(judgement) };
}

/** Full with a proxy phase of the given middle; the other phase stays. */
function withProxy(proxyMs: number, n = 20, more: ProfileSketch = {}): Report {
	const proxy = around(proxyMs, 40, n);
	const rest = around(1500, 60, n).reverse();
	const totals = proxy.map((ms, index) => ms + (rest[index] ?? 0));
	return aReport({
		full: { totals, phases: { "istio-proxy": proxy, rest }, spans: { pod_creating: totals }, ...more },
	});
}

describe("against a baseline", () => {
	const main = withProxy(500);

	test("a slower proxy is a breach of the total, which it explains", () => {
		const { judgement, of, code } = against([main], withProxy(712));
		expect(code).toBe(99);
		expect(of("total")).toMatchObject({ status: "breach", n: 20, limit: 100 });
		expect([of("istio-proxy"), of("rest")]).toEqual([undefined, undefined]);
		expect(judgement.moved).toMatchObject({ measure: "istio-proxy", profile: "full" });
		expect(judgement.moved?.ms).toBeCloseTo(212);
		expect(judgement.moved?.interval?.lo).toBeGreaterThan(180);
		expect(judgement.moved?.interval?.hi).toBeLessThan(244);
	});

	test("the same again passes, and so does a faster one", () => {
		expect(against([main], withProxy(500)).code).toBe(0);
		const { judgement, code } = against([main], withProxy(300));
		expect(code).toBe(0);
		expect(judgement.moved?.ms).toBeCloseTo(-200);
	});

	test("a significant difference below the minimum effect passes", () => {
		const { judgement, of, code } = against([main], withProxy(550));
		expect(of("total")?.status).toBe("pass");
		expect(judgement.movements.find(({ measure }) => measure === "istio-proxy")?.isSignificant).toBe(true);
		expect(code).toBe(0);
		expect(against([main], withProxy(550), { minimumEffectMs: 20, minimumEffectShare: 0.01 }).code).toBe(99);
		expect(against([main], withProxy(550), { minimumEffectMs: 20, minimumEffectShare: 0.2 }).of("total")?.status).toBe(
			"pass",
		);
	});

	test("few noisy cold starts are no pass", () => {
		const noisy = (shift: number) => aReport({ full: { totals: around(2000 + shift, 500, 6) } });
		expect(against([noisy(0)], noisy(0)).of("total")).toMatchObject({ status: "inconclusive" });
		expect(against([noisy(0)], noisy(300)).of("total")?.reason).toBe("slower, but not by more than chance can do");
		expect(against([withProxy(500, 3)], withProxy(500, 3)).of("total")?.reason).toBe(
			"3 + 3 cold starts cannot show a difference: 4 of each are needed",
		);
	});

	test("a phase too noisy to clear says nothing, unless it is required", () => {
		const jumpy = around(1000, 900, 20);
		const report = aReport({ full: { totals: around(5000, 50, 20), phases: { jumpy } } });
		const { judgement, of, code } = against([report], report);
		expect(of("jumpy")).toBeUndefined();
		expect(judgement.movements.map(({ measure }) => measure)).toContain("jumpy");
		expect(code).toBe(0);
		expect(against([report], report, { required: ["total", "jumpy"] }).of("jumpy")?.status).toBe("inconclusive");
	});

	test("is inconclusive where there is none, or not of this profile, or not of this phase", () => {
		expect(against([], main).of("total")).toMatchObject({ status: "inconclusive", reason: "there is no baseline" });
		const other = aReport({ minimal: { totals: around(1000, 10, 20) } });
		expect(against([other], main).of("total")?.reason).toBe("the baseline has no profile full");
		const bare = aReport({ full: { totals: around(2000, 50, 20) } });
		expect(against([main], bare).of("istio-proxy")?.reason).toBe("the baseline has it, the report does not");
		expect(against([main], bare).code).toBe(3);
	});

	test("pools several reports", () => {
		const third = (from: number) => withProxy(500 + from, 7);
		const { judgement, code } = against([third(-5), third(0), third(5)], withProxy(500));
		expect(judgement.movements[0]?.n).toEqual([21, 20]);
		expect(code).toBe(0);
	});

	test("is inconclusive where one of several is missing, though the others would do", () => {
		const { judgement, code } = against([main], withProxy(500), { missing: ["tue.json"] });
		expect(code).toBe(3);
		expect(judgement.verdicts[0]).toMatchObject({ measure: "baseline", reason: "there is no baseline at tue.json" });
	});

	test("names what became slower first, though another phase or profile gained more", () => {
		const run = (proxyMs: number, restMs: number) => {
			const [proxy, rest] = [around(proxyMs, 40, 20), around(restMs, 60, 20)];
			return { totals: proxy.map((ms, index) => ms + (rest[index] ?? 0)), phases: { "istio-proxy": proxy, rest } };
		};
		const before = aReport({ minimal: run(500, 3000), full: run(500, 1500) });
		const after = aReport({ minimal: run(500, 1000), full: run(900, 1400) });
		const { judgement, code } = against([before], after);
		expect(code).toBe(99);
		expect(judgement.moved).toMatchObject({ measure: "istio-proxy", profile: "full" });
		expect(against([before], aReport({ minimal: run(500, 1000), full: run(500, 1500) })).judgement.moved).toMatchObject(
			{
				measure: "rest",
				profile: "minimal",
			},
		);
	});

	test("a phase that is gone is inconclusive, unless what may have taken it away was allowed to differ", () => {
		const bare = (fingerprint: Record<string, string>) =>
			aReport({ full: { totals: around(2000, 50, 20), fingerprint: { istio: "1.27.1", ...fingerprint } } });
		const allowed = { allowDifferent: ["client", "sidecar"] };
		expect(against([main], bare({}), allowed).code).toBe(3);
		expect(against([main], bare({ client: "another" }), allowed).code).toBe(3);
		expect(against([main], bare({ sidecar: "none" }), allowed).code).toBe(0);
	});

	test("failed starts on either side make it less sure, not faster", () => {
		const failed = Array.from({ length: 15 }, (_, index) => anAttempt(index + 30, "failed"));
		expect(against([main], withProxy(500, 20, { extra: failed })).of("total")).toMatchObject({
			status: "inconclusive",
			missing: 15,
		});
		expect(against([main], withProxy(500, 20, { extra: failed.slice(0, 1) })).of("total")?.status).toBe("pass");
	});

	test("more failures than chance explains are a breach, fewer are none", () => {
		const failed = Array.from({ length: 9 }, (_, index) => anAttempt(index + 30, "failed"));
		const { of, code } = against([main], withProxy(500, 20, { extra: failed }));
		expect(of("failed")).toMatchObject({ status: "breach", unit: "share", found: 9 / 29, n: 29 });
		expect(of("failed")?.reason).toBe("9 of 29 attempts failed or were not resolved, 0 of 20 in the baseline");
		expect(code).toBe(99);
		const two = withProxy(500, 20, { extra: failed.slice(0, 2) });
		expect(against([main], two).of("failed")?.status).toBe("pass");
		expect(against([withProxy(500, 20, { extra: failed })], main).of("failed")?.status).toBe("pass");
	});

	test("times known to a second do not show 300 ms", () => {
		const blunt = (ms: number) => aReport({ full: { totals: around(ms, 20, 20), aroundMs: 500 } });
		expect(against([blunt(2000)], blunt(2300)).of("total")?.status).toBe("inconclusive");
		expect(against([blunt(2000)], blunt(3300)).of("total")?.status).toBe("breach");
	});
});

describe("fingerprints", () => {
	const old = withProxy(500, 20, { fingerprint: { istio: "1.26.0", node: "6.8" } });
	const now = withProxy(500, 20, { fingerprint: { istio: "1.27.1", node: "6.8", cni: "yes" } });

	test("that differ are refused with a line for each difference", () => {
		expect(() => against([old], now)).toThrow(UsageError);
		try {
			against([old], now);
		} catch (error) {
			expect((error as UsageError).message.split("\n")).toEqual([
				"the baseline measured something else:",
				"  full: istio: 1.26.0 → 1.27.1",
				"  full: cni: none → yes",
			]);
			expect((error as UsageError).hint).toContain("--allow-different istio --allow-different cni");
		}
	});

	test("may be allowed to differ, by name and not otherwise", () => {
		expect(against([old], now, { allowDifferent: ["istio", "cni"] }).code).toBe(0);
		expect(() => against([old], now, { allowDifferent: ["istio"] })).toThrow(/cni: none → yes/);
	});

	test("tell a simulated cluster from a real one", () => {
		const simulated = { ...withProxy(500), simulated: { model: "kind", seed: 1, speed: 1 } };
		expect(() => against([withProxy(500)], simulated)).toThrow(/simulated: no → kind at speed 1/);
	});
});

describe("in 1,000 simulated runs without a difference", () => {
	/** Three profiles of five measures that share their noise, as phases of one request do. */
	function nullReport(random: () => number, n: number): Report {
		const profile = (): ProfileSketch => {
			const columns = Array.from({ length: 4 }, () =>
				Array.from({ length: n }, () => 500 * Math.exp(0.2 * normalDeviate(random))),
			);
			const [a = [], b = [], c = [], d = []] = columns;
			const totals = a.map((ms, index) => ms + (b[index] ?? 0) + (c[index] ?? 0) + (d[index] ?? 0));
			return { totals, phases: { a, b, c, d } };
		};
		return aReport({ minimal: profile(), full: profile(), ambient: profile() });
	}

	test.each([8, 20])("the family-wise error is at most 5 % at n=%i", (n) => {
		const random = seededRandom(20190521 + n);
		let falseAlarms = 0;
		for (let run = 0; run < 1_000; run++) {
			// No minimum effect, so that nothing but the tests holds a false alarm back.
			const question = { minimumEffectMs: 0, minimumEffectShare: 0 };
			if (against([nullReport(random, n)], nullReport(random, n), question).code === 99) falseAlarms++;
		}
		expect(falseAlarms).toBeLessThanOrEqual(50);
		expect(falseAlarms).toBeGreaterThan(0);
	}, 60_000);
});
