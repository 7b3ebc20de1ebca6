import { describe, expect, test } from "vitest";
import type { BaselineQuestion } from "../../src/gate/baseline.ts";
import { judge } from "../../src/gate/judge.ts";
import { parseBudget } from "../../src/gate/parse-budget.ts";
import { resolveBudgets } from "../../src/gate/resolve-budgets.ts";
import { renderJudgement } from "../../src/output/verdict/judgement-text.ts";
import type { Report } from "../../src/report/report.ts";
import { aColdStart, anAttempt, aReport, around, measured } from "../gate/a-report.ts";
import { verdictsIn } from "../support/rendered.ts";

interface Given {
	before?: readonly Report[];
	budgets?: readonly string[];
	question?: Partial<BaselineQuestion>;
}

function judgementOf(report: Report, { before = [], budgets = [], question = {} }: Given) {
	const names = report.profiles.map(({ profile }) => profile.name);
	const known = { profiles: names, phases: [], isPhase: () => true };
	return judge(report, {
		budgets: resolveBudgets(
			budgets.map((text) => parseBudget({ text, source: "--budget" })),
			names,
			known,
		),
		acceptSimulated: true,
		...(before.length > 0 && {
			baseline: {
				reports: before,
				minimumEffectMs: 100,
				minimumEffectShare: 0.05,
				required: ["total"],
				allowDifferent: [],
				...question,
			},
		}),
	});
}

const firstLine = (report: Report, given: Given) => renderJudgement(judgementOf(report, given)).split("\n")[0];

/** A profile of three phases, of which the proxy's start takes so long. */
function full(proxyMs: number, n = 20, spread = 60) {
	const phases = {
		"startup-istio-proxy": around(proxyMs, spread, n),
		"start-queue-proxy": around(900, 20, n).reverse(),
		rest: around(1_500, 40, n).reverse(),
	};
	const totals = phases.rest.map(
		(ms, index) => ms + (phases["startup-istio-proxy"][index] ?? 0) + (phases["start-queue-proxy"][index] ?? 0),
	);
	return { totals, phases };
}

const failures = (count: number) => Array.from({ length: count }, (_, index) => anAttempt(100 + index, "failed"));
const flat = (ms: number, n: number, spread = 20, extra = failures(0)) =>
	aReport({ full: { totals: around(ms, spread, n), extra } });

