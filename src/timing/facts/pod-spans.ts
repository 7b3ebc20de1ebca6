import { type RecordedSpan, spanNames } from "../../recording/spans.ts";
import type { Finding } from "../../report/report.ts";
import type { TracedPart } from "../../report/steps.ts";
import { type Interval, intersect } from "../clocks/interval.ts";
import { eventLagNs, type Fact, factBounds, type Reading } from "./fact.ts";
import { type ContainerCalls, nodeCalls } from "./node-calls.ts";
import type { ContainerFacts, PodFacts, WebhookFacts } from "./pod-facts.ts";
import { beginOf, endOf, incomplete, type SpanProblem, type SpanTree, spanTree } from "./span-tree.ts";
import { clocksOf } from "./step-origins.ts";

/** A pod with what its spans say, and what is wrong with them; without spans that are of use, the pod itself. */
export interface TracedPod {
	pod: PodFacts;
	findings: Finding[];
}

/**
 * Reads what the API server, kubelet and the container runtime say of a pod's start. Each part is used where its spans
 * are whole and agree with the pod's events, and left out otherwise: half of it would give a phase to the wrong step.
 */
export function withSpans(pod: PodFacts, spans: readonly RecordedSpan[]): TracedPod {
	const tree = spanTree(spans);
	const findings: Finding[] = [];
	let traced = pod;
	for (const read of [fromApiServer, fromNode]) {
		const result = read(traced, tree);
		if ("problem" in result) findings.push(notUsed(result));
		else traced = result;
	}
	return { pod: traced, findings };
}

function notUsed({ code, problem }: SpanProblem): Finding {
	const hint =
		code === "traces-incomplete"
			? "coarser phases are used; the sampling rate must be 100 %, and every part must send its spans (docs/traces.md)"
			: "coarser phases are used; the spans may be of another cluster, or of a clock that was set";
	return { code, message: problem, hint };
}

type Result = PodFacts | SpanProblem;
const withPart = (pod: PodFacts, part: TracedPart, facts: Partial<PodFacts>): PodFacts => ({
	...pod,
	...facts,
	traced: [...(pod.traced ?? []), part],
});

type InSpan = Partial<Pick<Reading, "receivedAt" | "usually">>;
const spanOf = (clock: string, bounds: Interval, more: InSpan = {}): Fact => ({
	reading: { clock, bounds, source: "trace", receivedAt: 0n, ...more },
});

function fromApiServer(pod: PodFacts, tree: SpanTree): Result {
	const { namespace = "" } = pod.object.metadata;
	const key = `/pods/${namespace}/${pod.name}`;
	const store = tree.all.find(
		({ name, attributes, isFailed }) => name === spanNames.store && attributes?.key === key && isFailed !== true,
	);
	if (store === undefined) return incomplete("no span of the API server tells of the pod's creation");
	const request = tree.above(store).at(-1);
	if (request === undefined) return incomplete("the span of the request that created the pod is missing");
	const { apiserver } = clocksOf();
	const webhooks = webhooksIn(tree, store).map(
		({ name, called, answered }): WebhookFacts => ({
			name,
			called: spanOf(apiserver, beginOf(called)),
			answered: spanOf(apiserver, endOf(answered)),
		}),
	);
	// Stored in between: the watch may tell of it before the request knows.
	const stored = { lo: beginOf(store).lo, hi: endOf(store).hi };
	return withPart(pod, "apiserver", {
		requested: spanOf(apiserver, beginOf(request)),
		webhooks,
		etcdAsked: spanOf(apiserver, beginOf(store)),
		created: { ...pod.created, ...spanOf(apiserver, stored) },
	});
}

interface WebhookCall {
	name: string;
	called: RecordedSpan;
	answered: RecordedSpan;
}

const webhookName = /^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/;

/** The calls before the pod was stored, in their order; several of one configuration in a row are one. */
function webhooksIn(tree: SpanTree, store: RecordedSpan): WebhookCall[] {
	const calls: WebhookCall[] = [];
	for (const span of tree.all) {
		const name = span.attributes?.configuration ?? "";
		const isBefore = span.trace === store.trace && BigInt(span.toNs) <= BigInt(store.fromNs);
		if (span.name !== spanNames.webhook || !isBefore || !webhookName.test(name)) continue;
		const last = calls.at(-1);
		// Mutating webhooks are called one after the other; anything else is not understood, and stays in `admission`.
		if (last !== undefined && BigInt(span.fromNs) < BigInt(last.answered.toNs)) continue;
		if (last?.name === name) last.answered = span;
		else
			calls.push({
				name: calls.some((call) => call.name === name) ? `${name}-again` : name,
				called: span,
				answered: span,
			});
	}
	return calls.filter(({ name }, index) => calls.findIndex((call) => call.name === name) === index);
}

