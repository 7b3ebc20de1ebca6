import type { Finding } from "../model/report.ts";
import { clientInstant, type Instant, type Placing, placeFact } from "./instants.ts";
import { type Interval, intersect, middle, width } from "./interval.ts";
import type { ContainerFacts, PodFacts } from "./pod-facts.ts";

/** A step of the critical path: an instant, and the phase that ends there. */
export interface Step {
	instant: string;
	/** Undefined for the first step. */
	phase?: string;
	at: Instant | undefined;
}

/** What the client and the API's other objects saw of one cold start, on the client's clock. */
export interface Surroundings {
	sentAt: bigint;
	firstByteAt: bigint;
	lastByteAt: bigint;
	/** The Deployment was asked for a pod. */
	scaledReceivedAt?: bigint;
	/** The revision's private EndpointSlice held a ready address. */
	endpointReceivedAt?: bigint;
}

/**
 * The steps from the request to the answer's last byte, in the order in which one had to wait for the other. Two ways
 * lead to the answer: the activator finds the pod by probing it, before Kubernetes calls it Ready (`probing`), or it
 * waits for Ready and the endpoint (`readiness`, `endpoint`, `routing`): knative/serving pkg/activator/net.
 */
export function criticalPath(pod: PodFacts | undefined, around: Surroundings, placing: Placing): Step[] {
	const place = (name: string, receivedAt: bigint | undefined) => placeFact(name, published(receivedAt), placing);
	const steps: Step[] = [
		{ instant: "request-sent", at: clientInstant(around.sentAt) },
		{ instant: "scaled", phase: "activation", at: place("scaled", around.scaledReceivedAt) },
	];
	if (pod !== undefined) {
		steps.push({ instant: "pod-created", phase: "pod-creation", at: placeFact("pod-created", pod.created, placing) });
		steps.push({ instant: "scheduled", phase: "scheduling", at: placeScheduled(pod, placing) });
		steps.push(...containerSteps(pod.containers, placing));
	}
	steps.push(...answerSteps(pod, around, placing));
	return holdOrder(steps, placing.findings);
}

/**
 * The scheduler's Event has microseconds of a clock that little is known of; the change of the pod has the watch's lag.
 * They lie a millisecond apart, and the sharper one is taken.
 */
function placeScheduled(pod: PodFacts, placing: Placing): Instant | undefined {
	const event = placeFact("scheduled", pod.scheduled, placing);
	const bound = placeFact("scheduled", pod.bound, placing);
	if (event === undefined || bound === undefined) return event ?? bound;
	return width(event.bounds) < width(bound.bounds) ? event : bound;
}

function containerSteps(containers: readonly ContainerFacts[], placing: Placing): Step[] {
	const steps: Step[] = [];
	let phaseBefore: string | undefined = "sandbox";
	for (const container of containers) {
		const { name } = container;
		const add = (what: string, phase: string, fact: ContainerFacts["started"]) =>
			steps.push({ instant: `${what}:${name}`, phase, at: placeFact(`${what}:${name}`, fact, placing) });
		// Where the container before holds nothing back, its start and this one's preparation are one phase.
		if (container.pulling !== undefined) {
			add("pulling", phaseBefore ?? `start-${name}`, container.pulling);
			add("pulled", `pull-${name}`, container.pulled);
		} else if (phaseBefore !== undefined) add("pulled", phaseBefore, container.pulled);
		add("started", `start-${name}`, container.started);
		phaseBefore = undefined;
		if (container.role === "init") {
			add("finished", `run-${name}`, container.finished);
			phaseBefore = `notice-${name}`;
		} else if (container.role === "sidecar") {
			add("startup-passed", `startup-${name}`, container.startupPassed);
			phaseBefore = `notice-${name}`;
		} else if (container.holdsNext) phaseBefore = `post-start-${name}`;
	}
	return steps;
}

function answerSteps(pod: PodFacts | undefined, around: Surroundings, placing: Placing): Step[] {
	const firstByte = clientInstant(around.firstByteAt);
	const last: Step = { instant: "last-byte", phase: "response", at: clientInstant(around.lastByteAt) };
	const ready = placeFact("pod-ready", pod?.ready, placing);
	const endpoint = placeFact("endpoint-ready", published(around.endpointReceivedAt), placing);
	const isWaitedFor = ready !== undefined && endpoint !== undefined && endpoint.point < firstByte.point;
	if (!isWaitedFor) return [{ instant: "first-byte", phase: "probing", at: firstByte }, last];
	return [
		{ instant: "pod-ready", phase: "readiness", at: ready },
		{ instant: "endpoint-ready", phase: "endpoint", at: endpoint },
		{ instant: "first-byte", phase: "routing", at: firstByte },
		last,
	];
}

const published = (receivedAt: bigint | undefined) =>
	receivedAt === undefined ? undefined : { receivedAt, isPublication: true };

/** Each step waited for the one before: bounds are cut to what that order allows, in both directions. */
function holdOrder(steps: Step[], findings: Finding[]): Step[] {
	const cut = (step: Step, limits: Interval): Step => {
		if (step.at === undefined) return step;
		const bounds = intersect(step.at.bounds, limits);
		if (bounds === undefined) {
			findings.push({
				code: "unresolved",
				message: `${step.instant} lies outside of what comes before and after it`,
				hint: "the order of causes is not as knistio takes it, or a clock was set during the run",
			});
			return { ...step, at: undefined };
		}
		const point = step.at.point < bounds.lo || step.at.point > bounds.hi ? middle(bounds) : step.at.point;
		return { ...step, at: { ...step.at, bounds, point } };
	};
	const max = 2n ** 63n;
	let lo = -max;
	const forward = steps.map((step) => {
		const next = cut(step, { lo, hi: max });
		if (next.at !== undefined) lo = next.at.bounds.lo;
		return next;
	});
	let hi = max;
	const backward = forward.reverse().map((step) => {
		const next = cut(step, { lo: -max, hi });
		if (next.at !== undefined) hi = next.at.bounds.hi;
		return next;
	});
	return orderPoints(backward.reverse());
}

/** Best guesses keep the order too: of two that do not, the one that is known less well gives way. */
function orderPoints(steps: Step[]): Step[] {
	const placed = steps.flatMap(({ at }) => (at === undefined ? [] : [at]));
	for (let pass = 0; pass < placed.length; pass++) {
		for (const [index, next] of placed.entries()) {
			const before = placed[index - 1];
			if (before === undefined || before.point <= next.point) continue;
			if (width(before.bounds) > width(next.bounds)) before.point = next.point;
			else next.point = before.point;
		}
	}
	return steps;
}
