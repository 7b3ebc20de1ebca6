import { type ContainerFactName, type PodFactName, type StepClock, type StepRow, steps } from "../../report/steps.ts";

/** The clocks that write a pod's times, by their names in reports. */
export type Clocks = Record<StepClock, string>;

export const clocksOf = (node = "?"): Clocks => ({
	client: "client",
	apiserver: "apiserver",
	scheduler: "scheduler",
	node: `node/${node}`,
});

/** What the table of steps reads from the pod's conditions. */
export const conditionFacts = steps.flatMap(({ of, fact, from = [] }: StepRow) =>
	from.flatMap((origin) =>
		of === "pod" && "condition" in origin
			? [{ fact: fact as PodFactName, type: origin.condition, clock: origin.clock }]
			: [],
	),
);

type EventFact = { reason: string; clock: StepClock } & (
	| { of: "pod"; fact: PodFactName }
	| { of: "container"; fact: ContainerFactName }
);

/** What the table of steps reads from Events about the pod and its containers. */
export const eventFacts = steps.flatMap(({ of, fact, from = [] }: StepRow) =>
	from.flatMap((origin) =>
		"event" in origin ? [{ of, fact, reason: origin.event, clock: origin.clock } as EventFact] : [],
	),
);
