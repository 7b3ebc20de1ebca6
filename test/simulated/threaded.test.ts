import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startSimulatedClusterInThread } from "../../src/simulated/threaded.ts";

let folder: string;
let worker: URL;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "knistio-simulated-"));
	const outfile = join(folder, "worker.mjs");
	await build({
		entryPoints: ["src/simulated/worker.ts"],
		outfile,
		bundle: true,
		platform: "node",
		format: "esm",
		logLevel: "error",
	});
	worker = pathToFileURL(outfile);
});
afterAll(() => rm(folder, { recursive: true }));

it("runs a cluster in a thread of its own, which can be asked for the truth and closed", async () => {
	const cluster = await startSimulatedClusterInThread(worker, { model: "today", seed: 1, speed: 100 });
	const origin = /server: (.*)/.exec(cluster.kubeconfig)?.[1];
	expect(await (await fetch(`${origin}/readyz`)).text()).toBe("ok");
	const truth = await cluster.truth();
	expect(truth.pods.map((pod) => pod.namespace)).toContain("knative-serving");
	await cluster.close();
	await expect(fetch(`${origin}/readyz`)).rejects.toThrow();
});

it("says why it cannot start", async () => {
	const started = startSimulatedClusterInThread(worker, { model: "no-such-model", seed: 1, speed: 1 });
	await expect(started).rejects.toThrow("no model no-such-model; there are today, talk-2019");
});
