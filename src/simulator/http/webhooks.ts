import type { Api } from "../api/api.ts";
import type { Pod } from "../api/objects.ts";
import type { Resource } from "../api/resources.ts";
import { StatusError } from "../api/status-error.ts";
import type { FaultEffects } from "../faults/fault.ts";
import type { ResourcePath } from "./paths.ts";

/** A write, as webhooks are chosen by it. */
interface Write {
	resource: Resource;
	path: ResourcePath;
	method: string | undefined;
}

interface Webhook {
	name: string;
	/** Where it runs, and which `app` its pods are. */
	namespace: string;
	app: string;
	url: string;
	concerns(write: Write): boolean;
}

/** Those that the API server asks before it takes a write of a user's, as the releases of Knative and Istio set them up. */
const webhooks: readonly Webhook[] = [
	{
		name: "validation.webhook.serving.knative.dev",
		namespace: "knative-serving",
		app: "webhook",
		url: "https://webhook.knative-serving.svc:443/resource-validation?timeout=10s",
		concerns: ({ resource }) => resource.group === "serving.knative.dev",
	},
	{
		name: "config.webhook.serving.knative.dev",
		namespace: "knative-serving",
		app: "webhook",
		url: "https://webhook.knative-serving.svc:443/config-validation?timeout=10s",
		concerns: ({ resource, path }) => resource.id === "configmaps" && path.namespace === "knative-serving",
	},
	{
		name: "rev.validation.istio.io",
		namespace: "istio-system",
		app: "istiod",
		url: "https://istiod.istio-system.svc:443/validate?timeout=10s",
		concerns: ({ resource, method }) => resource.group.endsWith(".istio.io") && method !== "DELETE",
	},
];

/**
 * Lets the webhooks of a write fail as a fault wants it, before anything is stored.
 * @throws StatusError 500, in the API server's words
 */
export function callWebhooks(
	{ api, faults, serverEpochNs }: { api: Api; faults: FaultEffects; serverEpochNs: () => bigint },
	write: Write,
): void {
	for (const webhook of webhooks) {
		if (!webhook.concerns(write)) continue;
		const reason = faults.webhookFailure(upForMs(api, webhook, Number(serverEpochNs() / 1_000_000n)));
		if (reason === undefined) continue;
		const words = `failed calling webhook "${webhook.name}": failed to call webhook: Post "${webhook.url}": ${reason}`;
		throw new StatusError(`Internal error occurred: ${words}`, { code: 500, reason: "InternalError" });
	}
}

/** Since its newest pod was made; for ever where it has none, for then it is not set up. */
function upForMs(api: Api, { namespace, app }: Webhook, nowMs: number): number {
	const pods = api.list<Pod>("pods", namespace).filter(({ metadata }) => metadata.labels?.app === app);
	const made = pods.map(({ metadata }) => Date.parse(metadata.creationTimestamp ?? ""));
	return nowMs - Math.max(Number.NEGATIVE_INFINITY, ...made);
}
