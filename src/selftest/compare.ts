import type { ColdStart, Measured, ProfileRun, Report, Source } from "../report/report.ts";
import type { ClusterTruth, RequestInstant, TrueTime } from "../simulator/world/truth.ts";
import { clockDefects } from "./clocks.ts";
import { type TruePath, truePathOf } from "./true-path.ts";

/** One measured time held against the true one. */
export interface Check {
	/** `profile, round 2`. */
	where: string;
	/** `instant started:queue-proxy`, `phase sandbox`, `finer phase volumes`. */
	what: string;
	source: Source;
	measured: Measured;
	/** Two times between which the true one lies: the simulation knows its changes only as well as it was punctual. */
	truth: Range;
	isHeld: boolean;
}

/** Milliseconds, both ends included. */
export interface Range {
	loMs: number;
	hiMs: number;
}

/** How far a measured time is from the true one. */
export function errorMs({ measured: { ms }, truth: { loMs, hiMs } }: Check): number {
	return ms < loMs ? loMs - ms : ms > hiMs ? ms - hiMs : 0;
}

/** What a comparison found. */
export interface Comparison {
	checks: Check[];
	/** Sentences about what is wrong whatever the bounds are. */
	defects: string[];
	attempted: number;
	/** Cold starts with proof; the others have nothing that could be compared, and {@link unmeasured} says why. */
	cold: number;
	unmeasured: string[];
}

/** Times are rounded to the microsecond, and a duration is made of two of them. */
const roundingMs = 0.002;

/**
 * How long after the gateway had the answer its bytes may be seen by the client, in ms of real time. The cluster does not
 * know that; it is the time that this machine needs, which has no bound, but is hardly ever a second.
 */
const wayMs = 1_000;

/** What is compared, and what with. */
export interface Measurement {
	report: Report;
	truth: ClusterTruth;
	/** Simulated seconds in a real one. */
	speed: number;
}

/** Holds every instant, phase and clock of a report against what really happened. */
export function compareWithTruth({ report, truth, speed }: Measurement): Comparison {
	const found: Comparison = { checks: [], defects: [], attempted: 0, cold: 0, unmeasured: [] };
	for (const run of report.profiles) {
		for (const { where, start } of startsOf(run)) {
			found.attempted++;
			if (start.outcome !== "cold") {
				found.unmeasured.push(`${where}: ${start.outcome}, ${start.reason}`);
				continue;
			}
			found.cold++;
			const sentAt = nsOf(start.requestSentAt);
			const path = truePathOf(start, truth);
			if (path === undefined) found.defects.push(`${where}: the cluster knows no such request and pod`);
			else compareStart(start, { where, sentAt, path, wayMs: wayMs * speed }, found);
		}
	}
	found.defects.push(...clockDefects(report, truth));
	return found;
}

/** The cold starts of one service, those of each burst, and those among idle services. */
function startsOf({
	profile,
	coldStarts,
	bursts = [],
	crowds = [],
}: ProfileRun): { where: string; start: ColdStart }[] {
	const { name } = profile;
	const alone = coldStarts.map((start) => ({ where: `${name}, round ${start.round}`, start }));
	const inBursts = bursts.flatMap(({ size, number, coldStarts: all }) =>
		all.map((start, index) => ({ where: `${name}, burst ${number} of ${size}, service ${index + 1}`, start })),
	);
	const inCrowds = crowds.flatMap(({ size, coldStarts: all }) =>
		all.map((start) => ({ where: `${name}, round ${start.round} among ${size}`, start })),
	);
	return [...alone, ...inBursts, ...inCrowds];
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
	const add = (check: Omit<Check, "where" | "source"> & { source?: Source }) =>
		found.checks.push({ where, source: check.measured.source, ...check });
	for (const [name, measured] of Object.entries(start.instants)) {
		const what = `instant ${name}`;
		const truth = truthOf(name, known);
		if (truth === undefined) found.defects.push(`${where}: ${what} was measured, but never happened`);
		else
			add({
				what,
				measured,
				truth,
				isHeld: isOwn(name) ? isOnItsWay(name, measured, { truth, wayMs: known.wayMs }) : holds(measured, truth),
			});
	}
	comparePhases(start, known, found);
}

