/** Whose clock writes a time: knistio's own, or that of a part of the cluster. */
export type StepClock = "client" | "apiserver" | "scheduler" | "node";

/** What an instant is read from. Events and conditions are read by this table alone, the others by code. */
export type Origin =
	/** The reason of an Event about the pod or the container; `isOptional` where not every pod has it. */
	| { event: string; clock: StepClock; isOptional?: true }
	/** A condition of the pod that becomes True. */
	| { condition: string; clock: StepClock }
	/** A field of the pod, or the first change of an object that shows it. */
	| { field: string; clock: StepClock }
	/** Knistio's own socket. */
	| { socket: string; clock: "client" };

/** One step of a cold start. In names, `<container>` stands for the name of a container. */
export interface StepRow {
	/** Who has the fact: the request, the pod, or each of its containers in the order in which kubelet starts them. */
	of: "request" | "pod" | "container";
	/** The instant at which the step ends; without one, at the first step of the next container. */
	instant?: string;
	/** The phase that ends there; without one, whichever leads to the container. */
	phase?: string;
	/** The phase for users: what has happened when it ends. */
	text?: string;
	/** Where `timing` keeps the fact: the name of a field of the request's, the pod's or the container's facts. */
	fact?: string;
	from?: readonly Origin[];
	/** Only containers of these roles have the step; without it, all have. */
	roles?: readonly ("init" | "sidecar" | "app")[];
	/** Only a container whose image was pulled has the step. */
	onlyIfPulled?: true;
	/** Only one of the two ways to the first byte has the step: by the ready endpoint, or by the activator's own probe. */
	way?: "endpoint" | "probe";
	/** It bounds clocks and is an event to expect, but no phase ends there. */
	isOffPath?: true;
}

/** The instant at which the talk's span `pod_creating` begins. */
export const podCreated = "pod-created";

/**
 * Every step of a cold start in the order in which one waits for the other: its instant, the phase that ends there, and
 * what it is read from. The critical path, the expected events, the bounds of the clocks and the help come from here.
 */
const table = [
	{ of: "request", instant: "request-sent", fact: "sentAt", from: [{ socket: "finish", clock: "client" }] },
	{
		of: "request",
		instant: "scaled",
		phase: "activation",
		text: "request sent → the Deployment asks for a pod",
		fact: "scaled",
		from: [{ field: "Deployment spec.replicas", clock: "client" }],
	},
	{
		of: "pod",
		instant: podCreated,
		phase: "pod-creation",
		text: "→ the pod exists; the sidecar's injection is in here",
		fact: "created",
		from: [{ field: "metadata.creationTimestamp", clock: "apiserver" }],
	},
	{
		of: "pod",
		instant: "scheduled",
		phase: "scheduling",
		text: "→ the pod has a node",
		fact: "scheduled",
		from: [
			{ field: "spec.nodeName", clock: "client" },
			{ event: "Scheduled", clock: "scheduler" },
			{ condition: "PodScheduled", clock: "apiserver" },
		],
	},
	{ of: "pod", phase: "sandbox", text: "→ kubelet turns to the first container: sandbox, network, CNI plugins" },
	{
		of: "container",
		instant: "pulling:<container>",
		fact: "pulling",
		from: [{ event: "Pulling", clock: "node", isOptional: true }],
		onlyIfPulled: true,
	},
	{
		of: "container",
		instant: "pulled:<container>",
		phase: "pull-<container>",
		text: "→ its image has been pulled; only where it was not there",
		fact: "pulled",
		from: [{ event: "Pulled", clock: "node" }],
	},
	{
		of: "container",
		instant: "created:<container>",
		fact: "created",
		from: [{ event: "Created", clock: "node" }],
		isOffPath: true,
	},
	{
		of: "container",
		instant: "started:<container>",
		phase: "start-<container>",
		text: "→ the container has been created and started",
		fact: "started",
		from: [
			{ event: "Started", clock: "node" },
			{ field: "state.running.startedAt", clock: "node" },
		],
	},
	{
		of: "container",
		instant: "finished:<container>",
		phase: "run-<container>",
		text: "→ the init container has ended",
		fact: "finished",
		from: [{ field: "state.terminated.finishedAt", clock: "node" }],
		roles: ["init"],
	},
	{
		of: "container",
		instant: "startup-passed:<container>",
		phase: "startup-<container>",
		text: "→ the sidecar's startup probe has passed",
		fact: "startupPassed",
		from: [{ field: "started", clock: "client" }],
		roles: ["sidecar"],
	},
	{
		of: "container",
		phase: "notice-<container>",
		text: "→ kubelet has noticed and turns to the next container",
		roles: ["init", "sidecar"],
	},
	{
		of: "container",
		phase: "post-start-<container>",
		text: "→ kubelet turns to the next container, held back by a postStart hook or an image",
		roles: ["app"],
	},
	{
		of: "pod",
		instant: "pod-ready",
		phase: "readiness",
		text: "last container started → the pod is Ready",
		fact: "ready",
		from: [{ condition: "Ready", clock: "node" }],
		way: "endpoint",
	},
	{
		of: "request",
		instant: "endpoint-ready",
		phase: "endpoint",
		text: "→ the ready address is in the endpoints",
		fact: "endpoint",
		from: [{ field: "EndpointSlice endpoints", clock: "client" }],
		way: "endpoint",
	},
	{
		of: "request",
		instant: "first-byte",
		phase: "routing",
		text: "→ first byte of the answer, by way of the endpoint",
		fact: "firstByteAt",
		from: [{ socket: "first data", clock: "client" }],
		way: "endpoint",
	},
	{
		of: "request",
		instant: "first-byte",
		phase: "probing",
		text: "last container started → first byte, where the activator's own probe found the pod before it was Ready",
		fact: "firstByteAt",
		from: [{ socket: "first data", clock: "client" }],
		way: "probe",
	},
	{
		of: "request",
		instant: "last-byte",
		phase: "response",
		text: "first byte → last byte",
		fact: "lastByteAt",
		from: [{ socket: "end", clock: "client" }],
	},
] as const satisfies readonly StepRow[];

/** {@link StepRow}s in the order of time. */
export const steps: readonly StepRow[] = table;

type FactOf<Owner extends StepRow["of"]> = Extract<(typeof table)[number], { of: Owner; fact: string }>["fact"];
/** The facts of a pod and of a container that the steps name: who adds a step adds a fact. */
export type PodFactName = FactOf<"pod">;
export type ContainerFactName = FactOf<"container">;
export type RequestFactName = FactOf<"request">;

/** A name of the table for one container. */
export const nameFor = (name: string, container: string) => name.replace("<container>", container);
