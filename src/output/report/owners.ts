/** Who the time goes to. Okabe and Ito's colours, which colour-blind people can tell apart, with white or black text. */
export const owners = [
	{ name: "Knative and the scheduler", fill: "#0072b2", ink: "#ffffff", of: /^(activation|pod-creation|scheduling)$/ },
	{ name: "sandbox and images", fill: "#999999", ink: "#000000", of: /^(sandbox|pull-.*)$/ },
	{ name: "containers of Istio", fill: "#d55e00", ink: "#ffffff", of: /-istio-(init|validation|proxy)$/ },
	{ name: "other containers", fill: "#009e73", ink: "#000000", of: /^(start|run|startup|notice|post-start)-/ },
	{ name: "ready to answered", fill: "#f0e442", ink: "#000000", of: /^(readiness|endpoint|routing|probing|response)$/ },
] as const;

/** Whether a phase is about one of Istio's containers. */
export const isOfIstio = (phase: string): boolean => owners[2].of.test(phase);

/** Of a phase that none of them names, and of time that is not attributed. */
export const unknownOwner = { fill: "#ffffff", ink: "#000000" };
