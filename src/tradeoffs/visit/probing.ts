import { ClusterError } from "../../errors.ts";
import type { Took } from "../../report/tradeoffs.ts";
import { notTested } from "../cells.ts";
import type { Begun, Findings, Probe, Shared, Visit } from "../probes/probe.ts";
import { openShares } from "./shares.ts";

/** What a probe found, and its part of the visit's time. */
export interface Probed extends Findings {
	part: Took["parts"][number];
}

/** When what. */
export interface Schedule {
	/** Of the visit, on the session's clock. */
	beganAt: number;
	/** Until what the probe needs is there, or surely not. */
	untilReady(probe: Probe): Promise<void>;
	/** Ends what else is under way, before the probes that run alone. */
	beforeAlone(): Promise<void>;
}

/**
 * Runs all probes: first those that do not run alone, each as soon as what it needs is there and nobody who shares
 * something with it runs, then the others one after the other. What one of them may not look at is "not tested".
 * @returns in the order of the probes
 * @throws what ends the visit; all that was under way has ended, and has put back what it changed
 */
export async function runProbes(visit: Visit, probes: readonly Probe[], schedule: Schedule): Promise<Probed[]> {
	const found = new Map<Probe, Probed>();
	const begun = new Map<Probe, Begun>();
	const run = async (probe: Probe, look: Probe["run"]) => {
		found.set(probe, await runProbe(visit, probe, { look, beganAt: schedule.beganAt }));
	};
	const usual = (probe: Probe) => begun.get(probe)?.run ?? probe.run;
	const shares = openShares<Shared>();
	try {
		await all(probes, async (probe) => {
			const started = await probe.begin?.(visit).catch((error: unknown) => failing(error));
			if (started !== undefined) begun.set(probe, started);
		});
		await all(probes, async (probe) => {
			if (probe.alone === true || usual(probe) === undefined) return;
			await schedule.untilReady(probe);
			await shares.holding(probe.shares ?? [], () => run(probe, usual(probe)));
		});
		await all(probes, schedule.untilReady);
		await all([...begun.values()], async ({ whenQuiet }) => whenQuiet?.());
		await schedule.beforeAlone();
		for (const probe of probes) if (probe.alone === true) await run(probe, usual(probe));
		await all(probes, async (probe) => {
			const conclude = begun.get(probe)?.conclude;
			if (conclude !== undefined) await run(probe, conclude);
		});
	} finally {
		await all([...begun.values()], async ({ end }) => end?.());
	}
	return probes.flatMap((probe) => found.get(probe) ?? []);
}

/** What cannot begin says so in its turn. */
const failing = (error: unknown): Begun => ({ run: () => Promise.reject(error) });

/** Does it for all at the same time. @throws the first error, when all have ended */
async function all<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
	const ended = await Promise.allSettled(items.map(work));
	for (const each of ended) if (each.status === "rejected") throw each.reason;
}

async function runProbe(
	visit: Visit,
	probe: Probe,
	{ look, beganAt }: { look: Probe["run"]; beganAt: number },
): Promise<Probed> {
	const { profile, session } = visit;
	const { title } = probe;
	session.signal.throwIfAborted();
	session.progress({ kind: "step", text: `${profile.name}: ${title}` });
	const from = session.clock.now();
	const findings = await look?.(visit).catch((error: unknown) => unlookedAt(visit, probe, error));
	const part = { title, fromMs: from - beganAt, ms: session.clock.now() - from };
	return { cells: [], changed: [], ...findings, part };
}

function unlookedAt({ session, profile }: Visit, { columns, title }: Probe, error: unknown): Findings {
	session.signal.throwIfAborted();
	if (!(error instanceof ClusterError)) throw error;
	if (columns.length === 0) {
		session.progress({ kind: "note", text: `${profile.name}: ${title} is not there: ${error.message}` });
	}
	return { cells: columns.map((column) => notTested(column, error.message)), changed: [] };
}
