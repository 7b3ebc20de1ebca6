import {
	controllerReference,
	isPodReady,
	type KubeObject,
	keyOf,
	type Pod,
	type Service,
	uidOf,
} from "../api/objects.ts";
import { matchesLabels } from "../api/selectors.ts";
import { hash } from "../clock/random.ts";
import { createQueue, refOfKey, type World } from "../world/world.ts";

const manager = "kube-controller-manager";

/** An address behind a service. */
export interface Endpoint {
	addresses: string[];
	conditions: { ready: boolean; serving: boolean; terminating: boolean };
	nodeName?: string;
	targetRef?: { kind: "Pod"; namespace: string; name: string; uid: string };
}

export interface EndpointSlice extends KubeObject {
	endpoints: Endpoint[] | null;
}

/** The slice of a service: there is one, and its name follows from the service's. */
export function sliceName(service: string): string {
	return `${service}-${hash(service).toString(36).padStart(5, "0").slice(0, 5)}`;
}

/** Makes Endpoints and EndpointSlices of the Services that select pods. */
export function startEndpoints(world: World): void {
	const { api } = world;
	const enqueue = createQueue(world, "endpoints", (key) => {
		const service = api.get<Service>("services", refOfKey(key));
		if (service !== undefined) reconcile(world, service);
	});
	const ask = (service: KubeObject) => {
		const key = keyOf(service.metadata);
		enqueue(key, world.delays.of("endpoints", key));
	};
	api.watch("services", ({ type, object }) => {
		if (type !== "DELETED") ask(object);
	});
	api.watch("pods", ({ object, previous }) => {
		for (const service of api.list<Service>("services", object.metadata.namespace)) {
			const selects = matchesLabels(service.spec.selector);
			if (selects(object) || (previous !== undefined && selects(previous))) ask(service);
		}
	});
}

function reconcile(world: World, service: Service): void {
	if (service.spec.selector === undefined || Object.keys(service.spec.selector).length === 0) return;
	const pods = world.api
		.list<Pod>("pods", service.metadata.namespace)
		.filter((pod) => matchesLabels(service.spec.selector)(pod) && pod.status?.podIP !== undefined);
	writeEndpoints(world, service, pods.map(endpointOf));
}

function endpointOf(pod: Pod): Endpoint {
	const isTerminating = pod.metadata.deletionTimestamp !== undefined;
	const serving = isPodReady(pod);
	const { name, namespace = "" } = pod.metadata;
	return {
		addresses: [pod.status?.podIP ?? ""],
		conditions: { ready: serving && !isTerminating, serving, terminating: isTerminating },
		nodeName: pod.spec.nodeName ?? "",
		targetRef: { kind: "Pod", namespace, name, uid: uidOf(pod) },
	};
}

/** Writes what is behind a service, as slice and as the older Endpoints. */
export function writeEndpoints(world: World, service: Service, endpoints: Endpoint[]): void {
	const { api } = world;
	const namespace = service.metadata.namespace ?? "";
	const ref = { namespace, name: sliceName(service.metadata.name) };
	const known = api.get<EndpointSlice>("endpointslices.discovery.k8s.io", ref);
	for (const endpoint of endpoints) {
		const uid = endpoint.targetRef?.uid;
		const before = known?.endpoints?.find((other) => other.targetRef?.uid === uid);
		if (uid !== undefined && endpoint.conditions.ready && before?.conditions.ready !== true) {
			world.truth.endpoint(namespace, service.metadata.name, uid);
		}
	}
	const ports = (service.spec.ports ?? []).map((port) => ({
		name: port.name ?? "",
		port: Number(port.targetPort) || port.port,
		protocol: port.protocol ?? "TCP",
	}));
	// The API server writes lists that nobody set as null.
	const filled = endpoints.length === 0 ? { endpoints: null, ports: null } : { endpoints, ports };
	const slice: EndpointSlice = {
		apiVersion: "discovery.k8s.io/v1",
		kind: "EndpointSlice",
		metadata: {
			...ref,
			labels: {
				...service.metadata.labels,
				"kubernetes.io/service-name": service.metadata.name,
				"endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
			},
			ownerReferences: [controllerReference(service)],
		},
		addressType: "IPv4",
		...filled,
	};
	if (known === undefined) api.create(slice, { manager });
	else {
		api.edit<EndpointSlice>("endpointslices.discovery.k8s.io", ref, {
			manager,
			change: (draft) => {
				Object.assign(draft, filled);
			},
		});
	}
	writeOldEndpoints(world, service, { endpoints, ports });
}

function writeOldEndpoints(world: World, service: Service, found: { endpoints: Endpoint[]; ports: unknown[] }): void {
	const { api } = world;
	const { name, namespace = "" } = service.metadata;
	const living = found.endpoints.filter((endpoint) => !endpoint.conditions.terminating);
	const addressesOf = (isReady: boolean) =>
		living
			.filter((endpoint) => endpoint.conditions.ready === isReady)
			.map(({ addresses, nodeName, targetRef }) => ({ ip: addresses[0], nodeName, targetRef }));
	const [ready, notReady] = [addressesOf(true), addressesOf(false)];
	const subset = {
		...(ready.length > 0 ? { addresses: ready } : {}),
		...(notReady.length > 0 ? { notReadyAddresses: notReady } : {}),
		ports: found.ports,
	};
	const subsets = living.length === 0 ? [] : [subset];
	const edited = api.edit(
		"endpoints",
		{ name, namespace },
		{
			manager,
			change: (draft) => {
				draft.subsets = subsets;
			},
		},
	);
	if (edited !== undefined) return;
	const metadata = { name, namespace, labels: service.metadata.labels ?? {} };
	api.create({ apiVersion: "v1", kind: "Endpoints", metadata, subsets }, { manager });
}
