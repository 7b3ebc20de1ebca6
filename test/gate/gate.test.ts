import { describe, expect, test } from "vitest";
import { compareReports } from "../../src/analysis/comparison.ts";
import { normalDeviate, seededRandom } from "../../src/analysis/statistics/random.ts";
import { UsageError } from "../../src/errors.ts";
import type { BaselineQuestion } from "../../src/gate/baseline.ts";
import { exitCodeOf, judge } from "../../src/gate/judge.ts";
import { parseBudget } from "../../src/gate/parse-budget.ts";
import { resolveBudgets } from "../../src/gate/resolve-budgets.ts";
import type { ColdStart, Report } from "../../src/report/report.ts";
import { aColdStart, anAttempt, aReport, around, measured } from "./a-report.ts";

function against(reports: readonly Report[], report: Report, question: Partial<BaselineQuestion> = {}) {
	const judgement = judge(report, {
		budgets: [],
		acceptSimulated: true,
		baseline: {
			reports,
			minimumEffectMs: 100,
			minimumEffectShare: 0.1,
			required: ["total"],
			allowDifferent: [],
			...question,
		},
	});
	const of = (measure: string) => judgement.verdicts.find((verdict) => verdict.measure === measure);
	return { judgement, of, code: exitCodeOf(judgement) };
}

function byBudget(report: Report, text: string) {
	const known = { profiles: ["minimal", "full"], phases: [], isPhase: () => true };
	const budgets = resolveBudgets([parseBudget({ text, source: "--budget" })], ["minimal", "full"], known);
	const [verdict] = judge(report, { budgets, acceptSimulated: false }).verdicts.filter(({ kind }) => kind === "budget");
	if (verdict === undefined) throw new Error("no verdict");
	return verdict;
}

const lognormal = (random: () => number, n: number, medianMs: number, spread = 0.1) =>
	Array.from({ length: n }, () => medianMs * Math.exp(spread * normalDeviate(random)));

describe("the gate with its defaults", () => {
	/** 25 cold starts whose times spread by 10 %, and a run that differs from the next by `between`. */
	function rates(factor: number, { pooled = 1, between = 0, runs = 150 }) {
		const random = seededRandom(2026);
		const run = (by: number) =>
			aReport({ full: { totals: lognormal(random, 25, 2_000 * by * Math.exp(between * normalDeviate(random))) } });
		const count = { pass: 0, breach: 0 };
		for (let index = 0; index < runs; index++) {
			const baselines = Array.from({ length: pooled }, () => run(1));
			const { code } = against(baselines, run(factor));
			if (code === 0) count.pass++;
			if (code === 99) count.breach++;
		}
		return { pass: count.pass / runs, breach: count.breach / runs };
	}

	test("passes unchanged code in 9 of 10 runs", () => {
		expect(rates(1, {}).pass).toBeGreaterThanOrEqual(0.9);
		expect(rates(1, { pooled: 5, between: 0.02 }).pass).toBeGreaterThanOrEqual(0.9);
	});

	test("finds 20 % more in 8 of 10 runs", () => {
		expect(rates(1.2, {}).breach).toBeGreaterThanOrEqual(0.8);
		expect(rates(1.2, { pooled: 5, between: 0.02 }).breach).toBeGreaterThanOrEqual(0.8);
	});

	test("hardly ever calls a slow-down of nine tenths of the limit one beyond it", () => {
		expect(rates(1.09, {}).breach).toBeLessThanOrEqual(0.05);
	});

	test("fails unchanged code in none of 20 runs, though runs differ by 4 %", () => {
		expect(rates(1, { pooled: 5, between: 0.04 }).breach).toBeLessThanOrEqual(0.02);
	});
});

describe("runs that differ among themselves", () => {
	const run = (ms: number, startedAt = "2026-11-23T10:00:00Z") =>
		aReport({ full: { totals: around(ms, 20, 20) } }, { startedAt });

	test("widen the limit where three or more are pooled", () => {
		const three = [run(1_800), run(2_000), run(2_200)];
		const { of, code } = against(three, run(2_300));
		expect(of("total")?.limit).toBeGreaterThan(500);
		expect(code).not.toBe(99);
		expect(against(three.slice(1, 2), run(2_300)).code).toBe(99);
		expect(against([run(2_000), run(2_001), run(2_002)], run(2_300)).of("total")).toMatchObject({ status: "breach" });
	});

	test("are told", () => {
		const codes = (reports: Report[]) => against(reports, run(2_000)).judgement.remarks.map(({ code }) => code);
		expect(codes([run(1_800), run(2_200)])).toContain("baselines-differ");
		expect(codes([run(2_000), run(2_001)])).not.toContain("baselines-differ");
	});
});

