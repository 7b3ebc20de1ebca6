import { get } from "../../context/http.ts";
import { ClusterError, UsageError } from "../../errors.ts";
import type { Session } from "../../kube/wait/task.ts";
import type { RecordedSpan } from "../../recording/spans.ts";
import type { Hop } from "../../report/tradeoffs.ts";
import { oneLine } from "../../text/one-line.ts";
import { jaegerTrace } from "../../traces/jaeger.ts";

/** One span of a trace, as a hop is made of it. */
interface Span {
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
export async function spansOf({ clock, signal }: Session, backend: string, traceId: string): Promise<RecordedSpan[]> {
	const deadlineAt = clock.now() + patienceMs;
	let spans: RecordedSpan[] = [];
	for (let still = 0; still < stillLooks && clock.now() < deadlineAt; ) {
		const found = await look(backend, traceId, signal);
		still = found.length > 0 && found.length === spans.length ? still + 1 : 0;
		spans = found;
		await clock.sleep(gapMs, signal);
	}
	return spans;
}

/** @throws ClusterError, which is one column that cannot be tested, and no end of the others */
async function look(backend: string, traceId: string, signal: AbortSignal): Promise<RecordedSpan[]> {
	try {
		return await jaegerTrace(backend, traceId, { get, signal });
	} catch (error) {
		signal.throwIfAborted();
		if (!(error instanceof UsageError)) throw error;
		throw new ClusterError(error.message, {
			cause: error,
			hint: "--traces takes the address of Jaeger's query API, such as http://NODE:16686",
		});
	}
}

/** What the names of spans hold that is another for each pod or revision, and what stands in its place. */
export type Renaming = (name: string) => string;

/**
 * The spans below the client's own time, in order of time; undefined where there is none. What a span spends itself is
 * what none of those directly below it covers.
 */
export function hopsOfSpans(
	recorded: readonly RecordedSpan[],
	{ clientMs, renamed }: { clientMs: number; renamed: Renaming },
): Hop[] | undefined {
	const spans = recorded.map(inMicroseconds);
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

function inMicroseconds({ id, parent, service, name, fromNs, toNs }: RecordedSpan): Span {
	const [from, to] = [BigInt(fromNs), BigInt(toNs)];
	return {
		id,
		parent,
		name: oneLine([service === "" ? "a service" : service, name].join(": ")),
		startUs: Number(from / 1000n),
		durationUs: Number((to - from) / 1000n),
	};
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
