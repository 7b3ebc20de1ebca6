import { type StepRow, steps } from "../../report/steps.ts";
import type { Fact } from "../facts/fact.ts";
import { containerFact, type PodFacts, podFact } from "../facts/pod-facts.ts";

const firstOfContainers = steps.findIndex((row) => row.of === "container");
const lastOfContainers = steps.findLastIndex((row) => row.of === "container");

/** The table in three parts: before the containers, once for each of them, and after. */
export const stages = {
	before: steps.slice(0, firstOfContainers),
	container: steps.slice(firstOfContainers, lastOfContainers + 1),
	after: steps.slice(lastOfContainers + 1),
};

/** Whether a pod has the step: finer ones take the place of coarser ones where its spans are known. */
export const isStepOf = ({ finer, coarser }: StepRow, pod: Pick<PodFacts, "traced"> | undefined): boolean =>
	(finer === undefined || pod?.traced?.includes(finer) === true) &&
	(coarser === undefined || pod?.traced?.includes(coarser) !== true);

/** Every fact that the table names of a pod, apart from those of spans, known or not, in the order in which they happen. */
export function factsInOrder(pod: PodFacts): { row: StepRow; fact: Fact | undefined }[] {
	const ofPod = (rows: readonly StepRow[]) =>
		rows.flatMap((row) =>
			row.of === "pod" && row.finer === undefined && row.fact !== undefined
				? [{ row, fact: podFact(pod, row.fact) }]
				: [],
		);
	const ofContainers = pod.containers.flatMap((container) =>
		stages.container.flatMap((row) =>
			row.fact === undefined || row.finer !== undefined ? [] : [{ row, fact: containerFact(container, row.fact) }],
		),
	);
	return [...ofPod(stages.before), ...ofContainers, ...ofPod(stages.after)];
}

/**
 * Events seen of those that the pod must have had: kubelet writes some for every container, and the scheduler one for
 * the pod. An event that was seen gave its fact a precise reading.
 */
export function countEvents(pod: PodFacts | undefined): { seen: number; expected: number } {
	if (pod === undefined) return { seen: 0, expected: 0 };
	const facts = factsInOrder(pod).filter(({ row }) => isExpected(row));
	return { seen: facts.filter(({ fact }) => fact?.reading !== undefined).length, expected: facts.length };
}

const isExpected = ({ from = [] }: StepRow) =>
	from.some((origin) => "event" in origin && origin.isOptional === undefined);
