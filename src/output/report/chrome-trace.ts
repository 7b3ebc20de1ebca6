import type { Figures } from "../../analysis/figures.ts";
import { type ColdStart, ledgerOf, type ProfileRun } from "../../report/report.ts";
import { ledgerWords } from "../words/units.ts";
import { placedSpans } from "./placed-spans.ts";

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
 * Every attempt that has a total as a trace for Perfetto or chrome://tracing. A profile is a process. An attempt is a
 * thread with the request, the phases of its critical path below it, and the instants as marks; the talk's spans overlap,
 * so each has a thread of its own below that. All attempts begin at 0, so that they can be compared; `args` hold when the
 * request was really sent, the bounds and the source.
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
	let threads = 0;
	const newThread: NewThread = (named) => {
		const at = { pid, tid: ++threads };
		const naming: TraceEvent[] = [
			{ ph: "M", name: "thread_name", ...at, args: { name: named } },
			{ ph: "M", name: "thread_sort_index", ...at, args: { sort_index: at.tid } },
		];
		return { at, naming };
	};
	return [
		{ ph: "M", name: "process_name", pid, tid: 0, args: { name } },
		{ ph: "M", name: "process_labels", pid, tid: 0, args: { labels: ledgerWords(ledgerOf(coldStarts)) } },
		...starts.flatMap((start) => [...eventsOfStart(start, newThread), ...eventsOfSpans(start, newThread)]),
	];
}

type Thread = Pick<TraceEvent, "pid" | "tid">;
type NewThread = (named: string) => { at: Thread; naming: TraceEvent[] };

function eventsOfStart(start: ColdStart, newThread: NewThread): TraceEvent[] {
	const { round, outcome, counted, requestSentAt, total, phases, instants } = start;
	const { at, naming } = newThread(`round ${round}, ${outcome}${counted ? "" : ", not counted"}`);
	let endMs = 0;
	const slices = Object.entries(phases).map(([phase, { ms, ...args }]): TraceEvent => {
		const ts = micros(endMs);
		endMs += ms;
		return { ph: "X", name: phase, cat: "phase", ...at, ts, dur: micros(endMs) - ts, args };
	});
	const request: TraceEvent = { ph: "X", name: "request", cat: "total", ...at, ts: 0, dur: micros(total?.ms ?? 0) };
	return [
		...naming,
		{ ...request, args: { requestSentAt, pod: start.pods[0]?.name } },
		// A phase that comes out below zero within its bounds has no length to draw.
		...slices.filter(({ dur = 0 }) => dur > 0),
		...Object.entries(instants).map(([instant, { ms, ...args }]): TraceEvent => {
			return { ph: "i", s: "t", name: instant, cat: "instant", ...at, ts: micros(ms), args };
		}),
	];
}

function eventsOfSpans({ round, spans }: ColdStart, newThread: NewThread): TraceEvent[] {
	return placedSpans(spans).flatMap(({ name, fromMs, ms, ...args }) => {
		const { at, naming } = newThread(`round ${round}: ${name}`);
		return [...naming, { ph: "X", name, cat: "span", ...at, ts: micros(fromMs), dur: micros(ms), args }];
	});
}

const micros = (ms: number): number => Math.round(ms * 1000);
