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
	| { socket: string; clock: "client" }
	/** One end of a span of the kubelet's, the runtime's or the API server's own. */
	| { span: string; clock: StepClock };

/** One step of a cold start. In names, `<container>` and `<webhook>` stand for a name. */
export interface StepRow {
	/**
	 * Who has the fact: the request, the pod, each admission webhook that the pod went through, or each of its containers in
	 * the order in which kubelet starts them.
	 */
	of: "request" | "pod" | "webhook" | "container";
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
	/** Only a container whose image was pulled has the step, or only one whose image was there. */
	onlyIfPulled?: true;
	unlessPulled?: true;
	/** Only one of the two ways to the first byte has the step: by the ready endpoint, or by the activator's own probe. */
	way?: "endpoint" | "probe";
	/** It bounds clocks and is an event to expect, but no phase ends there. */
	isOffPath?: true;
	/** A finer step, which only the spans of these parts of the cluster tell. */
	finer?: TracedPart;
	/** A step that finer ones take the place of, where these parts' spans are known. */
	coarser?: TracedPart;
}

/** The API server, or kubelet with its container runtime: each is taken apart where its spans are whole. */
export type TracedPart = "apiserver" | "node";