function fromNode(pod: PodFacts, tree: SpanTree): Result {
	const calls = nodeCalls(pod, tree);
	if ("problem" in calls) return calls;
	const clock = clocksOf(pod.node).node;
	const containers: ContainerFacts[] = [];
	for (const container of pod.containers) {
		const own = calls.containers.get(container.name);
		if (own === undefined) return incomplete(`the spans do not tell of ${container.name}`);
		const traced = tracedContainer(container, own, clock);
		if ("problem" in traced) return traced;
		containers.push(traced);
	}
	if (areAllLate(pod, containers)) {
		const problem = "every event was written long after the call of its span had returned";
		return { code: "traces-contradict", problem };
	}
	const { sync, sandbox, network } = calls;
	return withPart(pod, "node", {
		containers,
		syncBegun: spanOf(clock, beginOf(sync)),
		sandboxAsked: spanOf(clock, beginOf(sandbox)),
		...(network === undefined
			? {}
			: {
					networkAsked: spanOf(clock, beginOf(network.first)),
					networkReady: spanOf(clock, endOf(network.last)),
				}),
	});
}

function tracedContainer(
	container: ContainerFacts,
	calls: ContainerCalls,
	clock: string,
): ContainerFacts | SpanProblem {
	const { check, pull, create } = calls;
	const readings = {
		turnedTo: beginOf(check),
		...(pull === undefined ? {} : { pulling: beginOf(pull) }),
		pulled: endOf(pull ?? check),
		created: endOf(create),
		started: startedIn(calls, container.started?.reading),
	};
	const { pulling: _, ...facts } = container;
	const traced: ContainerFacts = { ...facts, ...(pull === undefined ? {} : { wasPulled: true }) };
	for (const [key, bounds] of Object.entries(readings) as [keyof typeof readings, Interval][]) {
		const fact = key === "turnedTo" ? undefined : container[key];
		const problem = contradictionOf(fact?.reading, bounds, clock);
		if (problem !== undefined) return { code: "traces-contradict", problem: `${key}:${container.name}: ${problem}` };
		// The whole second of a status is of the moment before the call returned.
		const { imprecise: __, ...rest } = fact ?? {};
		const isTask = key === "started" && calls.task !== undefined;
		const more: InSpan = { receivedAt: fact?.reading?.receivedAt ?? 0n, ...(isTask ? { usually: "at-begin" } : {}) };
		traced[key] = { ...rest, ...spanOf(clock, bounds, more) };
	}
	return traced;
}

/**
 * When the process was started: the runtime has it started, writes that down, and answers kubelet, some 5 ms later.
 * Where the runtime sends no span of its own, the event, which is written after the answer, says more than the call.
 */
function startedIn({ start, task }: ContainerCalls, event: Reading | undefined): Interval {
	const call = { lo: beginOf(start).lo, hi: endOf(start).hi };
	if (task !== undefined) return { lo: endOf(task).lo, hi: call.hi };
	if (event === undefined || event.source === "status") return call;
	return intersect(call, factBounds(event)) ?? call;
}

/** One event may be late, but where none is prompt the spans are of another clock. */
function areAllLate(pod: PodFacts, traced: readonly ContainerFacts[]): boolean {
	const lags = pod.containers.flatMap((container, index) =>
		(["pulled", "created", "started"] as const).flatMap((key) => {
			const [event, call] = [container[key]?.reading, traced[index]?.[key]?.reading];
			const isSharp = event !== undefined && event.source !== "status" && event.clock === call?.clock;
			return isSharp && call !== undefined ? [event.bounds.lo - call.bounds.hi] : [];
		}),
	);
	return lags.length > 0 && lags.every((lag) => lag > eventLagNs);
}

/** So much later than the call an event may be written on a node that has much to do. */
const latestEventNs = 100n * eventLagNs;

/** An event is written after its call has returned, and soon. */
function contradictionOf(event: Reading | undefined, call: Interval, clock: string): string | undefined {
	if (event === undefined || event.clock !== clock || event.source === "status") return undefined;
	const isBefore = event.bounds.hi < call.lo;
	if (!isBefore && event.bounds.lo <= call.hi + latestEventNs) return undefined;
	const ms = Number(event.bounds.lo - call.hi) / 1e6;
	return `its event was written ${Math.abs(ms).toFixed(1)} ms ${ms < 0 ? "before" : "after"} the call of its span had returned`;
}
