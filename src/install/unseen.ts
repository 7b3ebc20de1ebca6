import { groupOf } from "../kube/api/cluster.ts";
import { neededRights } from "./rights.ts";

/** Istio's and Knative's own groups, and what extends them. */
const definedByThem = /(^|\.)(istio\.io|knative\.dev)$/;

/**
 * Whether knistio may have put something into a group of the API, or into one resource of it: then nobody can say that
 * nothing is left without having looked there.
 */
export function mayHoldOurs(apiVersion: string, plural?: string): boolean {
	// The list of groups itself: whatever could be missing from it.
	if (apiVersion.startsWith("/")) return true;
	const group = groupOf(apiVersion);
	if (definedByThem.test(group)) return true;
	return neededRights.some(
		(right) =>
			right.group === group && right.verbs.includes("create") && (plural === undefined || right.resource === plural),
	);
}
