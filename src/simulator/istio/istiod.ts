import type { KubeObject, Workload } from "../api/objects.ts";
import type { World } from "../world/world.ts";

interface Webhook {
	name: string;
	failurePolicy?: string;
	clientConfig: { caBundle?: string; service?: { name: string } };
}

interface WebhookConfiguration extends KubeObject {
	webhooks?: Webhook[];
}

const kinds = [
	"mutatingwebhookconfigurations.admissionregistration.k8s.io",
	"validatingwebhookconfigurations.admissionregistration.k8s.io",
];
const caBundle = Buffer.from("-----BEGIN CERTIFICATE-----\nsimulated\n-----END CERTIFICATE-----\n").toString("base64");

/** Once istiod is ready it fills its CA into Istio's webhooks, and lets the validating ones refuse. */
export function startIstiod(world: World): void {
	const { api, clock } = world;
	const isReady = () =>
		(api.get<Workload>("deployments.apps", { namespace: "istio-system", name: "istiod" })?.status?.readyReplicas ?? 0) >
		0;

	function fillAll(): void {
		if (!isReady()) return;
		for (const id of kinds) {
			for (const configuration of api.list<WebhookConfiguration>(id)) {
				if (needsFilling(configuration)) fill(world, id, configuration.metadata.name);
			}
		}
	}

	const later = (name: string) => clock.after(world.delays.of("webhookReady", name), fillAll);
	for (const id of kinds) api.watch(id, ({ type, object }) => type !== "DELETED" && later(object.metadata.name));
	api.watch("deployments.apps", ({ object }) => object.metadata.name === "istiod" && later("istiod"));
}

function isOfIstio({ clientConfig }: Webhook): boolean {
	return clientConfig.service?.name.startsWith("istiod") === true;
}

function needsFilling(configuration: WebhookConfiguration): boolean {
	return (
		configuration.webhooks?.some((webhook) => isOfIstio(webhook) && (webhook.clientConfig.caBundle ?? "") === "") ===
		true
	);
}

function fill({ api }: World, id: string, name: string): void {
	api.edit<WebhookConfiguration>(
		id,
		{ name },
		{
			manager: "pilot-discovery",
			change: (draft) => {
				for (const webhook of draft.webhooks ?? []) {
					if (!isOfIstio(webhook)) continue;
					webhook.clientConfig.caBundle = caBundle;
					if (id.startsWith("validating")) webhook.failurePolicy = "Fail";
				}
			},
		},
	);
}
