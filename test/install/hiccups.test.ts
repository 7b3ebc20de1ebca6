import { describe, expect, it } from "vitest";
import { uninstall as uninstallCommand } from "../../src/commands/install.ts";
import { missingRights } from "../../src/install/rights.ts";
import { uninstall } from "../../src/install/uninstall.ts";
import type { KubeObject } from "../../src/kube/api/cluster.ts";
import { ApiError } from "../../src/kube/http/api-error.ts";
import { podSelector } from "../../src/kube/wait/pods-gone.ts";
import { readiness } from "../../src/kube/wait/readiness.ts";
import { waitReady, workloadTrouble } from "../../src/kube/wait/ready.ts";
import { newTask, waitUntil } from "../../src/kube/wait/task.ts";
import { fakeCluster, jumpingClock } from "../support/fake-cluster.ts";
import { fakeContext } from "../support/fake-context.ts";
import { sessionOn } from "../support/session.ts";
import { deployment } from "./objects.ts";

const clock = jumpingClock();
const away = new ApiError("get Pod x: HTTP 503 Service Unavailable", { status: 503 });

describe("a wait", () => {
	const wait = (look: () => Promise<string | undefined>) =>
		waitUntil(newTask(sessionOn(fakeCluster(), { clock })), look, (what) => new ApiError(`late: ${what}`));

	it("goes on while the API server cannot be asked, until its own time is over", async () => {
		let looks = 0;
		await wait(async () => {
			if (++looks < 50) throw away;
			return undefined;
		});
		expect(looks).toBe(50);
		const startedAt = clock.now();
		await expect(wait(() => Promise.reject(away))).rejects.toBe(away);
		expect(clock.now() - startedAt).toBeGreaterThanOrEqual(60_000);
		expect(clock.now() - startedAt).toBeLessThan(61_000);
	});

	it("ends with what does not pass", async () => {
		const refused = new ApiError("forbidden", { status: 403 });
		const startedAt = clock.now();
		await expect(wait(() => Promise.reject(refused))).rejects.toBe(refused);
		await expect(wait(() => Promise.reject(new TypeError("a defect")))).rejects.toThrow("a defect");
		expect(clock.now()).toBe(startedAt);
	});

	it("for a Deployment is not ended by a pod of it that was evicted", async () => {
		const cluster = fakeCluster();
		const wanted = deployment("istio-system", "istiod");
		wanted.spec = { ...(wanted.spec as object), selector: { matchLabels: { app: "istiod" } } };
		cluster.onWrite = (object) => {
			if (object.kind === "Deployment") object.status = {};
		};
		cluster.put(wanted);
		const aPod = (name: string, status: object): KubeObject => ({
			apiVersion: "v1",
			kind: "Pod",
			metadata: {
				name,
				...(wanted.metadata.namespace === undefined ? {} : { namespace: wanted.metadata.namespace }),
				labels: { app: "istiod" },
				ownerReferences: [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: "r", uid: "u", controller: true }],
			},
			status,
		});
		cluster.put(aPod("evicted", { phase: "Failed", reason: "Evicted" }));
		const task = newTask(sessionOn(cluster, { clock }));
		await expect(waitReady(task, [wanted])).rejects.toThrow(/timed out waiting for .*failed: Evicted/);
		const unscheduled = { conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable" }] };
		cluster.put(aPod("pending", unscheduled));
		expect((await workloadTrouble(task, wanted))?.text).toContain("pod pending: cannot be scheduled");
	});
});

describe("clean that could not look everywhere", () => {
	async function clean(apiVersion: string) {
		const cluster = fakeCluster();
		const all = cluster.resources;
		cluster.resources = async (signal, onUnread) => {
			onUnread?.({ apiVersion, reason: "the server is away" });
			return all(signal);
		};
		const found = await uninstall(sessionOn(cluster, { clock }));
		const { context, said } = fakeContext();
		context.openCluster = async () => cluster;
		const code = await uninstallCommand({ timeoutMs: 60_000, force: false }, context);
		return { ...found, code, out: said.stdout, err: said.stderr };
	}

	it.each([
		"networking.istio.io/v1",
		"serving.knative.dev/v1",
		"apps/v1",
		"v1",
		"/apis",
	])("does not say that nothing is there when %s could not be read", async (apiVersion) => {
		const { unseen, code, out, err } = await clean(apiVersion);
		expect(unseen).toEqual([`the kinds of ${apiVersion}`]);
		expect(code).toBe(4);
		expect(out).toBe("nothing of knistio's was found where it could look\n");
		expect(err).toContain(`could not look for the kinds of ${apiVersion}: the server is away`);
		expect(err).toContain("hint:");
	});

	it("tells of what holds nothing of knistio's, and passes", async () => {
		const { unseen, code, out, err, notes } = await clean("metrics.k8s.io/v1beta1");
		expect([unseen, code, out]).toEqual([[], 0, "nothing of knistio's is there\n"]);
		expect(notes).toHaveLength(1);
		expect(err).toContain("metrics.k8s.io/v1beta1");
	});

	it("says so of a kind that cannot be listed", async () => {
		const cluster = fakeCluster();
		const { list } = cluster;
		cluster.list = async (query, signal) => {
			if (query.kind === "Secret") throw new ApiError("list secrets: forbidden", { status: 403 });
			return list(query, signal);
		};
		expect((await uninstall(sessionOn(cluster, { clock }))).unseen).toEqual(["Secret of v1"]);
	});
});

it("asks for a subresource as what it is", async () => {
	const cluster = fakeCluster();
	cluster.allowed = async ({ group, subresource }) => group !== "*" && subresource !== "proxy";
	const missing = await missingRights(cluster);
	expect(missing.map(({ verb, resource }) => `${verb} ${resource}`)).toEqual(["get services/proxy"]);
});

describe("objects whose fields are not as promised", () => {
	const of = (kind: string, more: object): KubeObject => ({
		apiVersion: "v1",
		kind,
		metadata: { name: "x", namespace: "n", generation: 1 },
		...more,
	});

	it.each([
		["Namespace", { status: null }],
		["CustomResourceDefinition", { status: { conditions: [null, { type: "Established", status: true }] } }],
		["Deployment", { spec: null, status: { observedGeneration: "2", updatedReplicas: "1" } }],
		["DaemonSet", { status: { observedGeneration: 1, desiredNumberScheduled: null } }],
		["MutatingWebhookConfiguration", { webhooks: [null, { clientConfig: { service: {}, caBundle: 7 } }] }],
	])("are not ready: %s %j", (kind, more) => {
		expect(readiness(of(kind, more)).ready).toBe(false);
	});

	it.each([
		null,
		{},
		{ selector: null },
		{ selector: { matchLabels: {} } },
		{ selector: { matchLabels: { a: 1 } } },
	])("select no pods at all: %j", (spec) => {
		expect(podSelector(of("Deployment", { spec }))).toBeUndefined();
	});
});