describe("the first line", () => {
	test.each<[string, Report, Given, string]>([
		[
			"a slow-down: how much, of which phase, and where to look",
			aReport({ full: full(2_000) }),
			{ before: [aReport({ full: full(800) })] },
			"breach: full: total +1.200 s [1.200, 1.200] (medians 3.200 s → 4.400 s), limit +160 ms, of which startup-istio-proxy +1.200 s; see every phase with `knistio compare BASELINE REPORT`",
		],
		[
			"five times as slow, of too few",
			flat(20_000, 3),
			{ before: [flat(2_000, 3)] },
			"inconclusive: full: total +18.000 s: 10.0 × slower, but 3 + 3 cold starts cannot show a difference: 4 of each are needed; they take about 2 min",
		],
		[
			"what is not ruled out, and what would tell",
			flat(2_010, 10, 400),
			{ before: [flat(2_000, 10, 400)] },
			"inconclusive: full: total +10 ms could still be +277 ms (limit +100 ms); about 88 cold starts per side would decide it (now 10), about 44 min",
		],
		[
			"attempts that failed",
			flat(2_000, 10, 20, failures(10)),
			{ before: [flat(2_000, 20, 20, failures(7))] },
			"inconclusive: full: 10 of 20 attempts failed or have no value, 7 of 27 in the baseline: the median may be anything",
		],
		[
			"more failures than before",
			flat(2_000, 20, 20, failures(9)),
			{ before: [flat(2_000, 20)] },
			"breach: full: 9 of 29 attempts failed or were not resolved, 0 of 20 in the baseline",
		],
		[
			"a count",
			flat(2_000, 30),
			{ budgets: ["total: count(> 4s) <= 0"] },
			"pass: full: 0 of 30 took > 4s (limit <= 0); the verdict passes",
		],
		[
			"a share that few cannot show",
			flat(2_000, 20),
			{ budgets: ["failed: share <= 5%"] },
			"inconclusive: full: 0 of 20 attempts failed (limit <= 5%): 59 are needed to show it; they take about 30 min",
		],
		[
			"a median over its limit",
			flat(3_200, 20),
			{ budgets: ["total: p(50) < 3s", "total: p(95) < 9s"] },
			"breach: full: total 3.200 s [3.191, 3.209], expected p(50) < 3s (1 inconclusive)",
		],
		[
			"a ratio of two profiles",
			aReport({ minimal: { totals: around(1_313, 30, 20) }, full: { totals: around(5_185, 90, 20) } }),
			{ budgets: ["full.total: p(50) < minimal.total * 3"] },
			"breach: full: total 3.95 × [3.87, 4.03] (medians 1.313 s → 5.185 s), expected p(50) < minimal.total * 3",
		],
		[
			"no slow-down",
			flat(2_012, 25),
			{ before: [flat(2_000, 25)] },
			"pass: full: total +12 ms [5, 19] (medians 2.000 s → 2.012 s), limit +100 ms; all 3 verdicts pass",
		],
		[
			"more slow starts",
			aReport({ full: { totals: [...around(800, 40, 30), ...around(5_000, 900, 20)] } }),
			{ before: [aReport({ full: { totals: [...around(800, 40, 45), ...around(5_000, 900, 5)] } })] },
			"breach: full: 20 of 50 took > 1 s, 5 of 50 in the baseline > 0.973 s",
		],
		[
			"starts that are left out",
			aReport({
				full: {
					totals: around(2_000, 20, 10),
					extra: Array.from({ length: 40 }, (_, index) =>
						aColdStart(100 + index, { total: measured(9_000) }, { counted: false, reason: "image pulled" }),
					),
				},
			}),
			{ budgets: ["total: p(50) < 3s"] },
			"inconclusive: full: 40 of 50 attempts are left out (40 image pulled)",
		],
		[
			"a percentile that is too slow before it could pass",
			flat(30_000, 58),
			{ budgets: ["total: p(95) < 3s"] },
			"breach: full: total 30.018 s [30.016, ∞], expected p(95) < 3s",
		],
	])("tells %s", (_, report, given, line) => {
		expect(firstLine(report, given)).toBe(line);
	});
});

describe("a comment to a pull request", () => {
	const noisy = (n: number, shift = 0) => {
		const phases = { rest: around(1_500, 40, n), jumpy: around(1_000 + shift, 900, n).reverse() };
		return aReport({ full: { totals: around(4_000, 40, n), phases } });
	};
	const report = noisy(20, 30);
	const comment = verdictsIn("comment", judgementOf(report, { before: [noisy(20)] }), report);
	const [shown = "", folded = ""] = comment.split("<details>");

	test("shows what was asked for, and folds what passed beside it", () => {
		expect(shown).toContain("| ✅ pass | total | full |");
		expect(shown).not.toContain("| failed |");
		expect(folded).toContain("| ✅ pass | failed | full |");
	});

	test("says how many phases are undecided, and gives ~ its interval", () => {
		expect(shown).toContain("- phases of full: 1 undecided, 1 no slower");
		expect(folded).toMatch(/\| jumpy \| full \| 1\.000 s \| 1\.030 s \| \\~ \+30 ms \\\[-\d+, \d+\\\] \|/);
	});

	test("has each list of values once, and no heading without anything below", () => {
		expect(comment.split("in ms:")).toHaveLength(2);
		const empty = aReport({});
		expect(verdictsIn("comment", judgementOf(empty, {}), empty)).not.toMatch(/###|<details>/);
	});

	test("tells how the profiles compare as a whole", () => {
		const both = aReport({ minimal: { totals: around(1_000, 20, 20) }, full: { totals: around(3_700, 90, 20) } });
		expect(verdictsIn("comment", judgementOf(both, {}), both)).toMatch(
			/^full takes 3\.70 × \\\[3\.6\d, 3\.7\d\\\] as long to start as minimal \(\+2\.700 s\)$/m,
		);
	});
});

test("values are listed once in the text, whatever asks about them", () => {
	const report = flat(3_200, 20);
	const text = renderJudgement(judgementOf(report, { budgets: ["total: p(50) < 3s", "total: p(95) < 9s"] }));
	expect(text.split("values in ms:")).toHaveLength(2);
	expect(text).toContain("59 are needed");
});
