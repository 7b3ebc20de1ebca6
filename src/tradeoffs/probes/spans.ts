import { ClusterError } from "../../errors.ts";
import { isObject, numberOf, objectOf, objectsOf, textOf } from "../../kube/untrusted.ts";
import type { Session } from "../../kube/wait/task.ts";
import type { Hop } from "../../report/tradeoffs.ts";
import { oneLine } from "../../text/one-line.ts";

/** One span of a trace. */
export interface Span {
	id: string;
	parent: string | undefined;
	/** `service: operation`. */
	name: string;
	/** µs since 1970, of the clock of whoever wrote it. */
	startUs: number;
	durationUs: number;
}

/** Exporters hand their spans over in batches, Knative's each 5 s. */
const patienceMs = 15_000;
const gapMs = 1_000;
/** A trace that has not grown for so many looks is whole. */
const stillLooks = 3;

/**
 * The spans of a trace from the query API of Jaeger (`/api/traces/ID`), once no more come; none where the backend does
 * not know it.
 * @throws ClusterError where the backend does not answer as Jaeger does
 */
export async function spansOf({ clock, signal }: Session, backend: string, traceId: string): Promise<Span[]> {
	const deadlineAt = clock.now() + patienceMs;
	let spans: Span[] = [];
	for (let still = 0; still < stillLooks && clock.now() < deadlineAt; ) {
		const found = await look(backend, traceId, signal);
		still = found.length > 0 && found.length === spans.length ? still + 1 : 0;
		spans = found;
		await clock.sleep(gapMs, signal);
	}
	return spans;
}

/** What a backend may take for one answer, ms. */
const answerMs = 10_000;

async function look(backend: string, traceId: string, signal: AbortSignal): Promise<Span[]> {
	const url = `${backend.replace(/\/$/, "")}/api/traces/${traceId}`;
	let status: number;
	let text: string;
	try {
		const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(answerMs)]) });
		[status, text] = [response.status, await response.text()];
	} catch (error) {
		signal.throwIfAborted();
		throw unreadable(backend, (error as Error).message);
	}
	if (status === 404) return [];
	if (status !== 200) throw unreadable(backend, `HTTP ${status}: ${oneLine(text).slice(0, 100)}`);
	try {
		return parseTrace(JSON.parse(text));
	} catch {
		throw unreadable(backend, "the answer is no JSON");
	}
}

const unreadable = (backend: string, why: string) =>
	new ClusterError(`the traces at ${new URL(backend).origin} cannot be read: ${why}`, {
		hint: "--traces takes the address of Jaeger's query API, such as http://NODE:16686",
	});

/** The spans in an answer of Jaeger; what is no span is left out. */
export function parseTrace(answer: unknown): Span[] {
	const traces = isObject(answer) ? objectsOf(answer.data) : [];
	return traces.flatMap(({ spans, processes }) =>
		objectsOf(spans).flatMap((span) => {
			const [id, operation] = [textOf(span.spanID), textOf(span.operationName)];
			const [startUs, durationUs] = [numberOf(span.startTime), numberOf(span.duration)];
			if (id === undefined || startUs === undefined || durationUs === undefined) return [];
			const service = textOf(objectOf(objectOf(processes)[textOf(span.processID) ?? ""]).serviceName);
			const parent = objectsOf(span.references).find(({ refType }) => refType === "CHILD_OF");
			const name = oneLine([service ?? "a service", operation ?? "a span"].join(": "));
			return [{ id, parent: textOf(parent?.spanID), name, startUs, durationUs }];
		}),
	);
}

/** What the names of spans hold that is another for each pod or revision, and what stands in its place. */
export type Renaming = (name: string) => string;

/**
 * The spans below the client's own time, in order of time; undefined where there is none. What a span spends itself is
 * what none of those directly below it covers.
 */
export function hopsOfSpans(
	spans: readonly Span[],
	{ clientMs, renamed }: { clientMs: number; renamed: Renaming },
): Hop[] | undefined {
	const ids = new Set(spans.map(({ id }) => id));
	const below = (id: string | undefined) =>
		spans
			.filter(({ parent }) => (id === undefined ? parent === undefined || !ids.has(parent) : parent === id))
			.sort((a, b) => a.startUs - b.startUs);
	const roots = below(undefined);
	const [first] = roots;
	if (first === undefined) return undefined;
	const visited = new Set<string>();
	const hopsBelow = (span: Span, depth: number): Hop[] => {
		// Spans of others may name each other as parents.
		if (visited.has(span.id)) return [];
		visited.add(span.id);
		const children = below(span.id);
		const hop: Hop = {
			name: renamed(span.name),
			depth,
			startMs: (span.startUs - first.startUs) / 1000,
			totalMs: span.durationUs / 1000,
			ownMs: (span.durationUs - coveredUs(children)) / 1000,
		};
		return [hop, ...children.flatMap((child) => hopsBelow(child, depth + 1))];
	};
	const client: Hop = { name: "client", depth: 0, totalMs: clientMs, ownMs: clientMs - coveredUs(roots) / 1000 };
	return [client, ...roots.flatMap((root) => hopsBelow(root, 1))];
}

/** The length of what at least one of the spans covers, in order of their starts. */
function coveredUs(spans: readonly Span[]): number {
	let covered = 0;
	let until = Number.NEGATIVE_INFINITY;
	for (const { startUs, durationUs } of spans) {
		const end = startUs + durationUs;
		covered += Math.max(0, end - Math.max(startUs, until));
		until = Math.max(until, end);
	}
	return covered;
}
