import { describe, expect, test } from "vitest";
import { normalDeviate, seededRandom } from "../../src/analysis/statistics/random.ts";
import { defaultMinimumEffect } from "../../src/cli/options/gate.ts";
import { type CheckOptions, check } from "../../src/commands/check.ts";
import { compare } from "../../src/commands/compare.ts";
import { notJudged } from "../../src/commands/gate/gate.ts";
import type { Sink } from "../../src/commands/gate/sink.ts";
import { plan } from "../../src/commands/plan.ts";
import { UsageError } from "../../src/errors.ts";
import type { Report } from "../../src/report/report.ts";
import { anAttempt, aReport, around } from "../gate/a-report.ts";
import { fakeContext } from "../support/fake-context.ts";

function world(given: Record<string, Report | string>, env: Sink["env"] = {}) {
	const { context, files, said } = fakeContext(given, env);
	return { sink: context, files, said };
}

const options: CheckOptions = {
	...notJudged,
	report: "new.json",
	minimumEffectMs: defaultMinimumEffect.ms,
	minimumEffectShare: defaultMinimumEffect.share,
	acceptSimulated: false,
	format: "text",
};

const fine = aReport({ minimal: { totals: around(2000, 50, 20) } });
const main = { ...fine, startedAt: "2026-11-22T10:00:00Z" };
const slow = aReport({ minimal: { totals: around(2600, 50, 20) } });

