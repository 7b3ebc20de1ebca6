import { clientNow, elapsedMs } from "../../clock/client-clock.ts";
import { ClusterError } from "../../errors.ts";
import type { Session } from "../../kube/wait/task.ts";
import type { Profile } from "../../profile/profile.ts";
import { notTested } from "../../tradeoffs/cells.ts";
import { probes } from "../../tradeoffs/probes/probes.ts";
import { type Observed, tradeoffsOf } from "../../tradeoffs/tradeoffs.ts";
import { visitProfile } from "../../tradeoffs/visit/visit.ts";
import type { BenchOptions } from "./options.ts";
import type { Recorder } from "./recorder.ts";
import type { Target } from "./target.ts";

/** The probes of a run. */
export interface Observing {
	/** Looks at a profile that is installed, once: a second visit of it has nothing to do. */
	observe(session: Session, profile: Profile): Promise<void>;
	/** After the last cold start: compares those of all rounds. */
	conclude(): void;
}

/**
 * What `--tradeoffs` does in the visit of a profile, after its cold starts: every probe of its costs and benefits. A
 * variant is not looked at: it has its one knob, and its cold starts are measured. What is observed is recorded at once.
 * A probe's failure costs its cells, and never the cold starts.
 * @returns undefined where it was not asked for
 */
export function openObserving(
	{ options, target }: { options: BenchOptions; target: Pick<Target, "clock"> },
	recorder: Pick<Recorder, "record" | "report">,
): Observing | undefined {
	if (options.tradeoffs !== true) return undefined;
	const { namespace, image, gateway } = options;
	const { clock } = target;
	const observed = new Map<Profile, Observed>();
	let observedAt: string | undefined;
	const record = (tookMs: number) => {
		if (observedAt === undefined) return;
		const tradeoffs = tradeoffsOf([...observed.values()], { observedAt, report: recorder.report() });
		recorder.record({ kind: "tradeoffs", tradeoffs, tookMs });
	};
	return {
		async observe(session, profile) {
			if (profile.variant !== undefined || observed.has(profile)) return;
			const beganAt = clientNow(clock);
			observedAt ??= new Date().toISOString();
			const order = { profile, namespace, image, gateway, clock, probes };
			const found = await visitProfile(session, order).catch((error: unknown) => nothingTested(error, session));
			observed.set(profile, { ...found, profile });
			record(elapsedMs(clock, beganAt));
		},
		conclude: () => record(0),
	};
}

/** @throws the error, where it is none of the cluster's, or the run was ended */
function nothingTested(error: unknown, { signal, progress }: Session): Pick<Observed, "cells" | "changed"> {
	if (!(error instanceof ClusterError) || signal.aborted) throw error;
	progress({ kind: "note", text: `the probes could not look: ${error.message}` });
	const columns = probes.flatMap((probe) => probe.columns);
	return { cells: columns.map((column) => notTested(column, error.message)), changed: [] };
}