describe("a faster run with one slower phase", () => {
	const run = (sandbox: number, rest: number) =>
		aReport({
			full: {
				totals: around(sandbox + rest, 40, 20),
				phases: { sandbox: around(sandbox, 20, 20), rest: around(rest, 20, 20) },
			},
		});

	test("passes, and is a breach where the phase is asked about", () => {
		const [before, after] = [run(500, 3_000), run(917, 2_023)];
		expect(against([before], after).code).toBe(0);
		expect(against([before], after, { required: ["total", "sandbox"] }).of("sandbox")?.status).toBe("breach");
	});
});

describe("more slow cold starts", () => {
	const mixed = (random: () => number, n: number, share: number) =>
		aReport({
			full: {
				totals: Array.from({ length: n }, () =>
					random() < share ? 2_000 + 8_000 * random() : 800 * Math.exp(0.05 * normalDeviate(random)),
				),
			},
		});
	const found = (share: number) => {
		const random = seededRandom(6);
		const all = Array.from({ length: 200 }, () => against([mixed(random, 50, 0.1)], mixed(random, 50, share)));
		return all.filter(({ of }) => of("slow")?.status === "breach").length / all.length;
	};

	test("are a breach though the median stays, and seldom a false alarm", () => {
		expect(found(0.3)).toBeGreaterThan(0.6);
		expect(found(0.1)).toBeLessThanOrEqual(0.03);
	}, 30_000);

	test("are told by a limit that the baseline teaches", () => {
		const usual = around(800, 40, 45);
		const before = aReport({ full: { totals: [...usual, ...around(5_000, 900, 5)] } });
		const after = aReport({ full: { totals: [...around(800, 40, 30), ...around(5_000, 900, 20)] } });
		const { of } = against([before], after);
		expect(of("slow")).toMatchObject({ status: "breach", found: 0.4, n: 50 });
		expect(of("slow")?.reason).toBe("20 of 50 took > 1 s, 5 of 50 in the baseline > 0.973 s");
		expect(against([before], before).of("slow")?.status).toBe("pass");
	});
});

describe("cold starts that are left out", () => {
	const setAside = (count: number, from = 100): ColdStart[] =>
		Array.from({ length: count }, (_, index) =>
			aColdStart(from + index, { total: measured(9_000) }, { counted: false, reason: "image pulled" }),
		);
	const run = (n: number, extra: ColdStart[]) => aReport({ minimal: { totals: around(1_000, 20, n), extra } });

	test("are inconclusive where they are most, and a remark where they are some", () => {
		const warm = Array.from({ length: 40 }, (_, index) => anAttempt(400 + index, "warm"));
		const most = judge(run(10, [...setAside(150), ...warm]), {
			budgets: resolveBudgets([parseBudget({ text: "total: p(50) < 3s", source: "--budget" })], ["minimal"], {
				profiles: ["minimal"],
				phases: [],
				isPhase: () => true,
			}),
			acceptSimulated: false,
		});
		expect(exitCodeOf(most)).toBe(3);
		expect(most.verdicts[0]?.reason).toBe("190 of 200 attempts are left out (150 image pulled, 40 warm)");
		const some = against([run(20, [])], run(20, setAside(5)));
		expect(some.judgement.remarks.map(({ code }) => code)).toContain("left-out");
	});

	test("are inconclusive where they are clearly more than in the baseline", () => {
		const { of, code } = against([run(30, [])], run(30, setAside(15)));
		expect(code).toBe(3);
		expect(of("left out")?.reason).toBe("15 of 45 attempts are left out (15 image pulled), 0 of 30 in the baseline");
		expect(against([run(30, setAside(15))], run(30, setAside(15))).code).toBe(0);
	});
});

describe("a percentile", () => {
	test("is breached before it can pass", () => {
		const slow = aReport({ minimal: { totals: around(30_000, 50, 58) } });
		expect(byBudget(slow, "minimal.total: p(95) < 3s").status).toBe("breach");
		expect(byBudget(slow, "minimal.total: p(5) > 60s").status).toBe("breach");
		const fast = aReport({ minimal: { totals: around(1_000, 50, 58) } });
		expect(byBudget(fast, "minimal.total: p(95) < 3s")).toMatchObject({ status: "inconclusive", needed: 59 });
	});
});

