import { toSeconds } from "../clock.ts";
import { type Condition, controllerReference, type KubeObject, keyOf, type Workload } from "../objects.ts";
import { createQueue, refOfKey, type World } from "../world.ts";
import { ids, withConditions } from "./objects.ts";

const virtualServices = "virtualservices.networking.istio.io";
const manager = "net-istio-controller";

export interface Ingress extends KubeObject {
	spec: {
		rules: {
			hosts: string[];
			visibility: string;
			http: { paths: { splits: { serviceName: string; serviceNamespace: string }[] }[] };
		}[];
	};
	status?: { conditions?: Condition[]; [field: string]: unknown };
}

/** Knative's Ingresses to VirtualServices; ready once the gateway has been told, which it must be there for. */
export function startIngresses(world: World): void {
	const { api, clock } = world;
	const enqueue = createQueue(world, "ingresses", (key) => {
		const ingress = api.get<Ingress>(ids.ingresses, refOfKey(key));
		if (ingress === undefined) return;
		if (!isGatewayThere(world)) {
			clock.after(1000, () => enqueue(key));
			return writeStatus(world, ingress, { status: "Unknown", reason: "NoIngressGateway" });
		}
		writeVirtualService(world, ingress);
		const generation = ingress.metadata.generation;
		if (ingress.status?.observedGeneration === generation && ingress.status?.conditions?.[0]?.status === "True") return;
		clock.after(world.delays.of("ingressProgrammed", key), () => {
			const current = api.get<Ingress>(ids.ingresses, refOfKey(key));
			if (current?.metadata.generation === generation && current !== undefined)
				writeStatus(world, current, { status: "True" });
		});
	});
	api.watch(ids.ingresses, ({ type, object }) => type !== "DELETED" && enqueue(keyOf(object.metadata)));
}

/** Whether an Istio with its gateway runs and serves VirtualServices. */
export function isGatewayThere({ api }: World): boolean {
	const gateway = api.get<Workload>("deployments.apps", { namespace: "istio-system", name: "istio-ingressgateway" });
	return (gateway?.status?.readyReplicas ?? 0) > 0 && api.resources.byId(virtualServices) !== undefined;
}

function writeVirtualService({ api }: World, ingress: Ingress): void {
	const { name, namespace = "" } = ingress.metadata;
	const resource = api.resources.byId(virtualServices);
	const ref = { namespace, name: `${name}-ingress` };
	if (resource === undefined || api.get(virtualServices, ref) !== undefined) return;
	const route = ingress.spec.rules[0]?.http.paths[0]?.splits.map((split) => ({
		destination: { host: `${split.serviceName}.${split.serviceNamespace}.svc.cluster.local`, port: { number: 80 } },
		weight: 100,
	}));
	const gateways = ["knative-serving/knative-ingress-gateway", "knative-serving/knative-local-gateway"];
	const spec = { hosts: ingress.spec.rules.flatMap((rule) => rule.hosts), gateways, http: [{ retries: {}, route }] };
	const labels = { ...ingress.metadata.labels, "networking.internal.knative.dev/ingress": name };
	const metadata = { ...ref, labels, ownerReferences: [controllerReference(ingress)] };
	const apiVersion = `networking.istio.io/${resource.versions[0]}`;
	api.create({ apiVersion, kind: "VirtualService", metadata, spec }, { manager });
}

function writeStatus(world: World, ingress: Ingress, ready: Pick<Condition, "status" | "reason">): void {
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
