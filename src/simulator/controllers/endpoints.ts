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
	const { perSecond, burst } = world.model.limits.controller;
	const look = (key: string) => {
		const service = api.get<Service>("services", refOfKey(key));
		if (service !== undefined) reconcile(world, service);
	};
	// Two controllers of Kubernetes, each with a client of its own: of slices, and of Endpoints.
	const enqueue = createQueue(world, "endpoints", look, { perSecond: 2 * perSecond, burst: 2 * burst });
	const ask = (service: KubeObject) => {
		const key = keyOf(service.metadata);
		enqueue(key, world.delays.of("endpoints", key));
	};
	const bySelector = api.store.index("services", (service) => firstOf((service as Service).spec.selector ?? {}));
	/** The services that select the pod. */
	const selecting = ({ metadata: { namespace, labels = {} } }: KubeObject) =>
		Object.entries(labels)
			.flatMap(([name, value]) => bySelector.of(`${name}=${value}`) as Service[])
			.filter(
				(service) =>
					service.metadata.namespace === namespace &&
					matchesLabels(service.spec.selector)({ metadata: { labels } } as KubeObject),
			);
	api.watch("services", ({ type, object }) => {
		if (type !== "DELETED") ask(object);
	});
	api.watch("pods", ({ object, previous }) => {
		const found = new Set([...selecting(object), ...(previous === undefined ? [] : selecting(previous))]);
		for (const service of found) ask(service);
	});
}

/** One label of a selector, as `name=value`: a pod that is selected has it. */
function firstOf(selector: Record<string, string>): string[] {
	return Object.entries(selector)
		.slice(0, 1)
		.map(([name, value]) => `${name}=${value}`);
}

function reconcile(world: World, service: Service): void {
	const { selector = {} } = service.spec;
	if (Object.keys(selector).length === 0) return;
	const pods = world.api
		.labelled<Pod>("pods", service.metadata.namespace ?? "", selector)
		.filter((pod) => pod.status?.podIP !== undefined);
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
		api.set("endpointslices.discovery.k8s.io", ref, { manager, fields: filled });
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
	const edited = api.set("endpoints", { name, namespace }, { manager, fields: { subsets } });
	if (edited !== undefined) return;
	const metadata = { name, namespace, labels: service.metadata.labels ?? {} };
	api.create({ apiVersion: "v1", kind: "Endpoints", metadata, subsets }, { manager });
}
