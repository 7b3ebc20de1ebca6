/** A phase, span or the total, as the help and the README list it. `<container>` stands for any container's name. */
export interface PhaseDescription {
	name: string;
	kind: "total" | "span" | "phase";
	/** From where to where. */
	text: string;
}

/** Every figure that a cold start may have, in the order of time. The only place that describes them. */
export const phaseDescriptions: readonly PhaseDescription[] = [
	{ name: "total", kind: "total", text: "request sent → last byte of the answer" },
	{ name: "endpoint_wait", kind: "span", text: "request sent → the revision's private endpoints hold a ready address" },
	{ name: "pod_creating", kind: "span", text: "first watch event of the pod → first with Ready, or the request's end" },
	{
		name: "container_startup_<container>",
		kind: "span",
		text: "first status that names the container → ready, or ended for an init container; holds those before it",
	},
	{ name: "activation", kind: "phase", text: "request sent → the Deployment asks for a pod" },
	{ name: "pod-creation", kind: "phase", text: "→ the pod exists; the sidecar's injection is in here" },
	{ name: "scheduling", kind: "phase", text: "→ the pod has a node" },
	{ name: "sandbox", kind: "phase", text: "→ kubelet turns to the first container: sandbox, network, CNI plugins" },
	{ name: "pull-<container>", kind: "phase", text: "→ its image has been pulled; only where it was not there" },
	{ name: "start-<container>", kind: "phase", text: "→ the container has been created and started" },
	{ name: "run-<container>", kind: "phase", text: "→ the init container has ended" },
	{ name: "startup-<container>", kind: "phase", text: "→ the sidecar's startup probe has passed" },
	{ name: "notice-<container>", kind: "phase", text: "→ kubelet has noticed and turns to the next container" },
	{
		name: "post-start-<container>",
		kind: "phase",
		text: "→ kubelet turns to the next container, held back by a postStart hook or an image",
	},
	{ name: "readiness", kind: "phase", text: "last container started → the pod is Ready" },
	{ name: "endpoint", kind: "phase", text: "→ the ready address is in the endpoints" },
	{ name: "routing", kind: "phase", text: "→ first byte of the answer, by way of the endpoint" },
	{
		name: "probing",
		kind: "phase",
		text: "last container started → first byte, where the activator's own probe found the pod before it was Ready",
	},
	{ name: "response", kind: "phase", text: "first byte → last byte" },
	{ name: "unattributed", kind: "phase", text: "time around instants that nothing measured" },
];

const patterns = phaseDescriptions.map(
	({ name }) => new RegExp(`^${name.replace("<container>", "(?<container>[a-z0-9]([-a-z0-9]*[a-z0-9])?)")}$`),
);

/** Whether a figure of this name can occur. */
export function isPhase(name: string): boolean {
	return patterns.some((pattern) => pattern.test(name));
}

/** The container that a phase or span is about; undefined for the others. */
export function containerOf(name: string): string | undefined {
	return patterns.map((pattern) => pattern.exec(name)?.groups?.container).find((found) => found !== undefined);
}

/** Names to propose for a mistyped one: with the containers that every profile may have. */
export const usualPhases: readonly string[] = phaseDescriptions.flatMap(({ name }) =>
	name.includes("<container>")
		? ["istio-init", "istio-validation", "istio-proxy", "queue-proxy", "user-container"].map((container) =>
				name.replace("<container>", container),
			)
		: [name],
);
