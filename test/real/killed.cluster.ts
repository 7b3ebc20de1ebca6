import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { renderIstio } from "../../src/istio/render.ts";
import { readKnativeManifests } from "../../src/knative/manifest-files.ts";
import { openKube } from "../../src/kube/api/client.ts";
import { type Cluster, type KubeObject, type ObjectRef, refOf } from "../../src/kube/api/cluster.ts";
import { byStage, placed } from "../../src/kube/objects/order.ts";
import { waitGone } from "../../src/kube/wait/gone.ts";
import { patiently } from "../../src/kube/wait/patience.ts";
import { waitReady } from "../../src/kube/wait/ready.ts";
import { newTask } from "../../src/kube/wait/task.ts";
import { loadProfiles } from "../../src/profile/load.ts";
import { sessionOn } from "../support/session.ts";
import { everything, knativeManifests, run, start } from "./knistio.ts";

/** A clean-up must be done by then, whatever was going on when the run was killed. */
const cleanWithinMs = 60_000;

/** When the run is killed: so long after it said something. */
interface KillPoint {
	name: string;
	says: string | RegExp;
	afterMs: number;
	/** What goes on then takes place in an interrupted `clean`. */
	alsoClean?: number;
	/** The run is interrupted by Ctrl-C when it says this, so that it comes to its clean-up at once. */
	endsAt?: string;
}

const points: KillPoint[] = [
	{ name: "installing", says: "installing full", afterMs: 1500 },
	{ name: "restarting, at once", says: "restarting what reads its settings", afterMs: 0 },
	{ name: "restarting, a little later", says: "restarting what reads its settings", afterMs: 700 },
	{ name: "restarting, in the middle", says: "restarting what reads its settings", afterMs: 4000 },
	{ name: "measuring, and the clean-up too", says: "warm-up: HTTP 200", afterMs: 500, alsoClean: 3000 },
	{ name: "cleaning up", endsAt: "full: deploying", says: "restoring what was changed", afterMs: 300 },
];
const more: KillPoint[] = [
	{ name: "installing, later", says: "installing full", afterMs: 6000 },
	{ name: "restarting, 2 s", says: "restarting what reads its settings", afterMs: 2000 },
	{ name: "restarting, 8 s", says: "restarting what reads its settings", afterMs: 8000 },
	{ name: "deploying", says: /deploy/, afterMs: 1000 },
	{ name: "warm-up", says: /full: warm-up/, afterMs: 1000 },
	{ name: "cleaning up, policies", endsAt: "full: deploying", says: "removing the policies", afterMs: 200 },
	{ name: "cleaning up, Istio", endsAt: "full: deploying", says: "removing Istio", afterMs: 400 },
	{ name: "cleaning up, Istio, later", endsAt: "full: deploying", says: "removing Istio", afterMs: 2500 },
	{ name: "cleaning up, namespaces", endsAt: "full: deploying", says: "removing the namespaces", afterMs: 200 },
];

let cluster: Cluster;
let others: KubeObject[];

/** Knative and Istio's definitions, as somebody else would have put them there before. */
async function othersObjects(): Promise<KubeObject[]> {
	const [minimal] = await loadProfiles(["minimal"]);
	if (minimal === undefined) throw new Error("no profile minimal");
	const istioctl = process.env.KNISTIO_TEST_ISTIOCTL ?? "istioctl";
	const { objects } = await renderIstio(minimal, { kind: "istioctl", istioctl, overlays: [], sets: [] });
	const definitions = objects.filter(({ kind }) => kind === "CustomResourceDefinition");
	const istioSystem = { apiVersion: "v1", kind: "Namespace", metadata: { name: "istio-system" } };
	return [istioSystem, ...definitions, ...((await readKnativeManifests(knativeManifests)) ?? [])].map(placed);
}

async function applyOthers(): Promise<void> {
	const task = newTask(sessionOn(cluster, { timeoutMs: 300_000 }));
	for (const objects of byStage(others).values()) {
		for (const object of objects) await patiently(task, object.metadata.name, () => cluster.apply(object));
		const isWaitedFor = ({ kind }: KubeObject) => kind === "CustomResourceDefinition" || kind === "Deployment";
		await waitReady(task, objects.filter(isWaitedFor));
	}
}

async function removeOthers(): Promise<void> {
	const task = newTask(sessionOn(cluster, { timeoutMs: 300_000 }));
	for (const [stage, objects] of [...byStage(others)].reverse()) {
		if (stage === "namespaces") await forgetPods("knative-serving");
		const refs: ObjectRef[] = objects.map(refOf);
		for (const ref of refs) await patiently(task, ref.name, () => cluster.remove(ref));
		await waitGone(task, refs);
	}
}

/** The activator would be given minutes to drain, and a namespace's end looks for its pods after as many again. */
async function forgetPods(namespace: string): Promise<void> {
	const pods = await cluster.list({ apiVersion: "v1", kind: "Pod", namespace });
	for (const pod of pods) await cluster.remove(refOf(pod), { gracePeriodSeconds: 0 });
}

beforeAll(async () => {
	const cleaned = await run(["clean", "--force"]);
	expect(cleaned.code, cleaned.stderr).toBe(0);
	cluster = await openKube({ env: process.env });
	others = await othersObjects();
	await applyOthers();
});
afterAll(async () => {
	if (others !== undefined) await removeOthers();
	cluster.close();
});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function kill(args: string[], { says, afterMs, endsAt }: Omit<KillPoint, "name">): Promise<void> {
	const running = start(args);
	if (endsAt !== undefined) {
		await running.says(endsAt);
		running.signal("SIGINT");
	}
	await running.says(says);
	await pause(afterMs);
	running.signal("SIGKILL");
	await running.ended;
}

/**
 * Pods of others have new names after a restart, and old ones may take minutes to drain when nothing is sent to them any
 * more; which ReplicaSet has how many is compared.
 */
async function lasting(): Promise<string[]> {
	const pods = await cluster.list({ apiVersion: "v1", kind: "Pod" });
	const ending = new Set(
		pods
			.filter(({ metadata }) => metadata.deletionTimestamp !== undefined)
			.map(({ metadata: { namespace, name } }) => `v1 Pod ${namespace}/${name}`),
	);
	const lines = (await everything()).filter((line) => !ending.has(line.trimEnd()));
	const isPod = /^v1 Pod (?<namespace>[^/]*)\/(?<name>.*?)(-[a-z0-9]{5})? *$/;
	return lines.map((line) => line.replace(isPod, "v1 Pod $<namespace>/$<name>")).sort();
}

describe("kill -9 on a cluster whose Knative is somebody else's", () => {
	const all = process.env.KNISTIO_TEST_ALL_KILLS === undefined ? points : [...points, ...more];

	it.each(all)("while $name is undone by one `clean`", async ({ name, alsoClean, ...point }) => {
		const before = await lasting();
		await kill(["bench", "-p", "full", "-n", "1"], point);
		if (alsoClean !== undefined) {
			await kill(["clean"], { says: "restoring what was changed", afterMs: alsoClean });
		}
		const startedAt = performance.now();
		const cleaned = await run(["clean"]);
		const tookMs = performance.now() - startedAt;
		console.log(`${name}: clean took ${(tookMs / 1000).toFixed(1)} s, exit ${cleaned.code}`);
		expect(cleaned.code, cleaned.stderr).toBe(0);
		expect(await lasting()).toEqual(before);
		expect(tookMs).toBeLessThanOrEqual(cleanWithinMs);
	});
});
