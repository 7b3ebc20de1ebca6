import { changeOf, type Receipt } from "../facts/fact.ts";
import type { ContainerFacts, PodFacts } from "../facts/pod-facts.ts";
import { clientInstant, type Placing, placeFact } from "./instants.ts";
import { holdOrder, type Step } from "./order.ts";

/** What the client and the API's other objects saw of one cold start, on the client's clock. */
export interface Surroundings {
	sentAt: bigint;
	firstByteAt: bigint;
	lastByteAt: bigint;
	/** Whether the answer is the pod's. */
	isAnswered: boolean;
	/** The Deployment was asked for a pod. */
	scaled?: Receipt;
	/** The revision's private EndpointSlice held a ready address of the pod. */
	endpoint?: Receipt;
}

/**
 * The steps from the request to the answer's last byte, in the order in which one had to wait for the other. Two ways
 * lead to the answer: the activator finds the pod by probing it, before Kubernetes calls it Ready (`probing`), or it
 * waits for Ready and the endpoint (`readiness`, `endpoint`, `routing`): knative/serving pkg/activator/net.
 */
export function criticalPath(pod: PodFacts | undefined, around: Surroundings, placing: Placing): Step[] {
	const steps: Step[] = [
		{ instant: "request-sent", at: clientInstant(around.sentAt) },
		{ instant: "scaled", phase: "activation", at: placeFact("scaled", changeAt(around.scaled), placing) },
	];
	if (pod !== undefined) {
		steps.push({ instant: "pod-created", phase: "pod-creation", at: placeFact("pod-created", pod.created, placing) });
		steps.push({ instant: "scheduled", phase: "scheduling", at: placeFact("scheduled", pod.scheduled, placing) });
		steps.push(...containerSteps(pod.containers, placing));
	}
	steps.push(...answerSteps(pod, around, placing));
	return holdOrder(steps, placing.findings);
}

function containerSteps(containers: readonly ContainerFacts[], placing: Placing): Step[] {
	const steps: Step[] = [];
	let phaseBefore: string | undefined = "sandbox";
	let previous = "";
	for (const container of containers) {
		const { name } = container;
		const add = (what: string, phase: string, fact: ContainerFacts["started"]) =>
			steps.push({ instant: `${what}:${name}`, phase, at: placeFact(`${what}:${name}`, fact, placing) });
		// Where the container before holds nothing back, its start and this one's preparation are one phase.
		if (container.pulling !== undefined || container.wasPulled === true) {
			add("pulling", phaseBefore ?? `post-start-${previous}`, container.pulling);
			add("pulled", `pull-${name}`, container.pulled);
		} else if (phaseBefore !== undefined) add("pulled", phaseBefore, container.pulled);
		add("started", `start-${name}`, container.started);
		phaseBefore = undefined;
		previous = name;
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
	if (pod === undefined || !around.isAnswered) {
		// What the gateway waited for before it gave up is not known.
		return [{ instant: "pod-ready", at: undefined }, { instant: "first-byte", phase: "routing", at: firstByte }, last];
	}
	const ready = placeFact("pod-ready", pod.ready, placing);
	const endpoint = placeFact("endpoint-ready", changeAt(around.endpoint), placing);
	// Known before the answer, and not only likely so: the activator may have been quicker.
	const isWaitedFor = ready !== undefined && endpoint !== undefined && endpoint.bounds.hi < firstByte.point;
	if (!isWaitedFor) return [{ instant: "first-byte", phase: "probing", at: firstByte }, last];
	return [
		{ instant: "pod-ready", phase: "readiness", at: ready },
		{ instant: "endpoint-ready", phase: "endpoint", at: endpoint },
		{ instant: "first-byte", phase: "routing", at: firstByte },
		last,
	];
}

const changeAt = (receipt: Receipt | undefined) => (receipt === undefined ? undefined : changeOf(receipt));
