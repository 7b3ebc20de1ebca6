import { beforeAll, describe, expect, it } from "vitest";
import { measureScenario, type ScenarioRun } from "../../src/commands/selftest.ts";
import type { Report } from "../../src/report/report.ts";
import { compareWithTruth } from "../../src/selftest/compare.ts";
import { coverageOf, defectsOf, missedBounds } from "../../src/selftest/coverage.ts";
import { reportOf } from "../support/recorded.ts";
import { builtContext } from "./built-context.ts";

const speed = 10;
let run: ScenarioRun;

beforeAll(async () => {
	const faults = { nodeClockOffsetsMs: { "node-1": 137 }, serverClockOffsetMs: -55 };
	const scenario = { name: "traces", about: "", profile: "full", sidecar: "native" as const, traces: true, faults };
	run = await measureScenario(scenario, { iterations: 1, seed: 1, speed, model: "today" }, builtContext().context);
}, 60_000);

const startsOf = ({ profiles }: Report) => profiles.flatMap(({ coldStarts }) => coldStarts);
/** The machine that runs the tests may be busy, so the bounds by the watch are not asked for here. */
function firmDefects(report: Report): string[] {
	const comparison = compareWithTruth({ report, truth: run.truth, speed });
	const firm = comparison.checks.filter(({ source }) => source !== "watch");
	return [...defectsOf(comparison), ...missedBounds(coverageOf(firm))];
}

/** The same recording with one kind of span begun later. */
const begunLater = (name: string, ms: number) =>
	run.entries.map((entry) => {
		if (entry.kind !== "spans") return entry;
		const spans = entry.spans.map((span) =>
			span.name === name ? { ...span, fromNs: String(BigInt(span.fromNs) + BigInt(ms) * 1_000_000n) } : span,
		);
		return { ...entry, spans };
	});

describe("a simulated cluster that sends traces", () => {
	it("has its finer phases measured within bounds that hold, on clocks that are off", () => {
		const report = reportOf(run.entries);
		expect(startsOf(report)).toHaveLength(2);
		for (const start of startsOf(report)) {
			expect(start.findings.filter(({ code }) => code.startsWith("traces"))).toEqual([]);
			expect(Object.keys(start.finer ?? {})).toEqual(
				expect.arrayContaining(["admission", "webhook-istio-sidecar-injector", "etcd", "volumes", "sandbox", "cni"]),
			);
		}
		expect(firmDefects(report)).toEqual([]);
		const { checks } = compareWithTruth({ report, truth: run.truth, speed });
		const finer = checks.filter(({ what }) => what.startsWith("finer phase"));
		expect(finer.length).toBeGreaterThan(2 * 25);
		const volumes = finer.filter(({ what }) => what === "finer phase volumes");
		expect(volumes.map(({ source }) => source)).toEqual(["trace", "trace"]);
		expect(volumes.every(({ measured }) => measured.hiMs - measured.loMs < 0.01)).toBe(true);
	});

	it("has the same coarser phases as without them", () => {
		const without = reportOf(run.entries.filter(({ kind }) => kind !== "spans"));
		const all = (report: Report) => startsOf(report).map(({ phases, total }) => ({ phases, total }));
		expect(all(reportOf(run.entries))).toEqual(all(without));
		expect(startsOf(without).every(({ finer }) => finer === undefined)).toBe(true);
	});

	it.each([
		"runtime.v1.RuntimeService/RunPodSandbox",
		"Create etcd3",
	])("is not believed where %s began later", (name) => {
		expect(firmDefects(reportOf(begunLater(name, 1))).join()).toContain("bounds by trace do not hold");
	});
});
