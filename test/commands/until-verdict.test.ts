import { describe, expect, test } from "vitest";
import { normalDeviate, seededRandom } from "../../src/analysis/statistics/random.ts";
import { openUntilVerdict } from "../../src/commands/bench/until-verdict.ts";
import { parseBudget } from "../../src/gate/parse-budget.ts";
import { type ResolvedBudget, resolveBudgets } from "../../src/gate/resolve-budgets.ts";
import { main } from "../../src/main.ts";
import type { Untimed } from "../../src/recording/entries.ts";
import type { Finding } from "../../src/report/report.ts";
import { aReport } from "../gate/a-report.ts";
import { fakeContext } from "../support/fake-context.ts";

const budgets = (text: string, names = ["full"]): ResolvedBudget[] =>
	resolveBudgets([parseBudget({ text, source: "--budget" })], names, {
		profiles: names,
		isPhase: () => true,
		phases: [],
	});

/** Runs the rounds of each profile, one profile after the other, until it is enough. */
function runUntil(
	profiles: Record<string, () => number>,
	{ budget, iterations }: { budget: string; iterations: number },
) {
	const measured: Record<string, { totals: number[] }> = {};
	const findings: Finding[] = [];
	const record = (entry: Untimed) => {
		if (entry.kind === "finding") findings.push(entry.finding);
	};
	const gate = { budgets: budgets(budget, Object.keys(profiles)) };
	const isEnough = openUntilVerdict({ report: () => aReport(measured), record }, { gate, iterations });
	for (const [name, value] of Object.entries(profiles)) {
		const totals: number[] = [];
		measured[name] = { totals };
		for (let round = 1; round <= iterations; round++) {
			totals.push(value());
			if (isEnough(name)) break;
		}
	}
	return { counts: Object.values(measured).map(({ totals }) => totals.length), findings };
}

/** Times around a median, with a spread of 10 %. */
function around(median: number, seed: number) {
	const random = seededRandom(seed);
	return () => median * (1 + 0.1 * normalDeviate(random));
}

const budget = "total: p(50) < 2s";

describe("bench --until verdict", () => {
	test("stops where a budget is surely kept or surely breached", () => {
		const kept = runUntil({ full: around(1500, 1) }, { budget, iterations: 64 });
		const breached = runUntil({ full: around(3000, 1) }, { budget, iterations: 64 });
		for (const { counts, findings } of [kept, breached]) {
			expect(counts[0]).toBeLessThanOrEqual(23);
			expect(findings.map(({ code }) => code)).toEqual(["stopped-early"]);
		}
		expect(kept.findings[0]?.message).toMatch(
			/after \d+ cold starts the verdict is pass at 99\.\d+ % \(looked at after 8/,
		);
		expect(breached.findings[0]?.message).toContain("the verdict is breach");
	});

	test("goes on to the last iteration where it cannot tell, and says why", () => {
		const { counts, findings } = runUntil({ full: around(2000, 3) }, { budget, iterations: 23 });
		expect(counts).toEqual([23]);
		expect(findings[0]).toMatchObject({ code: "until-missed", hint: "raise --iterations" });
		expect(findings[0]?.message).toMatch(
			/within 23 cold starts: total, p\(50\) < 2s: .* \(looked at after 8, 11, 16, 23\)/,
		);
	});

	test("does not stop by what another profile has, nor before that is measured", () => {
		const both = runUntil(
			{ minimal: around(1000, 5), full: around(1500, 6) },
			{ budget: "full.total: p(50) < minimal.total * 2", iterations: 45 },
		);
		expect(both.counts[0]).toBe(45);
		expect(both.counts[1]).toBeLessThan(45);
	});

	test("is wrong in hardly any run of code that lies just at its limit", () => {
		let [stopped, runs] = [0, 300];
		for (let seed = 0; seed < runs; seed++) {
			const { findings } = runUntil({ full: around(2000, 1000 + seed) }, { budget, iterations: 64 });
			if (findings[0]?.code === "stopped-early") stopped++;
		}
		// At the limit itself either verdict is one too many: 1 % on each side, and what 300 runs leave open.
		expect(stopped / runs).toBeLessThan(0.04);
	});

	test("needs something to judge", async () => {
		const world = fakeContext({});
		const argv = ["bench", "--cluster", "simulated", "--profile", "minimal", "--until", "verdict"];
		expect(await main(argv, world.context)).toBe(2);
		expect(world.said.stderr).toContain("--until verdict: there is nothing to judge");
	});
});
