/** Who the time of a phase goes to, and the colours that show it. */
export interface Owner {
	name: string;
	fill: string;
	/** Of letters on it. */
	ink: string;
}

/** Okabe and Ito's colours, which colour-blind people can tell apart, with white or black text. */
const rows = [
	{
		name: "Knative and the scheduler",
		fill: "#0072b2",
		ink: "#ffffff",
		of: /^(activation|pod-creation|pod-request|admission|etcd|scheduling)$/,
	},
	{
		name: "sandbox and images",
		fill: "#999999",
		ink: "#000000",
		of: /^(dispatch|volumes|sandbox|cni|pull-.*|image-check-.*)$/,
	},
	{
		name: "containers of Istio",
		fill: "#d55e00",
		ink: "#ffffff",
		of: /(-istio-(init|validation|proxy)|^webhook-.*istio.*)$/,
	},
	{
		name: "other containers",
		fill: "#009e73",
		ink: "#000000",
		of: /^(create|start|run|startup|notice|post-start|webhook)-/,
	},
	{ name: "ready to answered", fill: "#f0e442", ink: "#000000", of: /^(readiness|endpoint|routing|probing|response)$/ },
] as const;

/** Every owner, in the order of a cold start. */
export const owners: readonly Owner[] = rows;

/** Of a phase that none of them names, and of time that is not attributed. */
export const unknownOwner = { fill: "#ffffff", ink: "#000000" };

/** Who a phase of the critical path belongs to. */
export function ownerOf(phase: string): Owner | undefined {
	return rows.find(({ of }) => of.test(phase));
}

/** Whether a phase is about one of Istio's containers. */
export const isOfIstio = (phase: string): boolean => ownerOf(phase)?.name === "containers of Istio";
