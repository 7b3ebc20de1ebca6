import { clientNow, clientTime, realMs } from "../../clock/client-clock.ts";
import { pause } from "../../clock/pause.ts";
import type { Cluster } from "../../kube/api/cluster.ts";
import type { Untimed } from "../../recording/entries.ts";
import type { ClockProbe } from "./probe.ts";

/** Bounds on a clock's offset (its time minus the client's), in nanoseconds. */
interface Bracket {
	lo: bigint;
	hi: bigint;
}

/** What a probe needs of the world. */
export interface ProbeOptions {
	/** The client's time, ns since the epoch, of a reading of `process.hrtime`. */
	timeOf(hrtime: bigint): bigint;
	/** The client's time now. */
	now(): bigint;
	signal: AbortSignal;
	/** For so many milliseconds of the client's time. */
	sleep?(ms: number): Promise<void>;
	/** At most so many requests, about one a second. */
	probes?: number;
	/** Narrow enough to stop. */
	enoughNs?: bigint;
}

const secondNs = 1_000_000_000n;

/** Asks the API server, and each node through it, for the time in the `Date` header of answers. */
export const probeDates: ClockProbe = async ({ cluster, clock, signal, record }, nodes) => {
	const options = {
		now: () => clientNow(clock),
		timeOf: (hrtime: bigint) => clientTime(clock, hrtime),
		sleep: (ms: number) => pause(realMs(clock, ms), signal),
		signal,
	};
	const targets = [
		{ clock: "apiserver", path: "/version" },
		...nodes.map((node) => ({ clock: `node/${node}`, path: `/api/v1/nodes/${node}/proxy/healthz` })),
	];
	await Promise.all(
		targets.map(async (target) => {
			const entry = await probeClock(cluster, target, options).catch(() => undefined);
			if (entry !== undefined) record(entry);
		}),
	);
};

/**
 * Brackets the offset of the clock that writes the `Date` header of a path's answers. One answer tells the second; each
 * further request is aimed so that the header flips in the middle of what is still possible, which halves it, down to
 * the time that a request takes.
 * @returns undefined when the path does not answer with a Date
 */
export async function probeClock(
	cluster: Pick<Cluster, "raw">,
	target: { clock: string; path: string },
	options: ProbeOptions,
): Promise<Untimed | undefined> {
	const { timeOf, signal, now, sleep = pause, probes = 14, enoughNs = 2_000_000n } = options;
	let bracket: Bracket | undefined;
	let fastestNs: bigint | undefined;
	for (let count = 0; count < probes && !(bracket !== undefined && bracket.hi - bracket.lo < enoughNs); count++) {
		if (bracket !== undefined) await sleep(untilFlip(bracket, now() + (fastestNs ?? 0n) / 2n));
		const answer = await cluster.raw("GET", target.path, { signal, timeoutMs: 5_000 });
		const second = Date.parse(String(answer.headers.date)) / 1000;
		// Any other status may be the word of something in between, which has a clock of its own.
		if (answer.status !== 200 || !Number.isInteger(second)) return undefined;
		const tookNs = answer.answeredAt - answer.sentAt;
		if (fastestNs === undefined || tookNs < fastestNs) fastestNs = tookNs;
		// The header was written between sending and answering, and names the second in which that was.
		const from = BigInt(second) * secondNs;
		const next = { lo: from - timeOf(answer.answeredAt), hi: from + secondNs - timeOf(answer.sentAt) };
		bracket = bracket === undefined ? next : tighter(bracket, next);
	}
	if (bracket === undefined) return undefined;
	return {
		kind: "clock",
		clock: target.clock,
		loNs: bracket.lo.toString(),
		hiNs: bracket.hi.toString(),
		method: "http-date",
	};
}

/** An answer that contradicts the others (a clock was set) starts anew. */
function tighter(a: Bracket, b: Bracket): Bracket {
	const lo = a.lo > b.lo ? a.lo : b.lo;
	const hi = a.hi < b.hi ? a.hi : b.hi;
	return lo <= hi ? { lo, hi } : b;
}

/**
 * Milliseconds until the other clock, if it is in the middle of its bracket, begins a second.
 * @param now plus half of the time that an answer takes, which is when the header is written
 */
function untilFlip({ lo, hi }: Bracket, now: bigint): number {
	const there = now + (lo + hi) / 2n;
	const waitNs = secondNs - (((there % secondNs) + secondNs) % secondNs);
	return Number(waitNs) / 1e6;
}
