import { beforeAll, expect, it } from "vitest";
import { measureScenario, type ScenarioRun } from "../../src/commands/selftest.ts";
import { compareWithTruth } from "../../src/selftest/compare.ts";
import { coverageOf, defectsOf, missedBounds } from "../../src/selftest/coverage.ts";
import { openReportBuilder } from "../../src/timing/report-builder.ts";
import { builtContext } from "./built-context.ts";

const speed = 10;
const size = 3;
let run: ScenarioRun;

beforeAll(async () => {
	const scenario = { name: "burst", about: "", profile: "full", burst: size };
	run = await measureScenario(scenario, { iterations: 1, seed: 1, speed, model: "today" }, builtContext().context);
}, 180_000);

function fold() {
	const builder = openReportBuilder();
	for (const entry of run.entries) builder.add(entry);
	return builder.report();
}

/** The machine that runs the tests may be busy, so the bounds by the watch are not asked for here. */
function firmDefects(report: ReturnType<typeof fold>): string[] {
	const comparison = compareWithTruth({ report, truth: run.truth, speed });
	const firm = comparison.checks.filter(({ source }) => source !== "watch");
	return [...defectsOf(comparison), ...missedBounds(coverageOf(firm))];
}

it("holds each cold start of a burst against the truth of its own request and pod", () => {
	const report = fold();
	const { cold, checks, attempted } = compareWithTruth({ report, truth: run.truth, speed });
	const inBursts = report.profiles[0]?.bursts?.flatMap(({ coldStarts }) => coldStarts) ?? [];
	expect(inBursts.length).toBeGreaterThanOrEqual(size);
	expect([attempted, cold]).toEqual([2 + inBursts.length, 2 + inBursts.length]);
	for (let service = 1; service <= size; service++) {
		const own = checks.filter(({ where }) => where === `full, burst 1 of ${size}, service ${service}`);
		expect(own.length).toBeGreaterThan(20);
	}
	expect(firmDefects(report)).toEqual([]);
});

it("finds the times of two cold starts of a burst that were mixed up", () => {
	const report = fold();
	const [one, other] = report.profiles[0]?.bursts?.[0]?.coldStarts ?? [];
	if (one === undefined || other === undefined) throw new Error("no burst was measured");
	[one.instants, other.instants] = [other.instants, one.instants];
	expect(firmDefects(report).join()).toContain("bounds by event-name do not hold");
});