/** The phases, and the finer ones that traces told. */
function comparePhases(start: ColdStart, known: Known, found: Comparison): void {
	const { where, path } = known;
	const kinds = [
		{ kind: "phase", measured: start.phases, ends: path.phases, isFiner: false },
		{ kind: "finer phase", measured: start.finer ?? {}, ends: path.finer, isFiner: true },
	];
	for (const { kind, measured: all, ends: ofPath, isFiner } of kinds) {
		for (const [name, measured] of Object.entries(all)) {
			if (name === "unattributed" || name === "response") continue;
			const what = `${kind} ${name}`;
			const pieces = ofPath.get(name) ?? [];
			const truth = sumOf(pieces.map((ends) => durationOf(ends, start, known)));
			if (truth === undefined) {
				found.defects.push(`${where}: ${what} has no such ends`);
				continue;
			}
			// A duration holds as a rule if one of its ends does, whichever is the less precise of them.
			const isByWatch = pieces.flat().some((end) => sourceOf(end, start, { path, isFiner }) === "watch");
			const source = isByWatch ? "watch" : measured.source;
			found.checks.push({ where, what, measured, truth, isHeld: holds(measured, truth), source });
		}
	}
}

/** The coarser phases of a start with traces are estimated without them; the change of the API was seen by the watch. */
function sourceOf(end: string, { instants }: ColdStart, { path, isFiner }: { path: TruePath; isFiner: boolean }) {
	const source = instants[end]?.source;
	return source === "trace" && !isFiner && path.changes.has(end) ? "watch" : source;
}

function durationOf(ends: readonly [from: string, to: string], start: ColdStart, known: Known): Range | undefined {
	const [from, to] = ends.map((end) => {
		const own = start.instants[end]?.ms;
		return isOwn(end) && own !== undefined ? { loMs: own, hiMs: own } : truthOf(end, known);
	});
	if (from === undefined || to === undefined) return undefined;
	return { loMs: to.loMs - from.hiMs, hiMs: to.hiMs - from.loMs };
}

/** Of a phase in several pieces; undefined without any, and where one is not known. */
function sumOf(pieces: readonly (Range | undefined)[]): Range | undefined {
	let sum: Range | undefined;
	for (const piece of pieces) {
		if (piece === undefined) return undefined;
		sum = { loMs: (sum?.loMs ?? 0) + piece.loMs, hiMs: (sum?.hiMs ?? 0) + piece.hiMs };
	}
	return sum;
}

const holds = (measured: Range, truth: Range) =>
	measured.loMs - roundingMs <= truth.hiMs && truth.loMs <= measured.hiMs + roundingMs;

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
function truthOf(name: string, { path, sentAt }: Known): Range | undefined {
	const part = gatewaysPart[name];
	const at = part === undefined ? undefined : path.request.instants[part];
	const instant = at === undefined ? path.instants.get(name) : { at, visibleAt: at };
	if (instant === undefined) return undefined;
	return { loMs: Number(instant.at - sentAt) / 1e6, hiMs: Number(instant.visibleAt - sentAt) / 1e6 };
}

function isOnItsWay(name: string, measured: Measured, { truth, wayMs }: { truth: Range; wayMs: number }): boolean {
	// Node tells that a request was sent when the gateway may have it already.
	if (name === "request-sent") return Math.abs(truth.loMs) <= wayMs;
	return truth.loMs <= measured.hiMs && measured.loMs <= truth.loMs + wayMs;
}

function addsUp({ phases, finer = phases, total }: ColdStart): boolean {
	return [phases, finer].every((all) => {
		const sum = Object.values(all).reduce((sum, { ms }) => sum + ms, 0);
		return total !== undefined && Math.abs(sum - total.ms) < roundingMs;
	});
}

/** RFC 3339 with nine digits, as reports have it. */
function nsOf(time: string): TrueTime {
	const [seconds = "", fraction = "0"] = time.replace("Z", "").split(".");
	return BigInt(Date.parse(`${seconds}Z`)) * 1_000_000n + BigInt(fraction.padEnd(9, "0"));
}
