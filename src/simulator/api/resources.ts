import type { KubeObject } from "./objects.ts";

/** A kind of object that the API server serves. */
export interface Resource {
	/** `deployments.apps`, or `pods` for the core group: names the resource everywhere in the simulation. */
	id: string;
	group: string;
	/** Served versions; objects are kept as they were written. */
	versions: string[];
	kind: string;
	plural: string;
	singular: string;
	shortNames: string[];
	namespaced: boolean;
	hasStatus: boolean;
	hasScale: boolean;
	/** Whether it comes from a CustomResourceDefinition, whose lists have no keys to merge by. */
	isCustom: boolean;
}

/** The resources served now; custom ones can be added and removed. */
export interface Resources {
	all(): Resource[];
	byId(id: string): Resource | undefined;
	find(group: string, version: string, plural: string): Resource | undefined;
	ofKind(apiVersion: string, kind: string): Resource | undefined;
	add(resource: Resource): void;
	remove(id: string): void;
}

/** kind, plural, and marks: n = namespaced, s = status, c = scale; then short names. */
const builtIn: Record<string, string> = {
	v1: `Namespace namespaces s ns
		Node nodes s no
		Pod pods ns po
		Service services ns svc
		Endpoints endpoints n ep
		ConfigMap configmaps n cm
		Secret secrets n
		ServiceAccount serviceaccounts n sa
		Event events n ev
		ReplicationController replicationcontrollers nsc rc
		PersistentVolumeClaim persistentvolumeclaims ns pvc
		PersistentVolume persistentvolumes s pv
		LimitRange limitranges n limits
		ResourceQuota resourcequotas ns quota`,
	"apps/v1": `Deployment deployments nsc deploy
		ReplicaSet replicasets nsc rs
		DaemonSet daemonsets ns ds
		StatefulSet statefulsets nsc sts`,
	"batch/v1": `Job jobs ns
		CronJob cronjobs ns cj`,
	"autoscaling/v2": "HorizontalPodAutoscaler horizontalpodautoscalers ns hpa",
	"policy/v1": "PodDisruptionBudget poddisruptionbudgets ns pdb",
	"discovery.k8s.io/v1": "EndpointSlice endpointslices n",
	"coordination.k8s.io/v1": "Lease leases n",
	"networking.k8s.io/v1": `Ingress ingresses ns ing
		IngressClass ingressclasses -
		NetworkPolicy networkpolicies n netpol`,
	"rbac.authorization.k8s.io/v1": `Role roles n
		RoleBinding rolebindings n
		ClusterRole clusterroles -
		ClusterRoleBinding clusterrolebindings -`,
	"admissionregistration.k8s.io/v1": `MutatingWebhookConfiguration mutatingwebhookconfigurations -
		ValidatingWebhookConfiguration validatingwebhookconfigurations -
		ValidatingAdmissionPolicy validatingadmissionpolicies s
		ValidatingAdmissionPolicyBinding validatingadmissionpolicybindings -`,
	"apiextensions.k8s.io/v1": "CustomResourceDefinition customresourcedefinitions s crd,crds",
	"apiregistration.k8s.io/v1": "APIService apiservices s",
	"storage.k8s.io/v1": "StorageClass storageclasses - sc",
	"scheduling.k8s.io/v1": "PriorityClass priorityclasses - pc",
};

/** The built-in resources of a Kubernetes API server that knistio or an Istio install may meet. */
export function createResources(): Resources {
	const byId = new Map<string, Resource>();
	/** By group and kind. */
	const byKind = new Map<string, Resource>();
	const add = (resource: Resource) => {
		byId.set(resource.id, resource);
		byKind.set(`${resource.group}/${resource.kind}`, resource);
	};
	for (const [apiVersion, table] of Object.entries(builtIn)) {
		for (const line of table.split("\n")) {
			add(parseLine(apiVersion, line.trim()));
		}
	}
	return {
		all: () => [...byId.values()],
		byId: (id) => byId.get(id),
		find: (group, version, plural) => {
			const found = byId.get(group === "" ? plural : `${plural}.${group}`);
			return found?.versions.includes(version) ? found : undefined;
		},
		ofKind(apiVersion, kind) {
			const [group, version] = splitApiVersion(apiVersion);
			const found = byKind.get(`${group}/${kind}`);
			return found?.versions.includes(version) ? found : undefined;
		},
		add,
		remove(id) {
			const gone = byId.get(id);
			byId.delete(id);
			if (gone !== undefined) byKind.delete(`${gone.group}/${gone.kind}`);
		},
	};
}

function parseLine(apiVersion: string, line: string): Resource {
	const [kind = "", plural = "", marks = "", shortNames = ""] = line.split(" ");
	const [group, version] = splitApiVersion(apiVersion);
	return {
		id: group === "" ? plural : `${plural}.${group}`,
		group,
		versions: [version],
		kind,
		plural,
		singular: kind.toLowerCase(),
		shortNames: shortNames === "" ? [] : shortNames.split(","),
		namespaced: marks.includes("n"),
		hasStatus: marks.includes("s"),
		hasScale: marks.includes("c"),
		isCustom: false,
	};
}

/** The resource that a CustomResourceDefinition describes. */
export function resourceOfDefinition(definition: KubeObject): Resource {
	const spec = definition.spec as {
		group: string;
		scope: string;
		names: { kind: string; plural: string; singular?: string; shortNames?: string[] };
		versions: { name: string; served: boolean; subresources?: { status?: unknown; scale?: unknown } }[];
	};
	const served = spec.versions.filter((version) => version.served);
	return {
		id: `${spec.names.plural}.${spec.group}`,
		group: spec.group,
		versions: served.map((version) => version.name),
		kind: spec.names.kind,
		plural: spec.names.plural,
		singular: spec.names.singular ?? spec.names.kind.toLowerCase(),
		shortNames: spec.names.shortNames ?? [],
		namespaced: spec.scope === "Namespaced",
		hasStatus: served.some((version) => version.subresources?.status !== undefined),
		hasScale: served.some((version) => version.subresources?.scale !== undefined),
		isCustom: true,
	};
}

/** `["apps", "v1"]` of `apps/v1`, `["", "v1"]` of `v1`. */
function splitApiVersion(apiVersion: string): [group: string, version: string] {
	const [first = "", second] = apiVersion.split("/");
	return second === undefined ? ["", first] : [first, second];
}

/** `apps/v1` of a group and a version. */
export function joinApiVersion(group: string, version: string): string {
	return group === "" ? version : `${group}/${version}`;
}
