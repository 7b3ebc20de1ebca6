import type { Entry, Untimed } from "../recording/entries.ts";
import type { Finding } from "../report/report.ts";
import { openPodStarts, type StartedPod } from "./pod-starts.ts";
import { isWhole, mostSpans, spansToKeep } from "./select.ts";
import type { TraceSource } from "./source.ts";

/** Asks for the traces of each pod when its sample is over, in the background, and never while a request is under way. */
export interface TraceAsking {
	/** Every entry of the recording. */
	add(entry: Entry): void;
	/** Waits for what is still to come, and says what never came. */
	done(): Promise<void>;
}

/** What it works with. */
export interface AskingParts {
	source: TraceSource;
	record(entry: Untimed): void;
	/** Real time that never goes back, ms. */
	now(): number;
	/** @returns after so many ms of real time */
	sleep(ms: number, signal: AbortSignal): Promise<void>;
	signal: AbortSignal;
}

/** A span is sent within some seconds: the exporters of Kubernetes and containerd do so every 5 s. */
const mostTries = 8;
const hastyTries = 2;
const patientFor = 2;
const betweenTriesMs = 2_000;
/** A look whether the request has been answered. */
const lookMs = 50;
/** After so many failures in a row, the backend is left alone. */
const mostFailures = 3;

/** A pod whose spans are still to come; those of several are waited for at the same time. */
interface Waiting {
	pod: StartedPod;
	tries: number;
	/** On the clock of {@link AskingParts.now}. */
	dueAt: number;
}

function earliest(waiting: readonly Waiting[]): Waiting | undefined {
	return waiting.reduce<Waiting | undefined>(
		(first, each) => (first && first.dueAt <= each.dueAt ? first : each),
		undefined,
	);
}

/** Opens it; it asks nothing yet. */
export function openTraceAsking(parts: AskingParts): TraceAsking {
	const starts = openPodStarts();
	const waiting: Waiting[] = [];
	const told: Told = { asked: 0, found: 0, whole: 0, givenUp: 0, leftOut: 0, failures: 0, error: undefined };
	let work: Promise<void> | undefined;

	async function askAll(): Promise<void> {
		for (let next = earliest(waiting); next !== undefined; next = earliest(waiting)) {
			if (parts.signal.aborted || told.failures >= mostFailures) return;
			const earlyMs = next.dueAt - parts.now();
			if (earlyMs > 0) await parts.sleep(earlyMs, parts.signal);
			while (starts.isMeasuring()) await parts.sleep(lookMs, parts.signal);
			waiting.splice(waiting.indexOf(next), 1);
			if (next.tries === 0) told.asked++;
			const tried = { ...next, tries: next.tries + 1 };
			if (await isOver(tried, parts, told)) continue;
			waiting.push({ ...tried, dueAt: parts.now() + betweenTriesMs });
		}
	}

	return {
		add(entry) {
			const pods = starts.add(entry);
			if (pods.length === 0) return;
			waiting.push(...pods.map((pod) => ({ pod, tries: 0, dueAt: parts.now() + betweenTriesMs })));
			work = (work ?? Promise.resolve()).then(askAll);
			// An end by the signal is the run's own.
			work.catch(() => {});
		},
		async done() {
			await work?.catch(() => {});
			if (parts.signal.aborted) return;
			for (const finding of findingsOf(parts.source.name, told)) parts.record({ kind: "finding", finding });
		},
	};
}

/** Asks once. @returns whether there is no use in asking for this pod again */
async function isOver({ pod, tries }: Waiting, parts: AskingParts, told: Told): Promise<boolean> {
	// Where the first pods' spans were never whole, the next ones' will not be: the run must not wait for them.
	const most = told.whole === 0 && told.givenUp >= patientFor ? hastyTries : mostTries;
	let spans: Awaited<ReturnType<TraceSource["spansOf"]>>;
	try {
		spans = await parts.source.spansOf(pod, parts.signal);
		told.failures = 0;
	} catch (error) {
		told.error = error as Error;
		return ++told.failures >= mostFailures || tries >= most;
	}
	const kept = spansToKeep(spans, pod);
	const whole = isWhole(kept.spans, pod.containers);
	if (!whole && tries < most && kept.leftOut === 0) return false;
	if (whole) told.whole++;
	else told.givenUp++;
	if (kept.spans.length === 0) return true;
	told.found++;
	told.leftOut += kept.leftOut;
	parts.record({ kind: "spans", pod: pod.uid, spans: kept.spans });
	return true;
}

/** What came of it so far. */
interface Told {
	asked: number;
	found: number;
	whole: number;
	/** Pods whose spans were not whole in the end. */
	givenUp: number;
	leftOut: number;
	failures: number;
	error: Error | undefined;
}

const howTo = "docs/traces.md says how to switch tracing on in kubelet, API server and container runtime";

/** Each kind of trouble once, whatever the number of pods. */
function findingsOf(name: string, { asked, found, whole, leftOut, failures, error }: Told): Finding[] {
	const findings: Finding[] = [];
	if (error !== undefined) {
		const end = failures >= mostFailures ? "; it was not asked again" : "";
		findings.push({
			code: "traces-failed",
			message: `${error.message}${end}`,
			hint: "phases without traces are coarser",
		});
	}
	if (asked > 0 && found === 0 && error === undefined) {
		findings.push({ code: "traces-missing", message: `${name} knows no span of any of ${asked} pods`, hint: howTo });
	} else if (whole < asked && error === undefined) {
		const message = `${name} knows all spans of ${whole} of ${asked} pods, and some of ${found - whole} more`;
		findings.push({ code: "traces-missing", message, hint: `the sampling rate must be 100 %; ${howTo}` });
	}
	if (leftOut > 0) {
		const message = `${name} has ${leftOut} more spans of a pod than the ${mostSpans} that a start can have`;
		findings.push({ code: "traces-many", message, hint: "something else writes spans into these traces" });
	}
	return findings;
}
