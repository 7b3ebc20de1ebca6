import { notJudged } from "../gate/gate.ts";
import type { BenchOptions } from "./options.ts";
import type { Where } from "./target.ts";

/** What a run on a simulated cluster needs to know. */
export interface SimulatedRun extends Partial<BenchOptions> {
	profiles: string[];
	where: Extract<Where, { kind: "simulated" }>;
}

/** The options of a run on a simulated cluster that nobody judges: one cold start, one block, nothing saved. */
export function simulatedRun(run: SimulatedRun): BenchOptions {
	return {
		variants: [],
		iterations: 1,
		blocks: 1,
		seed: run.where.seed,
		image: "simulated/helloworld:1",
		namespace: "knistio",
		knativeManifests: [],
		useInstalled: false,
		timeoutMs: 120_000,
		out: [],
		...notJudged,
		keep: false,
		dryRun: false,
		...run,
	};
}
