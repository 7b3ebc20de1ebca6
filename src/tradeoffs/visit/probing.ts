import { ClusterError } from "../../errors.ts";
import { notTested } from "../cells.ts";
import type { Findings, Probe, Visit } from "../probes/probe.ts";

/** What a probe found, and how long it took. */
export interface Probed extends Findings {
	title: string;
	tookMs: number;
}

/**
 * Runs all probes: those that would be disturbed one after the other, and then the lanes of the others at the same time.
 * What one of them may not look at is "not tested".
 * @returns in the order of the probes
 * @throws what ends the visit; all that was under way has ended, and has put back what it changed
 */
export async function runProbes(visit: Visit, probes: readonly Probe[]): Promise<Probed[]> {
	const found = new Map<Probe, Probed>();
	const begun = new Map<Probe, Probe["run"]>();
	for (const probe of probes) {
		// What cannot begin says so in its turn.
		const run = await probe.begin?.(visit).catch((error: unknown) => () => Promise.reject(error));
		if (run !== undefined) begun.set(probe, run);
	}
	const runAll = async (some: readonly Probe[]) => {
		for (const probe of some) found.set(probe, await runProbe(visit, probe, begun.get(probe)));
	};
	await runAll(probes.filter(({ lane }) => lane === undefined));
	const lanes = new Set(probes.flatMap(({ lane }) => lane ?? []));
	const ended = await Promise.allSettled([...lanes].map((lane) => runAll(probes.filter((each) => each.lane === lane))));
	for (const each of ended) if (each.status === "rejected") throw each.reason;
	return probes.flatMap((probe) => found.get(probe) ?? []);
}

async function runProbe(visit: Visit, probe: Probe, begun: Probe["run"] | undefined): Promise<Probed> {
	const { profile, session } = visit;
	const { title } = probe;
	session.signal.throwIfAborted();
	session.progress({ kind: "step", text: `${profile.name}: ${title}` });
	const beganAt = session.clock.now();
	const findings = await (begun ?? probe.run)(visit).catch((error: unknown) => unlookedAt(visit, probe, error));
	return { ...findings, title, tookMs: session.clock.now() - beganAt };
}

function unlookedAt({ session }: Visit, { columns }: Probe, error: unknown): Findings {
	session.signal.throwIfAborted();
	if (!(error instanceof ClusterError)) throw error;
	return { cells: columns.map((column) => notTested(column, error.message)), changed: [] };
}
