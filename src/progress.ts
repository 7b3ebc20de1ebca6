import type { Finding } from "./report/report.ts";

/** What long work tells whoever watches it; drawn on stderr, never part of the result. */
export type ProgressEvent =
	/** A new step begins, such as `installing minimal`; it replaces the one before. */
	| { kind: "step"; text: string }
	/** What the step waits for now, such as `Deployment istio-system/istiod: 0 of 1 ready`. */
	| { kind: "detail"; text: string }
	/** A line that stays. */
	| { kind: "note"; text: string }
	/** Something the reader of the result must know. */
	| { kind: "finding"; finding: Finding };

export type Progress = (event: ProgressEvent) => void;
