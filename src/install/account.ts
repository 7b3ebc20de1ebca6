import type { KubeObject } from "../kube/api/cluster.ts";
import { neededRights, optionalRights, type Right, tradeoffRights } from "./rights.ts";

/** How the parts of an account are named. */
export interface AccountNames {
	/** Of the namespace that the account is in. */
	namespace: string;
	/** Of the ServiceAccount. */
	account: string;
	/** Of the roles and their bindings, which stand beside others' for the whole cluster. */
	role: string;
}

const rbacGroup = "rbac.authorization.k8s.io";
const rbac = { apiVersion: `${rbacGroup}/v1` };

/**
 * A namespace and an account in it with the rights that a run asks the cluster for, those that make its figures sharper,
 * and no others; in the order in which they are applied. `.github/rbac.yaml` holds the same, and those of the probes.
 * @param withProbes adds a role with what the probes of costs and benefits look at
 */
export function accountObjects(
	{ namespace, account, role }: AccountNames,
	{ withProbes = false }: { withProbes?: boolean } = {},
): KubeObject[] {
	const subjects = [{ kind: "ServiceAccount", name: account, namespace }];
	const bound = (
		kind: "ClusterRole" | "Role",
		rights: readonly Right[],
		{ name = role, ...place }: { name?: string; namespace?: string } = {},
	) => [
		{ ...rbac, kind, metadata: { name, ...place }, rules: rights.map(ruleOf) },
		{
			...rbac,
			kind: `${kind}Binding`,
			metadata: { name, ...place },
			roleRef: { apiGroup: rbacGroup, kind, name },
			subjects,
		},
	];
	const places = [...new Set(optionalRights.map((right) => right.namespace))];
	return [
		{ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
		{ apiVersion: "v1", kind: "ServiceAccount", metadata: { name: account, namespace } },
		...bound("ClusterRole", neededRights),
		...places.flatMap((place) =>
			bound(
				"Role",
				optionalRights.filter((right) => right.namespace === place),
				{ namespace: place },
			),
		),
		...(withProbes ? bound("ClusterRole", tradeoffRights, { name: `${role}-tradeoffs` }) : []),
	];
}

const ruleOf = ({ group, resource, verbs }: Right) => ({
	apiGroups: [group],
	resources: [resource],
	verbs: [...verbs],
});
