import { expect, it } from "vitest";
import { openClient } from "./client.ts";

const config = "/api/v1/namespaces/knative-serving/configmaps/config-gc";
const merge = { "content-type": "application/merge-patch+json" };

it("lets the API server refuse what it would ask a webhook, in its words, until the webhook's pod is old enough", async () => {
	const client = await openClient({ speed: 20, faults: { webhookOutageMs: 100_000 } });
	const patch = () => client.call("PATCH", config, { metadata: { labels: { asked: "yes" } } }, merge);
	const refused = await patch();
	expect(refused.status).toBe(500);
	expect(refused.json).toMatchObject({
		reason: "InternalError",
		message: expect.stringMatching(
			/^Internal error occurred: failed calling webhook "config.webhook.serving.knative.dev": failed to call webhook: Post "https:\S+": \S/,
		),
	});
	// What no webhook is asked about is taken.
	const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "mine" } };
	expect((await client.call("POST", "/api/v1/namespaces", namespace)).status).toBe(201);
	await expect.poll(async () => (await patch()).status, { timeout: 20_000, interval: 100 }).toBe(200);
	await client.close();
}, 30_000);
