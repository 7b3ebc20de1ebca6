/**
 * How much the simulated API server bears: `npm run bench:simulated`. 5,000 objects of 1 kB are held; then pages of 500
 * are listed and changes are watched, and the 99th percentile of each is printed. Client and server share one thread
 * here, so what is printed is the sum of both.
 */
import { setTimeout as pause } from "node:timers/promises";
import { quantileOf } from "../src/analysis/statistics/median.ts";
import { configMap, openClient } from "../test/simulator/client.ts";

const objects = 5_000;
const rounds = 200;
const limitMs = 50;
const path = "/api/v1/namespaces/default/configmaps";
const client = await openClient({ speed: 1 });
const data = { text: "x".repeat(1_000) };

let startedAt = performance.now();
for (let index = 0; index < objects; index++) {
	await client.call("POST", path, configMap(`load-${index}`, data, { group: String(index % 100) }));
}
console.log(`${objects} objects created in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);

let next = "";
await measure("list of a page of 500", async () => {
	const { json } = await client.call("GET", `${path}?limit=500${next}`);
	const { continue: token } = json.metadata as { continue?: string };
	next = token ? `&continue=${encodeURIComponent(token)}` : "";
});
await measure("list of 50 by label", () => client.call("GET", `${path}?labelSelector=group%3D7`));

const watch = client.watch(`${path}?resourceVersion=0`);
await watch.until((events) => events.length >= objects);
let changes = 0;
await measure("change to watch event", async () => {
	const before = watch.events.length;
	const seen = watch.until((events) => events.length > before);
	await client.call("PUT", `${path}/load-1`, configMap("load-1", { text: String(++changes) }));
	await seen;
});
watch.close();
await client.close();

async function measure(what: string, act: () => Promise<unknown>): Promise<void> {
	const tookMs: number[] = [];
	for (let round = 0; round < rounds; round++) {
		startedAt = performance.now();
		await act();
		tookMs.push(performance.now() - startedAt);
		await pause(5);
	}
	const [median = Number.NaN, p99 = Number.NaN] = [quantileOf(tookMs, 0.5), quantileOf(tookMs, 0.99)];
	console.log(
		`${what}: median ${median.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, ${p99 < limitMs ? "below" : "NOT below"} ${limitMs} ms`,
	);
}
