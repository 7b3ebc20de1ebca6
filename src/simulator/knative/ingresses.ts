import { type Condition, controllerReference, type KubeObject, keyOf, type Workload } from "../api/objects.ts";
import { toSeconds } from "../clock/clock.ts";
import { createQueue, refOfKey, type World } from "../world/world.ts";
import { ids, withConditions } from "./objects.ts";

const virtualServices = "virtualservices.networking.istio.io";
const manager = "net-istio-controller";

export interface IngressRule {
	hosts: string[];
	visibility: "ClusterLocal" | "ExternalIP";
	http: {
		paths: {
			splits: {
				serviceName: string;
				serviceNamespace: string;
				percent: number;
				appendHeaders: Record<string, string>;
				[field: string]: unknown;
			}[];
		}[];
	};
}

export interface Ingress extends KubeObject {
	spec: { rules: IngressRule[]; httpOption?: string };
	status?: { conditions?: Condition[]; observedGeneration?: number; [field: string]: unknown };
}

/** The rules that the gateway uses, by the key of their Ingress; a changed Ingress reaches the gateway a little later. */
export type ProgrammedRules = ReadonlyMap<string, IngressRule[]>;

/** Makes VirtualServices of Knative's Ingresses, which become ready when a running gateway has got their rules. */
export function startIngresses(world: World): ProgrammedRules {
	const { api, clock } = world;
	const programmed = new Map<string, IngressRule[]>();
	const enqueue = createQueue(world, "ingresses", (key) => {
		const ingress = api.get<Ingress>(ids.ingresses, refOfKey(key));
		if (ingress === undefined) return;
		if (!isGatewayThere(world)) {
			programmed.delete(key);
			clock.after(1000, () => enqueue(key));
			return writeStatus(world, ingress, waiting);
		}
		writeVirtualService(world, ingress);
		const generation = ingress.metadata.generation;
		if (ingress.status?.observedGeneration === generation && ingress.status?.conditions?.[0]?.status === "True") return;
		writeStatus(world, ingress, waiting);
		clock.after(world.delays.of("ingressProgrammed", key), () => {
			const current = api.get<Ingress>(ids.ingresses, refOfKey(key));
			if (current === undefined || current.metadata.generation !== generation) return;
			programmed.set(key, current.spec.rules);
			writeStatus(world, current, { status: "True" });
		});
	});
	api.watch(ids.ingresses, ({ type, object }) => {
		const key = keyOf(object.metadata);
		if (type === "DELETED") programmed.delete(key);
		else enqueue(key);
	});
	return programmed;
}

const waiting = {
	status: "Unknown",
	reason: "Uninitialized",
	message: "Waiting for load balancer to be ready",
} as const;

/** Whether an Istio with its gateway runs and serves VirtualServices. */
export function isGatewayThere({ api }: World): boolean {
	const gateway = api.get<Workload>("deployments.apps", { namespace: "istio-system", name: "istio-ingressgateway" });
	return (gateway?.status?.readyReplicas ?? 0) > 0 && api.resources.byId(virtualServices) !== undefined;
}

function writeVirtualService({ api }: World, ingress: Ingress): void {
	const { name, namespace = "" } = ingress.metadata;
	const resource = api.resources.byId(virtualServices);
	const ref = { namespace, name: `${name}-ingress` };
	if (resource === undefined) return;
	const hosts = ingress.spec.rules.flatMap((rule) => rule.hosts);
	const spec = { hosts, gateways: Object.values(gateways), http: ingress.spec.rules.map(httpRouteOf) };
	if (api.set(virtualServices, ref, { manager, fields: { spec } }) !== undefined) return;
	const labels = { ...ingress.metadata.labels, "networking.internal.knative.dev/ingress": name };
	const metadata = { ...ref, labels, ownerReferences: [controllerReference(ingress)] };
	const apiVersion = `networking.istio.io/${resource.versions[0]}`;
	api.create({ apiVersion, kind: "VirtualService", metadata, spec }, { manager });
}

const gateways = {
	ExternalIP: "knative-serving/knative-ingress-gateway",
	ClusterLocal: "knative-serving/knative-local-gateway",
};

function httpRouteOf({ hosts, visibility, http }: IngressRule): unknown {
	const match = hosts.map((host) => ({ authority: { prefix: host }, gateways: [gateways[visibility]] }));
	const route = http.paths[0]?.splits.map((split) => ({
		destination: { host: `${split.serviceName}.${split.serviceNamespace}.svc.cluster.local`, port: { number: 80 } },
		headers: { request: { set: split.appendHeaders } },
		weight: split.percent,
	}));
	return { match, retries: {}, route };
}

function writeStatus(world: World, ingress: Ingress, ready: Pick<Condition, "status" | "reason" | "message">): void {
	const time = toSeconds(world.serverEpochNs());
	world.api.edit<Ingress>(ids.ingresses, ingress.metadata, {
		manager,
		subresource: "status",
		change: (draft) => {
			const types = ["LoadBalancerReady", "NetworkConfigured", "Ready"];
			const conditions = withConditions(
				draft.status?.conditions,
				types.map((type) => ({ ...ready, type })),
				time,
			);
			draft.status = { ...draft.status, observedGeneration: ingress.metadata.generation ?? 1, conditions };
		},
	});
}
