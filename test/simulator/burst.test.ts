import { expect, it } from "vitest";
import { isPodReady, type Pod } from "../../src/simulator/api/objects.ts";
import { openClient, type WatchEvent } from "./client.ts";

it("shows 500 pods in one burst without losing an event, which its own truth confirms", async () => {
	const client = await openClient({ speed: 50 });
	const pods = client.watch("/api/v1/namespaces/default/pods");
	const events = client.watch("/api/v1/namespaces/default/events");
	const labels = { app: "burst" };
	const containers = ["a", "b"].map((name) => ({ name, image: `simulated/${name}:1` }));
	await client.call("POST", "/apis/apps/v1/namespaces/default/deployments", {
		apiVersion: "apps/v1",
		kind: "Deployment",
		metadata: { name: "burst" },
		spec: {
			replicas: 500,
			selector: { matchLabels: labels },
			template: { metadata: { labels }, spec: { containers } },
		},
	});
	const isTold = (all: WatchEvent[]) => all.filter(({ object }) => object.reason === "Started").length >= 1000;
	const told = await events.until(isTold, 40_000);
	const seen = await pods.until((all) => all.filter(({ object }) => isPodReady(object as Pod)).length >= 500, 40_000);
	const truth = (await client.cluster.truth()).pods.filter((pod) => pod.namespace === "default");
	await client.close();
	const uids = new Set(seen.map(({ object }) => object.metadata.uid));
	expect(uids).toEqual(new Set(truth.map((pod) => pod.uid)));
	expect(uids.size).toBe(500);
	const names = told.filter(({ object }) => object.reason === "Started").map(({ object }) => object.metadata.name);
	expect(new Set(names).size).toBe(1000);
}, 90_000);
