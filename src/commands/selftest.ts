import type { Context } from "../context/context.ts";
import { type ExitCode, exitCodes } from "../errors.ts";
import { openProgress } from "../output/progress.ts";
import { renderSelftest, selftestJson } from "../output/report/selftest-text.ts";
import type { Entry } from "../recording/entries.ts";
import type { Report } from "../report/report.ts";
import { type Comparison, compareWithTruth } from "../selftest/compare.ts";
import { coverageOf, defectsOf, missedBounds } from "../selftest/coverage.ts";
import { planRuns, type Scenario } from "../selftest/scenarios.ts";
import type { ClusterTruth } from "../simulator/world/truth.ts";
import { openReportBuilder } from "../timing/report-builder.ts";
import { bench } from "./bench/bench.ts";
import type { BenchOptions } from "./bench/options.ts";
import { simulatedRun } from "./bench/simulated-run.ts";
import { openTarget, type Where } from "./bench/target.ts";

/** The options of `knistio selftest`. */
export interface SelftestOptions {
	/** How many runs. */
	scenarios: number;
	/** Names of the scenarios to choose from; all by default. */
	scenario?: readonly string[];
	/** Cold starts of each scenario, the warm-up not among them. */
	iterations: number;
	seed: number;
	/** Simulated seconds in a real one. */
	speed: number;
	model: string;
	format: "text" | "json";
}

/** A run of a scenario. */
export interface ScenarioRun {
	entries: readonly Entry[];
	truth: ClusterTruth;
}

interface ScenarioResult {
	scenario: Scenario;
	seed: number;
	comparison: Comparison;
}

const atOnce = 6;

/** `knistio selftest`: measures simulated clusters in the same way as `bench`, and compares the result with their true times. */
export async function selftest(
	options: SelftestOptions,
	context: Context,
	fold: (entries: readonly Entry[]) => Report = foldEntries,
): Promise<ExitCode> {
	const display = openProgress(context);
	const waiting = planRuns(options.scenarios, options.seed, options.scenario);
	const results: ScenarioResult[] = [];
	const work = async () => {
		for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
			const { scenario, seed } = next;
			const comparison = await compareScenario(scenario, { ...options, seed }, { context, fold });
			results.push({ scenario, seed, comparison });
			const text = `${results.length} of ${options.scenarios} measured: ${scenario.name}, ${scenario.about}`;
			display.progress({ kind: "step", text });
		}
	};
	// A simulated cluster waits most of the time.
	await Promise.all(Array.from({ length: atOnce }, work));
	results.sort((a, b) => a.seed - b.seed);
	display.clear();
	const coverage = coverageOf(results.flatMap(({ comparison }) => comparison.checks));
	const defects = results.flatMap(({ scenario, seed, comparison }) =>
		defectsOf(comparison).map((text) => `${scenario.name} (seed ${seed}): ${text}`),
	);
	defects.push(...missedBounds(coverage));
	const { seed, speed, model } = options;
	const outcome = { simulated: { model, seed, speed }, results, coverage, defects };
	context.stdout(options.format === "json" ? selftestJson(outcome) : renderSelftest(outcome));
	return defects.length === 0 ? exitCodes.ok : exitCodes.defect;
}

async function compareScenario(
	scenario: Scenario,
	options: Pick<SelftestOptions, "iterations" | "seed" | "speed" | "model">,
	{ context, fold }: { context: Context; fold: (entries: readonly Entry[]) => Report },
): Promise<Comparison> {
	try {
		const { entries, truth } = await measureScenario(scenario, options, context);
		return compareWithTruth({ report: fold(entries), truth, speed: options.speed });
	} catch (error) {
		if (context.signal.aborted) throw error;
		const defects = [`it ended early: ${(error as Error).message}`];
		return { checks: [], defects, attempted: 0, cold: 0, unmeasured: [] };
	}
}

/** Runs `bench` on a scenario's cluster, and keeps what it recorded and what really happened. */
export async function measureScenario(
	scenario: Scenario,
	options: Pick<SelftestOptions, "iterations" | "seed" | "speed" | "model">,
	context: Context,
): Promise<ScenarioRun> {
	const entries: Entry[] = [];
	let truth: ClusterTruth | undefined;
	const { terminal: _, ...world } = context;
	const quiet: Context = {
		...world,
		// Each run adds many listeners.
		signal: AbortSignal.any([context.signal]),
		stdout: () => {},
		stderr: () => {},
		openLog: async () => ({
			append: (line) => void entries.push(JSON.parse(line) as Entry),
			close: async () => {},
		}),
	};
	const open = async (where: Where) => {
		const target = await openTarget(where, quiet);
		return {
			...target,
			close: async () => {
				truth = await target.truth?.();
				await target.close();
			},
		};
	};
	await bench(benchOptions(scenario, options), quiet, open);
	if (truth === undefined) throw new Error("the simulated cluster did not report what happened");
	return { entries, truth };
}

function benchOptions(
	{ profile, sidecar, faults, nodes, burst, traces, model: own }: Scenario,
	{ iterations, seed, speed, model }: Pick<SelftestOptions, "iterations" | "seed" | "speed" | "model">,
): BenchOptions {
	return simulatedRun({
		profiles: [profile],
		iterations,
		where: {
			kind: "simulated",
			model: own ?? model,
			seed,
			speed,
			...(faults === undefined ? {} : { faults }),
			...(nodes === undefined ? {} : { nodes }),
			...(traces === undefined ? {} : { traces }),
		},
		...(traces === true ? { traces: "simulated" } : {}),
		...(sidecar === undefined ? {} : { sidecar }),
		...(burst === undefined ? {} : { burst: [burst] }),
		// A pod drains for so long; a burst takes longer.
		requestTimeoutSeconds: burst === undefined ? 10 : 60,
		record: "selftest",
		keep: true,
	});
}

function foldEntries(entries: readonly Entry[]): Report {
	const builder = openReportBuilder();
	for (const entry of entries) builder.add(entry);
	return builder.report();
}
