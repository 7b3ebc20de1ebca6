import { UsageError } from "../errors.ts";
import { nearest } from "../text/nearest.ts";

/** The costs and benefits of the talk's table, in its order. */
export type TalkColumn = "cold-start" | "latency" | "net-admin" | "routing" | "policy" | "security" | "telemetry";

/** A cost or a benefit that knistio looks for. */
export interface Column {
	/** As `--need` and `--forbid` take it. */
	name: string;
	/** The heading in the table. */
	title: string;
	kind: "cost" | "benefit";
	/** What a profile has of it, in a sentence: it gives this, or has it as its price. */
	phrase: string;
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
		phrase: "longer cold starts",
		meaning: "a cold start surely takes longer than with the profile without a sidecar",
		talk: "cold-start",
	},
	{
		name: "latency",
		title: "response latency",
		kind: "cost",
		phrase: "longer answers",
		meaning: "a warm request surely takes longer than one to the same image without a proxy",
		talk: "latency",
	},
	{
		name: "net-admin",
		title: "NET_ADMIN",
		kind: "cost",
		phrase: "NET_ADMIN in its pods",
		meaning: "the workload's pod adds the capability NET_ADMIN",
		talk: "net-admin",
	},
	{
		name: "restricted",
		title: "refused as restricted",
		kind: "cost",
		phrase: "pods that a restricted namespace refuses",
		meaning: "a namespace that enforces the restricted Pod Security Standard refuses the workload's pod",
	},
	{
		name: "memory",
		title: "sidecar memory",
		kind: "cost",
		phrase: "the memory of a sidecar",
		meaning: "the pod has a proxy, which holds so much memory at rest",
	},
	{
		name: "cpu",
		title: "sidecar CPU",
		kind: "cost",
		phrase: "the processor time of a sidecar",
		meaning: "the pod has a proxy, which takes so much processor time to start and at rest",
	},
	{
		name: "sidecar-time",
		title: "time in the sidecar",
		kind: "cost",
		phrase: "the time of each request in a sidecar",
		meaning: "a warm request passes the pod's own proxy, which takes so much of its time",
	},
	{
		name: "routing",
		title: "routing at the gateway",
		kind: "benefit",
		phrase: "traffic routing at the gateway",
		meaning: "the gateway shares requests out between revisions by their percents, and knows a tag's host",
		talk: "routing",
	},
	{
		name: "mesh-routing",
		title: "routing in the mesh",
		kind: "benefit",
		phrase: "traffic routing in the mesh",
		meaning: "a client pod of the profile gets the fault that a VirtualService of the mesh demands",
		talk: "routing",
	},
	{
		name: "policy",
		title: "policy control",
		kind: "benefit",
		phrase: "policy control",
		meaning: "a request is refused when a rule or the authorizer says so, and also while the authorizer is gone",
		talk: "policy",
	},
	{
		name: "mtls",
		title: "mutual TLS required",
		kind: "benefit",
		phrase: "mutual TLS",
		meaning: "the workload's pod refuses a request in plain text",
		talk: "security",
	},
	{
		name: "identity",
		title: "caller's identity",
		kind: "benefit",
		phrase: "the caller's identity",
		meaning: "the pod's proxy knows by mutual TLS which workload asks, and tells the application",
		talk: "security",
	},
	{
		name: "edge-tls",
		title: "TLS at the gateway",
		kind: "benefit",
		phrase: "TLS at the gateway",
		meaning: "the gateway serves the certificate of a Secret, and the next one without a restart",
		talk: "security",
	},
	{
		name: "telemetry",
		title: "telemetry of the workload",
		kind: "benefit",
		phrase: "telemetry of the workload",
		meaning: "counters of the pod's own proxy rise by exactly the number of requests",
		talk: "telemetry",
	},
	{
		name: "gateway-telemetry",
		title: "telemetry of the gateway",
		kind: "benefit",
		phrase: "telemetry of the gateway",
		meaning: "counters of the gateway's proxy rise by exactly the number of requests",
		talk: "telemetry",
	},
];

/** The column of that name. */
export function columnNamed(name: string): Column | undefined {
	return columns.find((column) => column.name === name);
}

/**
 * The columns that an option names.
 * @param given each one name or several, separated by commas
 * @throws UsageError with the nearest name for one that is not known
 */
export function columnsNamed(option: string, given: readonly string[]): Column[] {
	const names = given.flatMap((text) => text.split(",")).map((text) => text.trim());
	return names.map((name) => {
		const column = columnNamed(name);
		if (column !== undefined) return column;
		const all = columns.map((each) => each.name);
		const meant = nearest(name, all);
		throw new UsageError(`${option}: there is no cost or benefit "${name}"`, {
			hint: `${meant === undefined ? "" : `did you mean "${meant}"? `}known: ${all.join(", ")}`,
		});
	});
}
