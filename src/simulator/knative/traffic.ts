import { type Condition, conditionOf } from "../api/objects.ts";
import type { Revision, TrafficTarget } from "./objects.ts";

/** A traffic target with the revision that it stands for just now. */
export interface RoutedTarget {
	revisionName: string;
	latestRevision: boolean;
	percent: number;
	tag?: string;
}

/** Where a service's requests go; or the condition AllTrafficAssigned that says why that is not known. */
export type Assignment = { targets: RoutedTarget[] } | { trouble: Condition };

/** What the targets of a service's traffic refer to. */
export interface Referred {
	configuration: { name: string; latestReady: string | undefined; hasFailed: boolean };
	revisionOf(name: string): Revision | undefined;
}

/**
 * Finds the revisions of traffic targets. As long as one of them is missing or was never ready nothing is assigned; of
 * several troubles a failure counts more than a wait (knative/serving pkg/reconciler/route/traffic).
 */
export function assignTraffic(traffic: readonly TrafficTarget[], referred: Referred): Assignment {
	const targets: RoutedTarget[] = [];
	let trouble: Condition | undefined;
	for (const { revisionName, tag, percent = 0 } of traffic) {
		const found = revisionName === undefined ? findLatest(referred) : findNamed(revisionName, referred);
		if (typeof found !== "string") {
			if (trouble === undefined || found.status === "False") trouble = found;
			continue;
		}
		const target = { revisionName: found, latestRevision: revisionName === undefined, ...(tag ? { tag } : {}) };
		const same = targets.find(
			(one) => one.revisionName === found && one.tag === target.tag && one.latestRevision === target.latestRevision,
		);
		if (same === undefined) targets.push({ ...target, percent });
		else same.percent += percent;
	}
	return trouble === undefined ? { targets } : { trouble };
}

function findNamed(name: string, { revisionOf }: Referred): string | Condition {
	const revision = revisionOf(name);
	if (revision === undefined) return missing("False", `Revision "${name}" referenced in traffic not found.`);
	const status = conditionOf(revision.status?.conditions, "Ready")?.status ?? "Unknown";
	if (status === "True") return name;
	return missing(status, `Revision "${name}" ${status === "False" ? "failed to become ready" : "is not yet ready"}.`);
}

function findLatest({ configuration }: Referred): string | Condition {
	const { name, latestReady, hasFailed } = configuration;
	if (latestReady !== undefined) return latestReady;
	return hasFailed
		? missing("False", `Configuration "${name}" does not have any ready Revision.`)
		: missing("Unknown", `Configuration "${name}" is waiting for a Revision to become ready.`);
}

function missing(status: "False" | "Unknown", message: string): Condition {
	return { type: "AllTrafficAssigned", status, reason: "RevisionMissing", message };
}

/** The revisions behind one host, with percents that add up to 100. */
export interface HostSplit {
	/** Undefined for the service's own host. */
	tag: string | undefined;
	revisions: { name: string; percent: number }[];
}

/** The service's own host, which goes to all targets by their percents, and one host for each tag. */
export function splitByHost(targets: readonly RoutedTarget[]): HostSplit[] {
	const shares = new Map<string, number>();
	for (const { revisionName, percent } of targets) shares.set(revisionName, (shares.get(revisionName) ?? 0) + percent);
	const revisions = [...shares].map(([name, percent]) => ({ name, percent })).filter(({ percent }) => percent > 0);
	const tags = targets.filter((target) => target.tag !== undefined);
	return [
		{ tag: undefined, revisions },
		...tags.map(({ tag, revisionName }) => ({ tag, revisions: [{ name: revisionName, percent: 100 }] })),
	];
}
