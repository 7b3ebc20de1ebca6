/** The costs and benefits of the talk's table, in its order. */
export type TalkColumn = "cold-start" | "latency" | "net-admin" | "routing" | "policy" | "security" | "telemetry";

/** A cost or a benefit that knistio looks for. */
export interface Column {
	/** As `--need` and `--forbid` take it. */
	name: string;
	/** The heading in the table. */
	title: string;
	kind: "cost" | "benefit";
	/** What "observed" means. */
	meaning: string;
	/** The column of the talk that it stands beside; undefined for what the talk does not have. */
	talk?: TalkColumn;
}

/** Every column of the table, in order: the talk's, each followed by what knistio tells apart beside it. */
export const columns: readonly Column[] = [
	{
		name: "cold-start",
		title: "longer cold start",
		kind: "cost",
		meaning: "a cold start surely takes longer than with the profile without a sidecar",
		talk: "cold-start",
	},
	{
		name: "latency",
		title: "response latency",
		kind: "cost",
		meaning: "a warm request surely takes longer than with the profile without a sidecar",
		talk: "latency",
	},
	{
		name: "net-admin",
		title: "NET_ADMIN",
		kind: "cost",
		meaning: "the workload's pod adds the capability NET_ADMIN",
		talk: "net-admin",
	},
	{
		name: "restricted",
		title: "refused as restricted",
		kind: "cost",
		meaning: "a namespace that enforces the restricted Pod Security Standard refuses the workload's pod",
	},
	{
		name: "memory",
		title: "sidecar memory",
		kind: "cost",
		meaning: "the pod has a proxy, which holds so much memory at rest",
	},
	{
		name: "routing",
		title: "routing at the gateway",
		kind: "benefit",
		meaning: "the gateway shares requests out between revisions by their percents, and knows a tag's host",
		talk: "routing",
	},
	{
		name: "policy",
		title: "policy control",
		kind: "benefit",
		meaning: "a forbidden request is refused, and without the authorizer every request is",
		talk: "policy",
	},
	{
		name: "mtls",
		title: "mutual TLS required",
		kind: "benefit",
		meaning: "the workload's pod refuses a request in plain text",
		talk: "security",
	},
	{
		name: "telemetry",
		title: "telemetry of the workload",
		kind: "benefit",
		meaning: "counters of the pod's own proxy rise by exactly the number of requests",
		talk: "telemetry",
	},
	{
		name: "gateway-telemetry",
		title: "telemetry of the gateway",
		kind: "benefit",
		meaning: "counters of the gateway's proxy rise by exactly the number of requests",
		talk: "telemetry",
	},
];

/** The column of that name. */
export function columnNamed(name: string): Column | undefined {
	return columns.find((column) => column.name === name);
}
