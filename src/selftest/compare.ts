import type { ColdStart, Measured, Report, Source } from "../model/report.ts";
import type { ClusterTruth, RequestInstant, TrueTime } from "../simulated/truth.ts";
import { type TruePath, truePathOf } from "./true-path.ts";

/** One measured time held against the true one. */
export interface Check {
	/** `profile, round 2`. */
	where: string;
	/** `instant started:queue-proxy`, `phase sandbox`, `total`. */
	what: string;
	source: Source;
	measured: Measured;
	trueMs: number;
	isHeld: boolean;
}

/** What a comparison found. */
export interface Comparison {
	checks: Check[];
	/** Sentences about what is wrong whatever the bounds are. */
	defects: string[];
	attempted: number;
	/** Cold starts with proof; the others have nothing that could be compared. */
	cold: number;
}

/** Times are rounded to the microsecond, and a duration is made of two of them. */
const roundingMs = 0.002;

/**
 * How long after the gateway had the answer its bytes may be seen by the client, in ms of real time. The cluster does not
 * know that; it is the time that this machine needs, which has no bound, but is never near a second.
 */
const wayMs = 200;

/** What is compared, and what with. */
export interface Measurement {
	report: Report;
	truth: ClusterTruth;
	/** Simulated seconds in a real one. */
	speed: number;
}

/** Holds every instant and phase of a report against what really happened. */
export function compareWithTruth({ report, truth, speed }: Measurement): Comparison {
	const found: Comparison = { checks: [], defects: [], attempted: 0, cold: 0 };
	for (const { profile, coldStarts } of report.profiles) {
		for (const start of coldStarts) {
			found.attempted++;
			if (start.outcome !== "cold") continue;
			found.cold++;
			const where = `${profile.name}, round ${start.round}`;
			const sentAt = nsOf(start.requestSentAt);
			const path = truePathOf(start, truth);
			if (path === undefined) found.defects.push(`${where}: the cluster knows no such request and pod`);
			else compareStart(start, { where, sentAt, path, wayMs: wayMs * speed }, found);
		}
	}
	return found;
}

interface Known {
	where: string;
	sentAt: TrueTime;
	path: TruePath;
	wayMs: number;
}

function compareStart(start: ColdStart, known: Known, found: Comparison): void {
	const { where, path } = known;
	if (!path.request.isCold) found.defects.push(`${where}: called cold, but there was a pod already`);
	if (!addsUp(start)) found.defects.push(`${where}: the phases and what is unattributed do not add up to the total`);
	const add = (check: Omit<Check, "where" | "source">) =>
		found.checks.push({ where, source: check.measured.source, ...check });
	for (const [name, measured] of Object.entries(start.instants)) {
		const what = `instant ${name}`;
		const trueMs = trueMsOf(name, known);
		if (trueMs === undefined) found.defects.push(`${where}: ${what} was measured, but never happened`);
		else if (isOwn(name))
			add({ what, measured, trueMs, isHeld: isOnItsWay(name, measured, { trueMs, wayMs: known.wayMs }) });
		else add({ what, measured, trueMs, isHeld: holds(measured, trueMs) });
	}
	for (const [name, measured] of Object.entries(start.phases)) {
		if (name === "unattributed" || name === "response") continue;
		const what = `phase ${name}`;
		const [fromMs, toMs] = (path.phases.get(name) ?? []).map((end) =>
			isOwn(end) ? start.instants[end]?.ms : trueMsOf(end, known),
		);
		if (fromMs === undefined || toMs === undefined) found.defects.push(`${where}: ${what} has no such ends`);
		else add({ what, measured, trueMs: toMs - fromMs, isHeld: holds(measured, toMs - fromMs) });
	}
}

const holds = ({ loMs, hiMs }: Measured, trueMs: number) => loMs - roundingMs <= trueMs && trueMs <= hiMs + roundingMs;

/**
 * What happened at the client's own socket, and when the gateway did its part of it. The cluster cannot know the first;
 * phases that end there are held against the client's own time, and that time against the gateway's.
 */
const gatewaysPart: Record<string, RequestInstant> = {
	"request-sent": "received",
	"first-byte": "answered",
	"last-byte": "answered",
};
const isOwn = (name: string) => name in gatewaysPart;

/** Milliseconds after the request. */
function trueMsOf(name: string, { path, sentAt }: Known): number | undefined {
	const part = gatewaysPart[name];
	const at = part === undefined ? path.instants.get(name) : path.request.instants[part];
	return at === undefined ? undefined : Number(at - sentAt) / 1e6;
}

function isOnItsWay(name: string, { loMs, hiMs }: Measured, limits: { trueMs: number; wayMs: number }): boolean {
	const { trueMs, wayMs } = limits;
	// Node tells that a request was sent when the gateway may have it already.
	if (name === "request-sent") return Math.abs(trueMs) <= wayMs;
	return trueMs <= hiMs && loMs <= trueMs + wayMs;
}

function addsUp({ phases, total }: ColdStart): boolean {
	const sum = Object.values(phases).reduce((all, { ms }) => all + ms, 0);
	return total !== undefined && Math.abs(sum - total.ms) < roundingMs;
}

/** RFC 3339 with nine digits, as reports have it. */
function nsOf(time: string): TrueTime {
	const [seconds = "", fraction = "0"] = time.replace("Z", "").split(".");
	return BigInt(Date.parse(`${seconds}Z`)) * 1_000_000n + BigInt(fraction.padEnd(9, "0"));
}
