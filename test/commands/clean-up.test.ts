import { describe, expect, it } from "vitest";
import { cleanUp, endInWords, lookBefore } from "../../src/commands/bench/clean-up.ts";
import { ClusterError } from "../../src/errors.ts";
import { installProfile } from "../../src/install/install.ts";
import { takeLock } from "../../src/install/state/lock.ts";
import { readState } from "../../src/install/state/store.ts";
import type { Installation } from "../../src/install/wanted.ts";
import { describeRef } from "../../src/kube/api/cluster.ts";
import { markOurs } from "../../src/kube/objects/ownership.ts";
import type { Progress } from "../../src/progress.ts";
import { clusterWithKnative, definition, full, istioObjects, minimal } from "../install/objects.ts";
import { type FakeCluster, jumpingClock } from "../support/fake-cluster.ts";
import { sessionOn } from "../support/session.ts";

const clock = jumpingClock();

const request = (more: Partial<Installation> = {}): Installation => ({
	profile: minimal,
	istioObjects: istioObjects(),
	namespace: "knistio",
	authorizerImage: "sample:1",
	knativeObjects: undefined,
	useInstalled: false,
	...more,
});
const benched = { profile: full, istioObjects: istioObjects({ cni: true, mesh: "authz" }), namespace: "other" };

/** Every object but knistio's own memory, without what each write changes. */
function shape(cluster: FakeCluster) {
	const own = [...cluster.objects].filter(([key]) => !key.includes("knistio-system"));
	const changing = new Set([
		"resourceVersion",
		"uid",
		"generation",
		"managedFields",
		"kubectl.kubernetes.io/restartedAt",
	]);
	const withoutThese = (key: string, value: unknown) => (changing.has(key) ? undefined : value);
	return new Map(own.map(([key, object]) => [key, JSON.parse(JSON.stringify(object, withoutThese))]));
}

/** A whole bench that measures nothing. @returns what it said, and its failure */
async function bench(
	cluster: FakeCluster,
	{ keep = false, more = benched as Partial<Installation>, measure = () => {} } = {},
) {
	const lock = await takeLock(sessionOn(cluster, { clock }));
	const before = await lookBefore(sessionOn(cluster));
	await installProfile(sessionOn(cluster, { clock }), request(more), { lock });
	measure();
	const notes: string[] = [];
	const progress: Progress = (event) => void (event.kind === "note" && notes.push(event.text));
	const end = { keep, before, namespace: more.namespace ?? "knistio", lock };
	const failure = await cleanUp(sessionOn(cluster, { clock, progress }), end);
	return { before, notes, failure };
}

describe("a bench over a cluster where a profile was installed to stay", () => {
	it("comes back to it, also where one before was killed, and removes its own namespace", async () => {
		const cluster = clusterWithKnative();
		await installProfile(sessionOn(cluster, { clock }), request(), { isToStay: true });
		const installed = shape(cluster);
		await installProfile(sessionOn(cluster, { clock }), request(benched));
		expect([...shape(cluster).keys()]).not.toEqual([...installed.keys()]);
		const { notes, failure } = await bench(cluster);
		expect(failure).toBeUndefined();
		expect(notes).toEqual(["minimal, which `knistio install` put there, is there again"]);
		expect([...shape(cluster).keys()].sort()).toEqual([...installed.keys()].sort());
		expect(cluster.objects.get("ConfigMap istio-system/istio")).toMatchObject({
			data: installed.get("ConfigMap istio-system/istio").data,
		});
		expect(await readState(cluster)).toMatchObject({ installed: "minimal", owner: "install" });
	});

	it("leaves it as it was where it measured the same", async () => {
		const cluster = clusterWithKnative();
		await installProfile(sessionOn(cluster, { clock }), request(), { isToStay: true });
		const installed = shape(cluster);
		expect((await bench(cluster, { more: {} })).notes).toEqual([
			"minimal, which `knistio install` put there, is there as it was",
		]);
		expect(shape(cluster)).toEqual(installed);
	});

	it("waits until nothing is left of the services, which Kubernetes removes in its own time", async () => {
		const cluster = clusterWithKnative();
		await installProfile(sessionOn(cluster, { clock }), request(), { isToStay: true });
		for (const kind of ["Service", "Revision"]) cluster.put(definition("serving.knative.dev", kind));
		const installed = shape(cluster);
		const revision = { apiVersion: "serving.knative.dev/v1", kind: "Revision", namespace: "knistio", name: "hello-1" };
		const labels = { "serving.knative.dev/service": "hello" };
		const measure = () => {
			const service = { ...revision, kind: "Service", metadata: { name: "hello", namespace: "knistio" } };
			cluster.put(markOurs(service, { part: "workload", profile: "minimal" }));
			cluster.put({ ...revision, metadata: { name: "hello-1", namespace: "knistio", labels } });
		};
		const list = cluster.list;
		let looks = 0;
		cluster.list = async (query, signal) => {
			if (query.kind === "Revision" && ++looks === 5) cluster.objects.delete(describeRef(revision));
			return list(query, signal);
		};
		expect((await bench(cluster, { more: {}, measure })).failure).toBeUndefined();
		expect([...shape(cluster).keys()].sort()).toEqual([...installed.keys()].sort());
		expect(looks).toBeGreaterThanOrEqual(5);
	});

	it("says with --keep what it leaves, and the next one comes back", async () => {
		const cluster = clusterWithKnative();
		await installProfile(sessionOn(cluster, { clock }), request(), { isToStay: true });
		const { notes } = await bench(cluster, { keep: true });
		expect(notes[0]).toMatch(/leave all of this in place of minimal, which `knistio install` put there/);
		expect((await readState(cluster)).installed).toBe("full");
		await bench(cluster, { more: {} });
		expect((await readState(cluster)).installed).toBe("minimal");
	});
});

