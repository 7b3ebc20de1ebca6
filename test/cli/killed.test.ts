import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { dump } from "js-yaml";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { openKube } from "../../src/kube/api/client.ts";
import type { Cluster } from "../../src/kube/api/cluster.ts";
import { istioManifests } from "../../src/simulator/istio/manifests.ts";
import type { SimulatedCluster } from "../../src/simulator/start.ts";
import { startSimulatedClusterInThread } from "../../src/simulator/threaded.ts";
import { allReady } from "../support/all-ready.ts";
import { type ApiGate, openApiGate } from "../support/api-gate.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** The built program in a process of its own, on a cluster with ReplicaSets, pods and EndpointSlices that is not in it. */
const program = fileURLToPath(new URL("../../dist/bin.js", import.meta.url));
const folder = temporaryFolder();
const timeout = 120_000;

let simulated: SimulatedCluster;
let gate: ApiGate;
let cluster: Cluster;
let before: string[];

beforeAll(async () => {
	const worker = new URL("../../dist/simulated-thread.js", import.meta.url);
	simulated = await startSimulatedClusterInThread(worker, { model: "today", seed: 1, speed: 40 });
	gate = await openApiGate(simulated.kubeconfig);
	cluster = await openKube({ text: simulated.kubeconfig, env: {} });
	writeFileSync(join(folder, "kubeconfig"), gate.kubeconfig);
	const parts = { cni: false, isAutoInjected: true, meshConfig: {}, version: "1.31.0" };
	writeFileSync(
		join(folder, "istio.yaml"),
		istioManifests(parts)
			.map((object) => `---\n${dump(object, { noRefs: true })}`)
			.join(""),
	);
	await vi.waitFor(async () => expect(await allReady(cluster)).toBe(true), { timeout, interval: 200 });
	before = await lasting();
}, timeout);
afterAll(async () => {
	cluster.close();
	await gate.close();
	await simulated.close();
});
beforeEach(() => {
	gate.onWrite = () => {};
	gate.reset();
});

const passing = new Set(["Event", "Lease", "EndpointSlice", "Endpoints"]);

/** Every object and its settings; pods by their ReplicaSet, as long as they are not ending. */
async function lasting(): Promise<string[]> {
	const resources = (await cluster.resources()).filter(
		({ verbs, kind }) => verbs.includes("list") && !passing.has(kind),
	);
	const lists = await Promise.all(resources.map(({ apiVersion, kind }) => cluster.list({ apiVersion, kind })));
	const lines = lists.flat().map(({ kind, metadata: { namespace, name, labels, deletionTimestamp }, data }) => {
		if (kind === "Pod" && deletionTimestamp !== undefined) return "";
		const shown = kind === "Pod" ? name.replace(/-[a-z0-9]{5}$/, "") : name;
		const settings = kind === "Namespace" || kind === "ConfigMap" ? JSON.stringify({ labels, data }) : "";
		return `${kind} ${namespace ?? ""}/${shown} ${settings}`;
	});
	return lines.filter((line) => line !== "").sort();
}

function start(command: string, ...args: string[]) {
	const kubeconfig = ["--kubeconfig", join(folder, "kubeconfig")];
	const child = spawn(process.execPath, [program, command, ...args, ...kubeconfig], {
		env: { HOME: folder, PATH: process.env.PATH },
		stdio: ["ignore", "pipe", "pipe"],
	});
	let said = "";
	for (const stream of [child.stdout, child.stderr]) {
		stream.setEncoding("utf8").on("data", (text: string) => {
			said += text;
		});
	}
	const ended = once(child, "close").then(([code]) => ({ code: code as number | null, said }));
	return { child, ended, said: () => said };
}

const istio = ["--istio-manifests", join(folder, "istio.yaml")];
const bench = (...args: string[]) => start("bench", "-p", "full", "-n", "1", ...istio, ...args);

async function expectCleaned(): Promise<void> {
	const cleaned = await start("clean", "--timeout", "60s").ended;
	expect(cleaned.code, cleaned.said).toBe(0);
	expect(await lasting()).toEqual(before);
}

/** From the first write to late in the run; the exact ones are spread by a step that no stage's length divides. */
const writes = [1, 3, 18, 44, 57, 66, 74, 83];

describe("a run that is killed", () => {
	it.each(writes)("after its write %i is undone by clean", { timeout }, async (count) => {
		const { child, ended } = bench("--keep");
		gate.onWrite = (done) => {
			if (done === count) child.kill("SIGKILL");
		};
		const { said } = await ended;
		expect(gate.writes, said).toBeGreaterThanOrEqual(count);
		await expectCleaned();
	});

	it.each([3, 9, 16])("also by a clean that follows one killed after its write %i", { timeout }, async (count) => {
		const killed = bench("--keep");
		gate.onWrite = (done) => {
			if (done === 66) killed.child.kill("SIGKILL");
		};
		await killed.ended;
		gate.reset();
		const cleaning = start("clean");
		gate.onWrite = (done) => {
			if (done === count) cleaning.child.kill("SIGKILL");
		};
		await cleaning.ended;
		await expectCleaned();
	});
});

describe("two at once, and one after the other", () => {
	it("refuses a second bench while one runs, which goes on", { timeout }, async () => {
		const first = bench();
		await expect.poll(() => gate.writes, { timeout }).toBeGreaterThan(5);
		const second = await bench().ended;
		expect(second).toMatchObject({ code: 4, said: expect.stringContaining("another knistio") });
		first.child.kill("SIGINT");
		expect((await first.ended).code).toBe(130);
		expect(await lasting()).toEqual(before);
	});

	it("leaves nothing after a second Ctrl-C that clean does not undo", { timeout }, async () => {
		const { child, ended } = bench();
		await expect.poll(() => gate.writes, { timeout }).toBeGreaterThan(40);
		child.kill("SIGINT");
		await new Promise((resolve) => setTimeout(resolve, 300));
		child.kill("SIGINT");
		expect([130, null]).toContain((await ended).code);
		await expectCleaned();
	});

	it("goes from install over bench --keep to clean", { timeout }, async () => {
		const installed = await start("install", "minimal", ...istio).ended;
		expect(installed.code, installed.said).toBe(0);
		const kept = bench("--keep");
		await expect.poll(() => kept.said().includes("warm-up"), { timeout }).toBe(true);
		kept.child.kill("SIGINT");
		expect((await kept.ended).code).toBe(130);
		await expectCleaned();
	});
});