describe("medians of two profiles", () => {
	test("of different shapes are not passed by their shift", () => {
		const random = seededRandom(9);
		let passes = 0;
		for (let run = 0; run < 100; run++) {
			// Medians of 0.85 s and about 2.7 s; most pairs of cold starts differ by less than 0.3 s.
			const minimal = Array.from({ length: 60 }, () => (random() < 0.52 ? 850 : 2_650) + 100 * normalDeviate(random));
			const full = Array.from({ length: 60 }, () => (random() < 0.48 ? 850 : 2_700) + 100 * normalDeviate(random));
			const verdict = byBudget(
				aReport({ minimal: { totals: minimal }, full: { totals: full } }),
				"full.total: p(50) < minimal.total + 300ms",
			);
			if (verdict.status === "pass") passes++;
		}
		expect(passes).toBeLessThanOrEqual(5);
	});

	test("differ by what a reader subtracts", () => {
		const report = aReport({
			minimal: { totals: [...around(1_313, 20, 15)] },
			full: { totals: around(5_185, 900, 15) },
		});
		const verdict = byBudget(report, "full.total: p(50) < minimal.total + 3s");
		expect(verdict).toMatchObject({ status: "breach", unit: "shift" });
		expect(verdict.found).toBeCloseTo(5_185 - 1_313);
		expect(verdict.medians?.map(Math.round)).toEqual([1_313, 5_185]);
	});

	const report = aReport({ minimal: { totals: around(1_000, 20, 20) }, full: { totals: around(3_500, 100, 20) } });

	test.each([
		["full.total: p(50) < minimal.total * 4", "pass", "ratio", 3.5],
		["full.total: p(50) < minimal.total * 3.5", "inconclusive", "ratio", 3.5],
		["full.total: p(50) < minimal.total * 3", "breach", "ratio", 3.5],
		["full.total: p(50) <= minimal.total + 300%", "pass", "ratio", 3.5],
		["full.total: p(50) < minimal.total + 10%", "breach", "ratio", 3.5],
		["minimal.total: p(50) < full.total - 50%", "pass", "ratio", 1 / 3.5],
		["full.total: p(50) < minimal.total * 3 + 700ms", "pass", "shift", 500],
		["full.total: p(50) < minimal.total * 3 + 300ms", "breach", "shift", 500],
	] as const)("%s: %s", (text, status, unit, found) => {
		const verdict = byBudget(report, text);
		expect(verdict).toMatchObject({ status, unit });
		expect(verdict.found).toBeCloseTo(found, 3);
	});
});

describe("what no run of knistio writes", () => {
	const twice = (report: Report): Report => ({ ...report, profiles: [...report.profiles, ...report.profiles] });
	const fine = aReport({ full: { totals: around(2_000, 20, 10) } });
	const negative = aReport({ full: { totals: [2_000, -5, 2_000] } });

	test.each([
		["two profiles of one name", twice(fine), "has two profiles named full"],
		["a time below 0", negative, "full, round 2: a total of -5 ms is impossible"],
	])("is refused: %s", (_, report, message) => {
		const acts = [
			() => judge(report, { budgets: [], acceptSimulated: false }),
			() => against([report], fine),
			() => compareReports([{ label: "a.json", report }]),
		];
		for (const act of acts) {
			expect(act).toThrow(UsageError);
			expect(act).toThrow(message);
		}
	});

	test("a baseline that was cut short passes nothing", () => {
		const cut = { ...fine, endedBy: "SIGINT" } as Report;
		const { of, code } = against([cut], fine);
		expect(code).toBe(3);
		expect(of("baseline")?.reason).toBe("the baseline of 2026-11-23T10:00:00Z ended early: SIGINT");
	});
});

test("more baselines do not make a breach inconclusive", () => {
	const run = (ms: number, n: number) => aReport({ full: { totals: around(ms, 300, n) } });
	for (const n of [40, 45, 46, 60, 100, 200]) expect(against([run(2_000, n)], run(3_000, 5)).code, `${n}`).toBe(99);
});

test("the cases of JUnit are the same for every run of the same profiles", () => {
	const random = seededRandom(3);
	const names = () => {
		const [before, after] = [0, 1].map(() => aReport({ full: { totals: lognormal(random, 20, 2_000) } }));
		if (before === undefined || after === undefined) throw new Error("two reports");
		const { verdicts } = against([before], after).judgement;
		return verdicts.map(({ measure, expected }) => `${measure}: ${expected}`).sort();
	};
	for (let run = 0; run < 20; run++) {
		expect(names()).toEqual(["failed: no more failures", "slow: no more slow cold starts", "total: no regression"]);
	}
});