describe("a bench over what only a bench left", () => {
	it("removes everything", async () => {
		const cluster = clusterWithKnative();
		const empty = shape(cluster);
		await installProfile(sessionOn(cluster, { clock }), request(benched));
		const { before, failure } = await bench(cluster, { more: {} });
		expect([before.kind, failure]).toEqual(["nobody", undefined]);
		expect([...shape(cluster).keys()].sort()).toEqual([...empty.keys()].sort());
	});

	it("leaves what an older knistio may have installed, and says so, however often", async () => {
		const cluster = clusterWithKnative();
		await installProfile(sessionOn(cluster, { clock }), request());
		const state = cluster.objects.get("ConfigMap knistio-system/knistio-state") as { data?: { state: string } };
		const { owner: _, ...old } = JSON.parse(state.data?.state ?? "");
		state.data = { state: JSON.stringify(old) };
		for (const _ of [1, 2]) {
			const { before, notes } = await bench(cluster, { more: {} });
			expect(before.kind).toBe("unknown");
			expect(notes.join()).toContain("an older knistio may have put it there to stay; `knistio clean` removes it");
			expect(cluster.objects.has("Deployment istio-system/istiod")).toBe(true);
		}
	});
});

describe("a clean-up that cannot be", () => {
	it("is told as an error with what to do", async () => {
		const cluster = clusterWithKnative();
		const lock = await takeLock(sessionOn(cluster, { clock }));
		await installProfile(sessionOn(cluster, { clock }), request(), { lock });
		cluster.dieAfterWrites(1);
		const options = { keep: false, namespace: "knistio", lock };
		const failure = await cleanUp(sessionOn(cluster, { clock, timeoutMs: 1_000 }), {
			...options,
			before: { kind: "nobody" },
		});
		expect(failure).toBeInstanceOf(ClusterError);
		expect(failure?.message).toMatch(/^could not clean up, and the cluster is still changed: /);
		expect(failure?.hint).toContain("`knistio clean` goes on");
	});

	it("touches nothing after another knistio has taken over", async () => {
		const cluster = clusterWithKnative();
		await installProfile(sessionOn(cluster, { clock }), request());
		const writes = cluster.writes.length;
		const lock = { lost: AbortSignal.abort(new ClusterError("taken")), release: async () => {} };
		const options = { keep: false, namespace: "knistio", lock };
		for (const kind of ["nobody", "unknown"] as const) {
			const failure = await cleanUp(sessionOn(cluster, { clock, timeoutMs: 1_000 }), { ...options, before: { kind } });
			expect(failure?.message).toContain("another knistio has taken over the cluster");
		}
		const kept = await cleanUp(sessionOn(cluster, { clock, timeoutMs: 1_000 }), {
			...options,
			keep: true,
			before: { kind: "nobody" },
		});
		expect(kept?.message).toContain("another knistio has taken over the cluster");
		expect(cluster.writes.length).toBe(writes);
	});
});

it("a dry run says what the end will be", () => {
	const { istioObjects: objects, ...rest } = request();
	const installed = { kind: "install" as const, standing: { ...rest, istioObjects: objects } };
	expect(endInWords({ kind: "nobody" }, false)).toBe("remove all of this and restore what was changed");
	expect(endInWords(installed, false)).toContain("bring back minimal, which `knistio install` put there");
	expect(endInWords(installed, true)).toContain("in place of minimal");
	expect(endInWords({ kind: "nobody" }, true)).toContain("leave all of this");
});
