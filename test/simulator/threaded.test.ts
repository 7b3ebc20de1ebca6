import { mkdtemp, rm } from "node:fs/promises";
import https from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, it } from "vitest";
import { UsageError } from "../../src/errors.ts";
import { startSimulatedClusterInThread } from "../../src/simulator/threaded.ts";

let folder: string;
let worker: URL;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "knistio-simulated-"));
	const outfile = join(folder, "worker.mjs");
	await build({
		entryPoints: ["src/simulator/worker.ts"],
		outfile,
		bundle: true,
		platform: "node",
		format: "esm",
		logLevel: "error",
	});
	worker = pathToFileURL(outfile);
});
afterAll(() => rm(folder, { recursive: true }));

function statusOf(url: string): Promise<number | undefined> {
	return new Promise((resolve, reject) => {
		https
			.get(url, { rejectUnauthorized: false, agent: false }, (response) => resolve(response.statusCode))
			.on("error", reject);
	});
}

it("runs a cluster in a thread of its own, which can be asked for the truth and closed", async () => {
	const cluster = await startSimulatedClusterInThread(worker, { model: "today", seed: 1, speed: 100 });
	const origin = /server: (.*)/.exec(cluster.kubeconfig)?.[1];
	expect(await statusOf(`${origin}/readyz`)).toBe(200);
	const truth = await cluster.truth();
	expect(truth.pods.map((pod) => pod.namespace)).toContain("knative-serving");
	await cluster.close();
	await expect(statusOf(`${origin}/readyz`)).rejects.toThrow("ECONNREFUSED");
});

it("says why it cannot start", async () => {
	const noModel = startSimulatedClusterInThread(worker, { model: "no-such-model", seed: 1, speed: 1 });
	await expect(noModel).rejects.toThrow(UsageError);
	const noWorker = startSimulatedClusterInThread(new URL("none.mjs", worker), { model: "today", seed: 1, speed: 1 });
	await expect(noWorker).rejects.toThrow("Cannot find module");
});
