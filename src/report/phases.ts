import { nameFor, steps } from "./steps.ts";

/** A phase, span or the total, as the help and the README list it. `<container>` and `<webhook>` stand for any name. */
export interface PhaseDescription {
	name: string;
	/** A finer phase is a part of a phase, and known only where the cluster sends traces of its nodes or API server. */
	kind: "total" | "span" | "phase" | "finer phase";
	/** From where to where. */
	text: string;
}

/** Every figure that a cold start may have, in the order of time. The phases are those of the table of steps. */
export const phaseDescriptions: readonly PhaseDescription[] = [
	{ name: "total", kind: "total", text: "request sent → last byte of the answer" },
	{ name: "endpoint_wait", kind: "span", text: "request sent → the revision's private endpoints hold a ready address" },
	{ name: "pod_creating", kind: "span", text: "first watch event of the pod → first with Ready, or the request's end" },
	{
		name: "container_startup_<container>",
		kind: "span",
		text: "first status that names the container → ready, or ended for an init container; holds those before it",
	},
	...steps.flatMap(({ phase, text, finer }) =>
		phase === undefined || text === undefined
			? []
			: [{ name: phase, kind: finer === undefined ? ("phase" as const) : ("finer phase" as const), text }],
	),
	{ name: "unattributed", kind: "phase", text: "time around instants that nothing measured" },
];

const patterns = phaseDescriptions.map(
	({ name }) =>
		new RegExp(
			`^${name
				.replace("<container>", "(?<container>[a-z0-9]([-a-z0-9]*[a-z0-9])?)")
				.replace("<webhook>", "(?<webhook>[a-z0-9]([-.a-z0-9]*[a-z0-9])?)")}$`,
		),
);

/** The description of a figure of this name; undefined where none can occur. */
export function textOfPhase(name: string): string | undefined {
	return phaseDescriptions[patterns.findIndex((pattern) => pattern.test(name))]?.text;
}

/** Whether a figure of this name can occur. */
export function isPhase(name: string): boolean {
	return patterns.some((pattern) => pattern.test(name));
}

/**
 * Whether a phase is the whole in `phases`, and in `finer` only what the finer phases beside it leave: the same name,
 * another time. Those who judge use the whole, and must say so where a table may show the other.
 */
export function isNarrowedByFiner(name: string): boolean {
	return name === "sandbox" || /^start-./.test(name);
}

/** Whether only traces tell of this phase. */
export function isFinerPhase(name: string): boolean {
	return phaseDescriptions[patterns.findIndex((pattern) => pattern.test(name))]?.kind === "finer phase";
}

/** The container that a phase or span is about; undefined for the others. */
export function containerOf(name: string): string | undefined {
	return patterns.map((pattern) => pattern.exec(name)?.groups?.container).find((found) => found !== undefined);
}

/** What has happened when a phase ends, in a few words; its name where the list says nothing. */
export function endOf(phase: string): string {
	const text = phaseDescriptions[patterns.findIndex((pattern) => pattern.test(phase))]?.text;
	return text?.replace(/^.*→ /, "").replace(/[,;:].*$/, "") ?? phase;
}

const usualContainers = ["istio-init", "istio-validation", "istio-proxy", "queue-proxy", "user-container"];

/** Names to propose for a mistyped one: with the containers that every profile may have. */
export const usualPhases: readonly string[] = phaseDescriptions.flatMap(({ name }) => {
	if (name.includes("<webhook>")) return [nameFor(name, "istio-sidecar-injector")];
	if (!name.includes("<container>")) return [name];
	return usualContainers.map((container) => nameFor(name, container));
});
