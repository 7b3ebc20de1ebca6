import { nameFor, type RequestFactName, type StepRow, type WebhookFactName } from "../../report/steps.ts";
import { changeOf, type Fact, type Receipt } from "../facts/fact.ts";
import { type ContainerFacts, containerFact, type PodFacts, podFact } from "../facts/pod-facts.ts";
import { clientInstant, type Instant, type Placing, placeFact } from "./instants.ts";
import { isStepOf, stages } from "./known-facts.ts";
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
 * The steps from the request to the answer's last byte, in the order in which one had to wait for the other, as the
 * table in report/steps.ts has them. Two ways lead to the answer: the activator finds the pod by probing it, before
 * Kubernetes calls it Ready, or it waits for Ready and the endpoint: knative/serving pkg/activator/net.
 */
export function criticalPath(pod: PodFacts | undefined, around: Surroundings, placing: Placing): Step[] {
	const known: Known = { pod, around, placing };
	const before = stages.before.filter(
		(row) => isStepOf(row, pod) && (row.of !== "pod" || (pod !== undefined && !isLeftOut(row, pod))),
	);
	const beforeContainers = before.flatMap((row, index) => {
		if (row.of !== "webhook") return stepOf(row, placeRow(row, known));
		// All steps of one webhook come before those of the next.
		return before[index - 1]?.of === "webhook" ? [] : webhookSteps(before, known);
	});
	const containers = pod === undefined ? [] : containerSteps(pod.containers, pod);
	const placed = containers.map(({ fact, ...step }) => ({ ...step, at: placeFact(step.instant, fact, placing) }));
	return holdOrder([...beforeContainers, ...placed, ...answerSteps(known)], placing.findings);
}

interface Known {
	pod: PodFacts | undefined;
	around: Surroundings;
	placing: Placing;
}

const stepOf = ({ instant, phase }: StepRow, at: Instant | undefined): Step[] =>
	instant === undefined ? [] : [{ instant, ...(phase === undefined ? {} : { phase }), at }];

/** What spans need not tell, such as CNI plugins that have none, is no step. */
const isLeftOut = ({ finer, fact = "" }: StepRow, pod: PodFacts) =>
	finer !== undefined && podFact(pod, fact) === undefined;

function webhookSteps(before: readonly StepRow[], { pod, placing }: Known): Step[] {
	const rows = before.filter(({ of }) => of === "webhook");
	return (pod?.webhooks ?? []).flatMap((webhook) =>
		rows.flatMap((row) => {
			const named = {
				...row,
				instant: nameFor(row.instant ?? "", webhook.name),
				...(row.phase === undefined ? {} : { phase: nameFor(row.phase, webhook.name) }),
			};
			return stepOf(named, placeFact(named.instant, webhook[row.fact as WebhookFactName], placing));
		}),
	);
}

function placeRow({ of, instant, fact = "" }: StepRow, { pod, around, placing }: Known): Instant | undefined {
	if (instant === undefined) return undefined;
	if (of === "pod") return placeFact(instant, pod && podFact(pod, fact), placing);
	const at = around[fact as RequestFactName];
	if (typeof at === "bigint") return clientInstant(at);
	return placeFact(instant, at && changeOf(at), placing);
}

/** What lies between the end of one container's steps and the next container's first. */
interface HandOver {
	phase: string;
	/** Where the container before holds nothing back, its start and the next one's preparation are one phase. */
	holds: boolean;
}

/** A step of a container: its instant, the phase that ends there, and the fact, which is not placed in time yet. */
export interface ContainerStep {
	instant: string;
	phase?: string;
	fact: Fact | undefined;
}

/**
 * The steps of a pod's containers in the order in which kubelet goes through them.
 * @param pod whose spans, if there are any, give finer steps
 */
export function containerSteps(
	containers: readonly ContainerFacts[],
	pod: Pick<PodFacts, "traced"> = {},
): ContainerStep[] {
	const steps: ContainerStep[] = [];
	let handOver = handOverIn(stages.before);
	for (const container of containers) {
		const rows = stages.container.filter((row) => isStepOf(row, pod) && (row.roles?.includes(container.role) ?? true));
		for (const row of rows) {
			if (row.instant === undefined || !isOnPath(row, container)) continue;
			const name = nameFor(row.instant, container.name);
			let phase = row.phase && nameFor(row.phase, container.name);
			if (handOver !== undefined) {
				const isWithinNext = (phase !== undefined || row.finer !== undefined) && !handOver.holds;
				phase = handOver.phase;
				handOver = undefined;
				if (isWithinNext) continue;
			}
			const fact = containerFact(container, row.fact ?? "");
			steps.push({ instant: name, ...(phase === undefined ? {} : { phase }), fact });
		}
		handOver = handOverIn(rows, container);
	}
	return steps;
}

function isOnPath({ isOffPath, onlyIfPulled, unlessPulled }: StepRow, { pulling, wasPulled }: ContainerFacts): boolean {
	if (isOffPath === true) return false;
	const isPulled = pulling !== undefined || wasPulled === true;
	return (onlyIfPulled === undefined || isPulled) && (unlessPulled === undefined || !isPulled);
}

function handOverIn(rows: readonly StepRow[], container?: ContainerFacts): HandOver | undefined {
	const phase = rows.findLast(({ instant }) => instant === undefined)?.phase;
	if (phase === undefined) return undefined;
	if (container === undefined) return { phase, holds: true };
	return { phase: nameFor(phase, container.name), holds: container.role !== "app" || container.holdsNext };
}

function answerSteps(known: Known): Step[] {
	const { pod, around } = known;
	const isByPod = pod !== undefined && around.isAnswered;
	const placed = stages.after.map((row) => {
		// What the gateway waited for before it gave up is not known.
		const isKnown = isByPod || (row.of === "request" && row.fact !== "endpoint");
		return { row, at: isKnown ? placeRow(row, known) : undefined };
	});
	const at = (instant: string) => placed.find(({ row }) => row.instant === instant)?.at;
	const [ready, endpoint] = [at("pod-ready"), at("endpoint-ready")];
	// Known before the answer, and not only likely so: the activator may have been quicker.
	const isWaitedFor = ready !== undefined && endpoint !== undefined && endpoint.bounds.hi < around.firstByteAt;
	const way = isByPod && !isWaitedFor ? "probe" : "endpoint";
	return placed.filter(({ row }) => (row.way ?? way) === way).flatMap(({ row, at }) => stepOf(row, at));
}
