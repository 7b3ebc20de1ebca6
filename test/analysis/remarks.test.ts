import { describe, expect, test } from "vitest";
import { observationsOf } from "../../src/analysis/observations.ts";
import { remarksOn } from "../../src/analysis/remarks.ts";
import { normalDeviate, seededRandom } from "../../src/analysis/statistics/random.ts";
import { judge } from "../../src/gate/judge.ts";
import { renderJudgement } from "../../src/output/verdict/judgement-text.ts";
import { aColdStart, anAttempt, aReport, measured } from "../gate/a-report.ts";

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

	test.each([
		[1000, "kubelet"],
		[2000, "autoscaler"],
		[10_000, "queue-proxy"],
	])("name the likely cause of a grid of %i ms", (stepMs, cause) => {
		const totals = noise.map((by, index) => 500 + by / 4 + stepMs * (index % 3));
		expect(remarksAbout(totals).find(({ code }) => code === "grid")?.message).toContain(cause);
	});

	/** Totals of two ways to the answer; of those that were probed every other one. */
	const twoWays = (probedMs: number, waitedMs: () => number, n: number) => {
		const starts = Array.from({ length: n }, (_, index) => {
			const isProbed = index % 2 === 0;
			const total = measured(isProbed ? probedMs + 40 * normalDeviate(random) : waitedMs());
			return aColdStart(index + 1, { total, phases: { [isProbed ? "probing" : "readiness"]: total } });
		});
		const [run] = aReport({ full: { extra: starts } }).profiles;
		if (run === undefined) throw new Error("no profile");
		return remarksOn(run).filter(({ code }) => code === "two-modes");
	};

	test("name the activator where the slow starts are those that it did not probe", () => {
		const found = twoWays(800, () => 2000 + 8000 * random(), 10);
		expect(found).toHaveLength(1);
		expect(found[0]?.message).toContain("5 around 8");
		expect(found[0]?.hint).toContain("knative/serving#15477");
	});

	test("do not mind two ways that take as long", () => {
		const seen = Array.from({ length: 200 }, () => twoWays(2000, () => 2000 + 40 * normalDeviate(random), 20));
		expect(seen.filter(({ length }) => length > 0).length).toBeLessThan(200 * 0.05);
	});

	describe("that detect something", () => {
		const exponential = () => -Math.log(1 - random());
		const nothing: [string, () => number][] = [
			["normal", () => 2000 + 40 * normalDeviate(random)],
			["skewed", () => 2500 * Math.exp(0.2 * normalDeviate(random))],
			["exponential", () => 1500 + 400 * exponential()],
			["kubelet's look once a second", () => 3000 + 1000 * random() + 60 * normalDeviate(random)],
		];
		const cases = nothing.flatMap(([name, draw]) => [10, 20, 50].map((n) => [name, n, draw] as const));

		test.each(cases)("are not made where there is nothing: %s, n = %i", (_, n, draw) => {
			const counts = new Map<string, number>();
			for (let run = 0; run < 300; run++) {
				for (const { code } of remarksAbout(Array.from({ length: n }, draw))) {
					counts.set(code, (counts.get(code) ?? 0) + 1);
				}
			}
			// Values far from the rest belong to a skewed population: naming them is no claim about a cause.
			counts.delete("outliers");
			// 5 %, and 3 standard deviations of such a count.
			for (const [code, count] of counts) expect(count, code).toBeLessThan(300 * 0.05 + 3 * Math.sqrt(300 * 0.05));
		});

		const effects: [string, (index: number, n: number) => number][] = [
			["slow-first", (index) => 2000 + (index === 0 ? 400 : 0) + 40 * normalDeviate(random)],
			["drift", (index, n) => 2000 + (200 * index) / n + 40 * normalDeviate(random)],
			["grid", () => 800 + 1000 * Math.floor(3 * random()) + 30 * normalDeviate(random)],
			["two-modes", () => (random() < 0.5 ? 800 : 3500) + 80 * normalDeviate(random)],
		];
		const powerful = effects.flatMap(([code, draw]) => [10, 20, 50].map((n) => [code, n, draw] as const));

		test.each(powerful)("are made where there is something: %s, n = %i", (code, n, draw) => {
			const runs = Array.from({ length: 100 }, () => Array.from({ length: n }, (_, index) => draw(index, n)));
			const found = runs.filter((totals) => remarksAbout(totals).some((remark) => remark.code === code));
			expect(found.length).toBeGreaterThan(50);
		});
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

describe("pods of other copies", () => {
	const rotated = (msOf: (draining: number) => number) => {
		const starts = Array.from({ length: 12 }, (_, index) => {
			const draining = Math.min(index, 5);
			const total = measured(msOf(draining) + 5 * normalDeviate(random));
			return { ...aColdStart(index + 1, { total }), copy: (index % 6) + 1, draining };
		});
		const [run] = aReport({ full: { extra: starts } }).profiles;
		if (run === undefined) throw new Error("no profile");
		return run;
	};
	const about = (run: ReturnType<typeof rotated>) => remarksOn(run).find(({ code }) => code === "draining-matters");

	test("are a remark where cold starts beside more of them take longer", () => {
		const message = about(rotated((draining) => (draining >= 5 ? 2000 : 1500)))?.message;
		expect(message).toMatch(/5 beside 0–4 around 1\d\d\d ms, 7 beside 5 around (19|20)\d\d ms \(p = 0\.00\d\)$/);
	});

	test("are none where they make no difference, nor where there was one copy", () => {
		const run = rotated(() => 1500);
		expect(about(run)).toBeUndefined();
		expect(observationsOf(run).rotation).toMatchObject({ copies: 6, mostDraining: 5, difference: { fewer: { n: 5 } } });
		expect(observationsOf({ ...run, coldStarts: [aColdStart(1, {})] }).rotation).toBeUndefined();
	});

	test("cannot be told to matter where nearly all cold starts had as many beside them", () => {
		const run = rotated(() => 1500);
		const same = { ...run, coldStarts: run.coldStarts.slice(2) };
		expect(observationsOf(same).rotation).toEqual({ copies: 6, mostDraining: 5, difference: undefined });
	});
});
