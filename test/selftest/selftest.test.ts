import { beforeAll, describe, expect, it } from "vitest";
import { measureScenario, type ScenarioRun } from "../../src/commands/selftest.ts";
import { main } from "../../src/main.ts";
import type { Report } from "../../src/report/report.ts";
import { type Comparison, compareWithTruth } from "../../src/selftest/compare.ts";
import { coverageOf, defectsOf, missedBounds } from "../../src/selftest/coverage.ts";
import { planRuns, scenarioNames } from "../../src/selftest/scenarios.ts";
import { reportOf } from "../support/recorded.ts";
import { builtContext } from "./built-context.ts";

const speed = 10;
let run: ScenarioRun;

beforeAll(async () => {
	const scenario = { name: "native", about: "", profile: "full", sidecar: "native" as const };
	run = await measureScenario(scenario, { iterations: 1, seed: 1, speed, model: "today" }, builtContext().context);
}, 60_000);

const compare = (report: Report): Comparison => compareWithTruth({ report, truth: run.truth, speed });

/** The machine that runs the tests may be busy, so the bounds by the watch are not asked for here. */
const firmDefects = (comparison: Comparison) => {
	const firm = comparison.checks.filter(({ source }) => source !== "watch");
	return [...defectsOf(comparison), ...missedBounds(coverageOf(firm))];
};

/** The same with every cold start changed. */
function changed(change: (start: Report["profiles"][number]["coldStarts"][number]) => void): Report {
	const report = structuredClone(reportOf(run.entries));
	for (const { coldStarts } of report.profiles) for (const start of coldStarts) change(start);
	return report;
}

describe("the comparison with the truth", () => {
	it("finds every firm bound of an honest measurement held", () => {
		const comparison = compare(reportOf(run.entries));
		expect(firmDefects(comparison)).toEqual([]);
		expect(comparison.cold).toBe(2);
		const sources = coverageOf(comparison.checks).map(({ source }) => source);
		expect(sources).toEqual(expect.arrayContaining(["client", "event-name", "watch", "status"]));
		expect(comparison.checks.length).toBeGreaterThan(50);
	});

	it("finds two instants that were swapped", () => {
		const report = changed(({ instants }) => {
			const [created, ready] = [instants["pulled:istio-init"], instants["started:istio-init"]];
			if (created !== undefined && ready !== undefined) {
				instants["pulled:istio-init"] = ready;
				instants["started:istio-init"] = created;
			}
		});
		expect(firmDefects(compare(report)).join()).toContain("bounds by event-name do not hold");
	});

	it("finds a phase that takes the instant beside its own", () => {
		const report = changed(({ phases }) => {
			const [own, next] = [phases["start-user-container"], phases["start-queue-proxy"]];
			if (own === undefined || next === undefined) return;
			// It ends where the one after it ends.
			const { ms, loMs, hiMs } = next;
			phases["start-user-container"] = { ...own, ms: own.ms + ms, loMs: own.loMs + loMs, hiMs: own.hiMs + hiMs };
		});
		expect(firmDefects(compare(report)).join()).toContain("do not hold");
	});

	it("finds a second too much in a recording's events", () => {
		const late = run.entries.map((entry) => {
			if (entry.kind !== "watch" || entry.watch !== "events") return entry;
			const { name } = entry.object.metadata;
			const dot = name.lastIndexOf(".") + 1;
			const later = (BigInt(`0x${name.slice(dot)}`) + 1_000_000_000n).toString(16);
			const firstTimestamp = entry.object.firstTimestamp as string | null;
			if (!firstTimestamp) return entry;
			const second = `${new Date(Date.parse(firstTimestamp) + 1000).toISOString().slice(0, 19)}Z`;
			const object = { ...entry.object, firstTimestamp: second };
			return { ...entry, object: { ...object, metadata: { ...object.metadata, name: name.slice(0, dot) + later } } };
		});
		const { cold, defects, checks } = compare(reportOf(late));
		const isFound =
			cold === 0 || defects.length > 0 || checks.some(({ isHeld, source }) => !isHeld && source !== "watch");
		expect(isFound).toBe(true);
	});

	it("finds a request's own times that are not those of the gateway", () => {
		const shifted = run.entries.map((entry) =>
			entry.kind === "request"
				? { ...entry, lastByteAt: (BigInt(entry.lastByteAt ?? 0) + 11_000_000_000n).toString() }
				: entry,
		);
		expect(firmDefects(compare(reportOf(shifted))).join()).toContain("bounds by client do not hold");
	});

	it("finds a clock that is not within its bounds, and a movement of one that stood still", () => {
		const leases = run.entries.filter((entry) => entry.kind === "clock" && entry.method === "lease");
		expect(leases.length).toBeGreaterThan(0);
		const ahead = run.entries.map((entry) =>
			entry.kind === "clock" && entry.method === "lease"
				? { ...entry, loNs: String(BigInt(entry.loNs) + 60_000_000_000n) }
				: entry,
		);
		expect(compare(reportOf(ahead)).defects.join()).toContain(
			"no clock was set, but: the clock of node/node-1 has moved",
		);
		const report = reportOf(run.entries);
		const clocks = [...report.clocks, { clock: "node/node-1", loMs: 5, method: "lease" }];
		expect(compare({ ...report, clocks }).defects).toEqual([
			"the clock of node/node-1 is 0 ms ahead, and is said to be at least 5 ms",
		]);
	});

	it("takes no data for no pass", () => {
		expect(defectsOf(compare({ ...reportOf(run.entries), profiles: [] }))).toEqual(["of 0 attempts none was measured"]);
	});
});

it("plans every scenario once before one comes again, each with a seed of its own that a choice does not change", () => {
	const all = planRuns(scenarioNames.length + 1, 5);
	expect(all.map(({ scenario }) => scenario.name)).toEqual([...scenarioNames, scenarioNames[0]]);
	expect(new Set(all.map(({ seed }) => seed)).size).toBe(all.length);
	expect(planRuns(1, 5, ["cni"])[0]).toEqual(all.find(({ scenario }) => scenario.name === "cni"));
});

it("ends with 1 and says why when nothing can be measured", async () => {
	const { context, said } = builtContext();
	const argv = ["selftest", "--scenarios", "1", "--speed", "1"];
	const code = await main(argv, { ...context, simulatedThread: new URL("file:///nowhere/thread.js") });
	expect(code).toBe(1);
	expect(said.stdout).toContain("FAILED: measured and true times do not agree");
	expect(said.stdout).toContain("none (seed 1): it ended early");
}, 20_000);
