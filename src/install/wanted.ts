import { UsageError } from "../errors.ts";
import { authorizerObjects } from "../istio/authorizer.ts";
import { soonerAtZero } from "../knative/zero-settings.ts";
import type { KubeObject } from "../kube/api/cluster.ts";
import { refOf } from "../kube/api/cluster.ts";
import { placed } from "../kube/objects/order.ts";
import { keyOf, type Part } from "../kube/objects/ownership.ts";
import type { Profile } from "../profile/profile.ts";

/** What is to be installed. */
export interface Installation {
	profile: Profile;
	/** The rendered Istio; not used where the installed one is measured. */
	istioObjects: readonly KubeObject[];
	/** Knative Serving with net-istio; used where the cluster has none, or knistio installed it. */
	knativeObjects: readonly KubeObject[] | undefined;
	/** Where the service under test runs. */
	namespace: string;
	/** For profiles with an external authorizer: an image that answers 200 to every request on `$PORT`. */
	authorizerImage: string;
	/** Measure the Istio that somebody else installed, as it is: nothing of Istio's is applied, and no policy. */
	useInstalled: boolean;
	/** Services that never get a pod are deployed, which Knative must allow. */
	hasIdleServices?: boolean;
}

/** The objects of a profile by what they are there for. */
export type Wanted = Record<Exclude<Part, "state">, KubeObject[]>;

/** The objects to be in the cluster, each once, with the namespaces that they need. @throws UsageError */
export function wantedObjects(what: Installation): Wanted {
	const { profile, namespace, useInstalled } = what;
	const { security, policy, traffic = [] } = profile;
	const policies = [...security, ...policy, ...traffic] as unknown as KubeObject[];
	const authorizer = profile.externalAuthorizer ? authorizerObjects(namespace, what.authorizerImage) : [];
	const wanted: Wanted = {
		istio: useInstalled ? [] : what.istioObjects.map(placed),
		knative: (what.knativeObjects ?? []).map(placed).map(soonerAtZero),
		workload: [namespaceObject(namespace), ...(useInstalled ? [] : authorizer)],
		policy: useInstalled ? [] : policies.map((object) => placed(inNamespace(object, namespace))),
	};
	const seen = new Map<string, Part>();
	for (const part of ["istio", "knative", "workload", "policy"] as const) {
		wanted[part] = wanted[part].filter((object) => {
			const key = keyOf(refOf(object));
			const earlier = seen.get(key);
			seen.set(key, part);
			if (earlier === undefined || object.kind === "Namespace" || earlier === part) return earlier === undefined;
			throw new UsageError(`${object.kind} ${object.metadata.name} is both in ${earlier} and in ${part}`);
		});
	}
	for (const part of ["istio", "knative"] as const) wanted[part].unshift(...missingNamespaces(wanted[part], seen));
	return wanted;
}

function missingNamespaces(objects: readonly KubeObject[], seen: Map<string, Part>): KubeObject[] {
	const names = new Set(objects.flatMap(({ metadata }) => metadata.namespace ?? []));
	const alwaysThere = ["default", "kube-system", "kube-public"];
	return [...names].map(namespaceObject).filter((object) => {
		const key = keyOf(refOf(object));
		if (alwaysThere.includes(object.metadata.name) || seen.has(key)) return false;
		seen.set(key, "istio");
		return true;
	});
}

function namespaceObject(name: string): KubeObject {
	return { apiVersion: "v1", kind: "Namespace", metadata: { name } };
}

/** `$NAMESPACE` in any string of a profile's object stands for the workload's namespace. */
function inNamespace(object: KubeObject, namespace: string): KubeObject {
	return JSON.parse(JSON.stringify(object).replaceAll("$NAMESPACE", namespace)) as KubeObject;
}