describe("check", () => {
	test.each([
		["passes", fine, { budgets: ["minimal.total: p(50) < 3s"] }, 0],
		["breaches", fine, { budgets: ["minimal.total: p(50) < 1s"] }, 99],
		["cannot tell", fine, { budgets: ["minimal.total: p(50) < 2s"] }, 3],
		["lacks the profile", fine, { budgets: ["full.total: p(50) < 2s"] }, 3],
		["lacks the phase", fine, { budgets: ["minimal.pod_creating: p(50) < 2s"] }, 3],
		["is no slower than main", fine, { baseline: ["main.json"] }, 0],
		["is slower than main", slow, { baseline: ["main.json"] }, 99],
		["has no baseline yet", fine, { baseline: ["none.json"] }, 3],
		["has one of two baselines", fine, { baseline: ["none.json", "main.json"] }, 3],
	] as const)("ends with the code of a report that %s", async (_what, report, given, code) => {
		const { sink, said } = world({ "new.json": report, "main.json": main });
		expect(await check({ ...options, ...given }, sink)).toBe(code);
		expect(said.stdout).toMatch(/^(pass|breach|inconclusive): /);
	});

	test("takes budgets from the profile and from files, each with its source", async () => {
		const own = structuredClone(fine);
		own.profiles[0]?.profile.budgets.push("total: p(50) < 9s");
		const { sink, said } = world({ "new.json": own, "b.yaml": "# limits\n- total: p(50) < 8s\n" });
		expect(await check({ ...options, budgetsFiles: ["b.yaml"] }, sink)).toBe(0);
		expect(said.stdout).toContain("(profile minimal, budgets[0])");
		expect(said.stdout).toContain("(b.yaml:2)");
	});

	test.each([
		[{}, /there is nothing to judge it by/],
		[{ budgets: ["minimal.totl: p(50) < 3s"] }, /there is no phase or outcome "totl"/],
		[{ budgets: ["minmal.total: p(50) < 3s"] }, /there is no profile "minmal"/],
		[{ baseline: ["main.json"], required: ["totl"] }, /there is no phase "totl" to judge/],
		[{ report: "none.json" }, /cannot read none\.json/],
		[{ baseline: ["main.json"] }, /the baseline main\.json is the report that is judged/],
		[
			{ baseline: ["other.json", "twin.json"] },
			/the baseline twin\.json is given twice: it is the same as other\.json/,
		],
		[{ baseline: ["spaced.json"] }, /the baseline spaced\.json is the report that is judged/],
		[
			{ baseline: ["other.json", "respaced.json"] },
			/the baseline respaced\.json is given twice: it is the same as other\.json/,
		],
		[{ baseline: ["cut.json"] }, /^cut\.json:1:\d+: the file ends in the middle/],
	] as const)("refuses %j", async (given, message) => {
		const { sink, said } = world({
			"new.json": fine,
			"main.json": fine,
			"other.json": main,
			"twin.json": main,
			"spaced.json": JSON.stringify(fine, undefined, 4),
			"respaced.json": JSON.stringify(main, undefined, 1),
			"cut.json": JSON.stringify(fine).slice(0, 300),
		});
		const run = check({ ...options, ...given }, sink);
		await expect(run).rejects.toThrow(message);
		await expect(run).rejects.toBeInstanceOf(UsageError);
		expect(said.stdout).toBe("");
	});

	test("a simulated report passes only where it was asked for", async () => {
		const simulated = { ...fine, simulated: { model: "kind", seed: 1, speed: 100 } };
		const given = { ...options, budgets: ["minimal.total: p(50) < 3s"] };
		expect(await check(given, world({ "new.json": simulated }).sink)).toBe(3);
		expect(await check({ ...given, acceptSimulated: true }, world({ "new.json": simulated }).sink)).toBe(0);
	});

	test("writes JSON, and every file that CI shows", async () => {
		const { sink, files, said } = world(
			{ "new.json": slow, "main.json": fine, "step.md": "before\n" },
			{ GITHUB_STEP_SUMMARY: "step.md", GITHUB_ACTIONS: "true" },
		);
		const paths = {
			junit: "j.xml",
			summary: "s.md",
			comment: "c.md",
			"github-action-benchmark": "g.json",
			bencher: "b.json",
		};
		expect(await check({ ...options, baseline: ["main.json"], format: "json", files: paths }, sink)).toBe(99);
		expect(JSON.parse(said.stdout).verdicts[0]).toMatchObject({ status: "breach", measure: "total", n: 20 });
		expect(said.stderr).toMatch(/^::error title=knistio%3A breach::minimal: total \+600 ms \[/);
		expect(files.get("j.xml")).toContain("<failure");
		expect(files.get("s.md")).toContain("❌ Cold starts: breach");
		expect(files.get("step.md")).toMatch(/^before\n## ❌ Cold starts: breach/);
		expect(files.get("c.md")).toContain("<!-- knistio -->");
		expect(JSON.parse(files.get("g.json") ?? "")).toHaveLength(1);
		expect(Object.keys(JSON.parse(files.get("b.json") ?? ""))).toEqual(["minimal/total", "minimal/attempts"]);
	});

	test("writes no annotations outside of GitHub", async () => {
		const { sink, said } = world({ "new.json": slow, "main.json": fine });
		await check({ ...options, baseline: ["main.json"] }, sink);
		expect(said.stderr).toBe("");
	});
});

describe("compare", () => {
	const reportOf = (proxyMs: number, n: number) =>
		aReport({
			full: {
				totals: around(2000 + proxyMs, 30, n),
				phases: { "istio-proxy": around(proxyMs, 20, n), rest: around(2000, 200, n) },
			},
		});

	test("puts reports side by side, marks what is not significant, and notes what is too small", async () => {
		const { sink, said } = world({
			"a.json": reportOf(500, 20),
			"b.json": reportOf(712, 20),
			"c.json": reportOf(500, 3),
		});
		expect(await compare({ reports: ["a.json", "b.json", "c.json"], format: "text" }, sink)).toBe(0);
		expect(said.stdout).toMatchInlineSnapshot(`
			"full
			             a.json, n=20            b.json, n=20            change                                 c.json, n=3            change
			total        2.500 s [2.486, 2.514]  2.712 s [2.698, 2.726]  +212 ms [199, 225] +8.5 % (p <0.001)   2.500 s [not known] ¹  ~ 0.0 ms [-34.7, 34.7] (p 1.000)
			istio-proxy  500 ms [491, 509]       712 ms [703, 721]       +212 ms [204, 220] +42.4 % (q <0.001)  500 ms [not known] ¹   ~ 0.0 ms [-23.2, 23.2] (p 1.000)
			rest         2.000 s [1.905, 2.095]  2.000 s [1.905, 2.095]  ~ 0.0 ms [-84.2, 84.2] (q 1.000)       2.000 s [not known] ¹  ~ 0.0 ms [-231.6, 231.6] (p 1.000)
			¹ at least 6 cold starts are needed for an interval at 95 %
			a.json: 20 attempted = 20 cold + 0 warm + 0 failed + 0 unresolved; 20 counted
			b.json: 20 attempted = 20 cold + 0 warm + 0 failed + 0 unresolved; 20 counted
			c.json: 3 attempted = 3 cold + 0 warm + 0 failed + 0 unresolved; 3 counted

			a change is the median of all differences between a cold start of each side, so it can differ from the difference of the two medians
			~ marks a change that may be chance
			p-values are by Mann-Whitney, corrected by Holm
			q-values are false discovery rates of the phases that explain a change of total: about one in ten phases that are marked as different may be so by chance
			"
		`);
	});

	test("says what it takes where values are missing, instead of an interval from nowhere to nowhere", async () => {
		const failed = (n: number) => Array.from({ length: n }, (_, i) => anAttempt(100 + i, "failed"));
		const of = (n: number, missing: number) =>
			aReport({ full: { totals: around(2000, 30, n), extra: failed(missing) } });
		const { sink, said } = world({ "a.json": of(6, 2), "b.json": of(7, 1), "c.json": of(20, 0) });
		await compare({ reports: ["a.json", "b.json", "c.json"], format: "text" }, sink);
		expect(said.stdout).not.toContain("∞");
		expect(said.stdout).toMatchInlineSnapshot(`
			"full
			       a.json, n=6            b.json, n=7            change                            c.json, n=20            change
			total  2.000 s [not known] ¹  2.000 s [not known] ²  ~ 0.0 ms [not known] (p 1.000) ³  2.000 s [1.986, 2.014]  ~ 0.0 ms [-56.8, 56.8] (p 1.000)
			¹ at least 12 cold starts are needed for an interval at 95 % (2 without a value)
			² at least 9 cold starts are needed for an interval at 95 % (1 without a value)
			³ at least 12 cold starts on both sides are needed to see a difference (3 without a value)
			a.json: 8 attempted = 6 cold + 0 warm + 2 failed + 0 unresolved; 6 counted
			b.json: 8 attempted = 7 cold + 0 warm + 1 failed + 0 unresolved; 7 counted
			c.json: 20 attempted = 20 cold + 0 warm + 0 failed + 0 unresolved; 20 counted

			a change is the median of all differences between a cold start of each side, so it can differ from the difference of the two medians
			~ marks a change that may be chance
			p-values are by Mann-Whitney, corrected by Holm
			q-values are false discovery rates of the phases that explain a change of total: about one in ten phases that are marked as different may be so by chance
			"
		`);
		await compare({ reports: ["a.json", "b.json", "c.json"], format: "json" }, sink);
		expect(said.stdout).toContain('"interval": {}');
	});

	test("puts the profiles of one report side by side", async () => {
		const report = aReport({
			minimal: { totals: around(1500, 30, 10) },
			full: { totals: around(5000, 90, 10), phases: { "istio-proxy": around(3000, 20, 10) } },
		});
		const { sink, said } = world({ "a.json": { ...report, simulated: { model: "kind", seed: 1, speed: 1 } } });
		expect(await compare({ reports: ["a.json"], format: "text" }, sink)).toBe(0);
		expect(said.stdout).toMatchInlineSnapshot(`
			"             minimal (simulated), n=10  full (simulated), n=10  change
			total        1.500 s [1.477, 1.523]     5.000 s [4.930, 5.070]  +3.500 s [3.447, 3.553] +233.3 % (p <0.001)
			istio-proxy  -                          3.000 s [2.984, 3.016]
			minimal: 10 attempted = 10 cold + 0 warm + 0 failed + 0 unresolved; 10 counted
			full: 10 attempted = 10 cold + 0 warm + 0 failed + 0 unresolved; 10 counted

			a change is the median of all differences between a cold start of each side, so it can differ from the difference of the two medians
			~ marks a change that may be chance
			p-values are by Mann-Whitney, corrected by Holm
			q-values are false discovery rates of the phases that explain a change of total: about one in ten phases that are marked as different may be so by chance
			"
		`);
	});

	test("tells what the reports vary in", async () => {
		const other = aReport({ full: { totals: around(2500, 30, 20), fingerprint: { istio: "1.26.0" } } });
		const { sink, said } = world({ "a.json": reportOf(500, 20), "b.json": other });
		await compare({ reports: ["a.json", "b.json"], format: "text" }, sink);
		expect(said.stdout).toContain("the columns were measured differently, in: istio");
	});

	test("is inconclusive where there is nothing to show, and JSON where asked", async () => {
		const { sink, said } = world({ "a.json": aReport({ full: {} }), "b.json": reportOf(500, 6) });
		expect(await compare({ reports: ["a.json"], format: "text" }, sink)).toBe(3);
		said.stdout = "";
		await compare({ reports: ["b.json"], format: "json" }, sink);
		expect(JSON.parse(said.stdout)[0].rows[0]).toMatchObject({ measure: "total", cells: [{ estimate: { n: 6 } }] });
		await expect(compare({ reports: [], format: "text" }, sink)).rejects.toThrow("there is not a report to compare");
	});
});

describe("plan", () => {
	const random = seededRandom(4);
	const totals = Array.from({ length: 30 }, () => 2000 * Math.exp(0.08 * normalDeviate(random)));
	const pilot = aReport({ minimal: { totals } });
	const question = { pilot: "pilot.json", detectMs: 200, power: 0.8, format: "text" } as const;

	test("says how many iterations and minutes", async () => {
		const { sink, said } = world({ "pilot.json": pilot });
		expect(await plan(question, sink)).toBe(0);
		const lines = said.stdout.split("\n");
		expect(lines[0]).toMatch(/^5\d iterations, about \d+ min, to detect \+200 ms of total with a power of 80 %$/);
		expect(lines[1]).toMatch(/^\d+ to \d+ are likely enough, from a pilot of 30$/);
		expect(lines[2]).toMatch(/^the whole job: a slow-down is a breach in 8\d %, unchanged code passes in 8\d %$/);
		expect(lines[4]).toMatch(/^minimal: a slow-down is a breach in 8\d %, unchanged code passes in 8\d %$/);
		expect(said.stdout).toContain("knistio check NEW --baseline OLD --min-effect 100ms --min-effect-share 0%");
	});

	test("says why no number is enough where the times are known too roughly", async () => {
		const { sink, said } = world({ "pilot.json": aReport({ minimal: { totals, aroundMs: 100 } }) });
		expect(await plan(question, sink)).toBe(3);
		expect(said.stdout).toContain("the bounds alone are wider than --detect");
	});

	test("more for a smaller slow-down, and for attempts that do not count", async () => {
		const iterations = async (report: Report, detectMs: number) => {
			const { sink, said } = world({ "pilot.json": report });
			await plan({ ...question, detectMs, format: "json" }, sink);
			return JSON.parse(said.stdout).iterations as number;
		};
		const usual = await iterations(pilot, 200);
		expect(await iterations(pilot, 150)).toBeGreaterThan(1.4 * usual);
		const halfWarm = structuredClone(pilot);
		for (const start of halfWarm.profiles[0]?.coldStarts.slice(0, 15) ?? []) {
			start.counted = false;
			start.outcome = "warm";
		}
		expect(await iterations(halfWarm, 200)).toBeGreaterThan(1.2 * usual);
	});

	test("is inconclusive where not even 1,000 would do", async () => {
		const { sink, said } = world({ "pilot.json": aReport({ minimal: { totals: around(60_000, 59_000, 20) } }) });
		expect(await plan({ ...question, detectMs: 2 }, sink)).toBe(3);
		expect(said.stdout).toContain("1,000 iterations are not enough");
	}, 20_000);

	test.each([
		[{ power: 80 }, /a power of 80 is not possible/],
		[{ detectMs: 0 }, /larger than 0 ms/],
		[{ minimumEffectMs: 200 }, /cannot be found by a check whose minimum effect is 200 ms/],
		[{ measure: "nap" }, /the pilot has 0 cold starts of minimal with nap/],
	])("refuses %j", async (given, message) => {
		const { sink } = world({ "pilot.json": pilot });
		await expect(plan({ ...question, ...given }, sink)).rejects.toThrow(message);
	});
});
