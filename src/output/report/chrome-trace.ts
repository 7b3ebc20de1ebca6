import type { Figures } from "../../analysis/figures.ts";
import type { ColdStart, ProfileRun } from "../../report/report.ts";

/** An event of the Trace Event Format; times are microseconds. */
interface TraceEvent {
	ph: "X" | "i" | "M";
	name: string;
	pid: number;
	tid: number;
	ts?: number;
	dur?: number;
	s?: "t";
	cat?: string;
	args?: Record<string, unknown>;
}

/**
 * Every attempt that has a total as a trace for Perfetto or chrome://tracing: a process for each profile, a thread for
 * each attempt, with the request, the phases of its critical path below it, and the instants as marks. All attempts begin
 * at 0, so that they can be compared; `args` hold when the request was really sent, the bounds and the source.
 */
export function renderChromeTrace({ report }: Figures): string {
	const traceEvents = report.profiles.flatMap((run, index) => eventsOfProfile(run, index + 1));
	const { knistio, startedAt, simulated } = report;
	const otherData = { knistio, startedAt, ...(simulated !== undefined && { simulated: simulated.model }) };
	return `${JSON.stringify({ displayTimeUnit: "ms", otherData, traceEvents }, undefined, 1)}\n`;
}

function eventsOfProfile({ profile, coldStarts }: ProfileRun, pid: number): TraceEvent[] {
	const starts = coldStarts.filter(({ total }) => total !== undefined);
	const name = profile.title === undefined ? profile.name : `${profile.name}: ${profile.title}`;
	return [
		{ ph: "M", name: "process_name", pid, tid: 0, args: { name } },
		...starts.flatMap((start, index) => eventsOfStart(start, pid, index + 1)),
	];
}

function eventsOfStart(start: ColdStart, pid: number, tid: number): TraceEvent[] {
	const { round, outcome, counted, requestSentAt, total, phases, instants } = start;
	const name = `round ${round}, ${outcome}${counted ? "" : ", not counted"}`;
	const at = { pid, tid };
	let endMs = 0;
	const slices = Object.entries(phases).map(([phase, { ms, ...args }]): TraceEvent => {
		const ts = micros(endMs);
		endMs += ms;
		return { ph: "X", name: phase, cat: "phase", ...at, ts, dur: micros(endMs) - ts, args };
	});
	const request: TraceEvent = { ph: "X", name: "request", cat: "total", ...at, ts: 0, dur: micros(total?.ms ?? 0) };
	return [
		{ ph: "M", name: "thread_name", ...at, args: { name } },
		{ ...request, args: { requestSentAt, pod: start.pods[0]?.name } },
		// A phase that comes out below zero within its bounds has no length to draw.
		...slices.filter(({ dur = 0 }) => dur > 0),
		...Object.entries(instants).map(([instant, { ms, ...args }]): TraceEvent => {
			return { ph: "i", s: "t", name: instant, cat: "instant", ...at, ts: micros(ms), args };
		}),
	];
}

const micros = (ms: number): number => Math.round(ms * 1000);
