import { authorizerName } from "../../istio/authorizer.ts";
import type { KubeObject, ObjectRef } from "../../kube/api/cluster.ts";
import { digestAnnotation } from "../../kube/objects/ownership.ts";
import { stillThere, waitUntilNone } from "../../kube/wait/gone.ts";
import { waitReady } from "../../kube/wait/ready.ts";
import { newTask, type Session } from "../../kube/wait/task.ts";
import type { Visit } from "./probe.ts";

/** What the authorizer's Service selects pods by. */
const labels = { "app.kubernetes.io/name": authorizerName };
export const refusingName = `${authorizerName}-refusing`;
/** What the refusing authorizer says with its 403. */
export const refusal = "refused by knistio's authorizer";
/** A request that the refusing authorizer refuses, as Istio's sample does by a header of this name. */
export const refusedPath = "/?x-ext-authz=deny";

/** The Deployment of the profile's authorizer. */
export const authorizerRef = (namespace: string): ObjectRef => ({
	apiVersion: "apps/v1",
	kind: "Deployment",
	name: authorizerName,
	namespace,
});

/**
 * An authorizer that refuses when it is asked to, which the installed one never does: Envoy alone. It is asked by the
 * query and not by a header, because a provider passes on only the headers that it names.
 * @param isAsked whether the authorizer's Service selects it, beside those that the Service selects anyway
 */
export function refusingAuthorizer({ namespace }: Visit, image: string, isAsked: boolean): KubeObject {
	const container = {
		name: "envoy",
		image,
		imagePullPolicy: "IfNotPresent",
		command: ["/usr/local/bin/envoy"],
		args: [
			"--config-yaml",
			JSON.stringify(configuration),
			...["--concurrency", "1", "--disable-hot-restart", "--log-level", "error"],
		],
		readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
	};
	return {
		apiVersion: "v1",
		kind: "Pod",
		metadata: {
			name: refusingName,
			namespace,
			labels: { ...(isAsked ? labels : {}), "sidecar.istio.io/inject": "false" },
		},
		spec: { containers: [container], terminationGracePeriodSeconds: 1 },
	};
}

const typeOf = (name: string) => `type.googleapis.com/envoy.extensions.filters.${name}`;
const router = { name: "envoy.filters.http.router", typed_config: { "@type": typeOf("http.router.v3.Router") } };

const routes = [
	{
		match: { prefix: "/", query_parameters: [{ name: "x-ext-authz", string_match: { exact: "deny" } }] },
		direct_response: { status: 403, body: { inline_string: refusal } },
	},
	{ match: { prefix: "/" }, direct_response: { status: 200 } },
];

const connectionManager = {
	name: "envoy.filters.network.http_connection_manager",
	typed_config: {
		"@type": typeOf("network.http_connection_manager.v3.HttpConnectionManager"),
		stat_prefix: "authorizer",
		http_filters: [router],
		route_config: { virtual_hosts: [{ name: "all", domains: ["*"], routes }] },
	},
};

const configuration = {
	static_resources: {
		listeners: [
			{
				name: "authorizer",
				address: { socket_address: { address: "0.0.0.0", port_value: 8080 } },
				filter_chains: [{ filters: [connectionManager] }],
			},
		],
	},
};

/**
 * Scales the profile's authorizer and waits until that is so. Without the digest a later install would apply it anew, also
 * where this run is killed between the two.
 */
export async function scaleAuthorizer(session: Session, deployment: KubeObject, replicas: number): Promise<void> {
	const { cluster, signal } = session;
	const { namespace = "" } = deployment.metadata;
	const ref = authorizerRef(namespace);
	const digest = replicas === 0 ? null : deployment.metadata.annotations?.[digestAnnotation];
	const metadata = digest === undefined ? {} : { annotations: { [digestAnnotation]: digest } };
	await cluster.patch(ref, { metadata, spec: { replicas } }, signal);
	if (replicas > 0) return waitReady(newTask(session), [ref]);
	const labelSelector = Object.entries(labels)
		.map(([key, value]) => `${key}=${value}`)
		.join();
	const left = await waitUntilNone(newTask(session), async () => {
		const pods = await cluster.list({ apiVersion: "v1", kind: "Pod", labelSelector, namespace }, signal);
		return pods.filter(({ metadata: { name } }) => name !== refusingName);
	});
	// As long as one answers, an answer says nothing.
	if (left.length > 0) throw stillThere(left);
}
