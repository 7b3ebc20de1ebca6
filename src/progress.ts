import type { Finding } from "./report/report.ts";

/** What long work tells whoever watches it; drawn on stderr, never part of the result. */
export type ProgressEvent =
	/** A new step begins, such as `installing minimal`; it replaces the one before. */
	| { kind: "step"; text: string }
	/** What the step waits for now, such as `Deployment istio-system/istiod: 0 of 1 ready`. */
	| { kind: "detail"; text: string }
	/** The step can be watched until the next one begins: a terminal asks for its state again and again. */
	| { kind: "watch"; look(): ColdStartView | undefined }
	/** A line that stays. */
	| { kind: "note"; text: string }
	/** Something the reader of the result must know. */
	| { kind: "finding"; finding: Finding };

export type Progress = (event: ProgressEvent) => void;

/** A cold start under way, for people: times are milliseconds. What is not known is left out. */
export interface ColdStartView {
	/** Which profile and round, such as `full: cold start 3 of 10`. */
	title: string;
	/** Since the request was sent; once it is answered, how long that took. */
	elapsedMs: number;
	/** The median of this profile's cold starts so far. */
	usualMs?: number;
	/** What the client got, such as `HTTP 200`; undefined while it waits. */
	answer?: string;
	/** Until the end of the run. */
	leftMs?: number;
	/** In the order in which kubelet starts them; empty before the pod is there. */
	containers: readonly ContainerView[];
	/** Why the pod does not get on, in kubelet's words. */
	trouble?: string;
	waiting?: WaitingView;
}

/** A container of the pod that is starting. */
export interface ContainerView {
	name: string;
	/** `done` is ready, or ended for an init container. */
	state: "waiting" | "running" | "done";
	/** When it came into this state, after the request was sent. */
	sinceMs?: number;
}

/** What a cold start waits for. */
export interface WaitingView {
	/** Its name in tables and budgets, such as `startup-istio-proxy`. */
	phase: string;
	/** What has happened when it is over. */
	until: string;
	forMs: number;
	/** The median of this phase in the profile's cold starts so far. */
	usualMs?: number;
}
