import { describe, expect, it, onTestFinished, vi } from "vitest";
import { openCluster } from "../../src/kube/api/client.ts";
import type { Cluster, KubeObject } from "../../src/kube/api/cluster.ts";
import type { Connection } from "../../src/kube/http/connection.ts";
import { type ApiServer, type Reply, refusal, startApiServer } from "../support/api-server.ts";
import { connectionTo } from "./connection.ts";

interface Opened {
	server: ApiServer;
	cluster: Cluster;
	/** How often credentials were asked for. */
	connects(): number;
	sleeps: number[];
}

/** A cluster whose credentials are `Bearer secret-1`, then `secret-2`, … */
async function opened(): Promise<Opened> {
	const server = await startApiServer();
	server.serves({ v1: ["Pod", "ConfigMap", "Namespace"], "apps/v1": ["Deployment"] });
	let count = 0;
	const sleeps: number[] = [];
	const connect = async (): Promise<Connection> =>
		connectionTo(server.origin, { headers: { Authorization: `Bearer secret-${++count}` } });
	let now = 0;
	const sleep = async (ms: number, signal?: AbortSignal) => {
		signal?.throwIfAborted();
		sleeps.push(ms);
		now += ms;
	};
	const cluster = await openCluster({ context: "here", connect }, { now: () => now, sleep, random: () => 1 });
	onTestFinished(() => cluster.close());
	return { server, cluster, connects: () => count, sleeps };
}

const pods = "/api/v1/namespaces/x/pods";
const podRef = { apiVersion: "v1", kind: "Pod", namespace: "x", name: "a" };
const deployment: KubeObject = {
	apiVersion: "apps/v1",
	kind: "Deployment",
	metadata: { name: "istiod", namespace: "istio-system" },
	spec: { replicas: 1 },
};
const deploymentPath = "/apis/apps/v1/namespaces/istio-system/deployments/istiod";

describe("reading", () => {
	it("sends nothing before it is asked for something", async () => {
		const { server } = await opened();
		expect(server.connections().opened).toBe(0);
	});

	it("gets an object with every field it has, and undefined for one that is not there", async () => {
		const { server, cluster } = await opened();
		const object = { ...podRef, metadata: { name: "a" }, spec: { unheardOf: [1] }, status: { url: "http://x" } };
		server.on(`GET ${pods}/a`, { json: object });
		expect(await cluster.get(podRef)).toEqual(object);
		expect(await cluster.get({ ...podRef, name: "b" })).toBeUndefined();
	});

	it("escapes names", async () => {
		const { server, cluster } = await opened();
		server.on(`GET ${pods}/a%2F..%2Fb`, { json: { metadata: { name: "found" } } });
		expect(await cluster.get({ ...podRef, name: "a/../b" })).toMatchObject({ metadata: { name: "found" } });
	});

	it("lists all pages, by label and field, and gives the items their kind back", async () => {
		const { server, cluster } = await opened();
		const page = (more: string, ...names: string[]) => ({
			json: { metadata: { continue: more }, items: names.map((name) => ({ metadata: { name } })) },
		});
		server.on(`GET ${pods}`, page("next&page", "a", "b"), page("", "c"));
		const query = { apiVersion: "v1", kind: "Pod", namespace: "x", labelSelector: "a=b", fieldSelector: "s=t" };
		const objects = await cluster.list(query);
		expect(objects.map(({ kind, apiVersion, metadata }) => [apiVersion, kind, metadata.name])).toEqual([
			["v1", "Pod", "a"],
			["v1", "Pod", "b"],
			["v1", "Pod", "c"],
		]);
		const asked = server.calls.filter(({ path }) => path === pods).map(({ query }) => Object.fromEntries(query));
		expect(asked).toEqual([
			{ limit: "500", labelSelector: "a=b", fieldSelector: "s=t" },
			{ limit: "500", labelSelector: "a=b", fieldSelector: "s=t", continue: "next&page" },
		]);
	});

	it("lists across namespaces and ignores a namespace where there is none", async () => {
		const { server, cluster } = await opened();
		server.on("GET /api/v1/pods", { json: { metadata: {}, items: [{ metadata: { name: "everywhere" } }] } });
		server.on("GET /api/v1/namespaces", { json: { metadata: {}, items: [] } });
		expect(await cluster.list({ apiVersion: "v1", kind: "Pod" })).toHaveLength(1);
		expect(await cluster.list({ apiVersion: "v1", kind: "Namespace", namespace: "x" })).toEqual([]);
	});

	it("finds nothing of a kind that the server does not serve", async () => {
		const { cluster } = await opened();
		const unknown = { apiVersion: "serving.knative.dev/v1", kind: "Service", namespace: "x", name: "a" };
		expect(await cluster.get(unknown)).toBeUndefined();
		expect(await cluster.list(unknown)).toEqual([]);
		expect(await cluster.remove(unknown)).toBe(false);
	});
});

describe("writing", () => {
	it("applies on the server's side and takes fields over", async () => {
		const { server, cluster } = await opened();
		server.on(`PATCH ${deploymentPath}`, { json: { ...deployment, spec: { replicas: 1, added: true } } });
		expect(await cluster.apply(deployment)).toMatchObject({ spec: { added: true } });
		await cluster.apply(deployment, { force: false, dryRun: true });
		const [first, second] = server.calls.filter(({ method }) => method === "PATCH");
		expect(Object.fromEntries(first?.query ?? [])).toEqual({ fieldManager: "knistio", force: "true" });
		expect(first?.headers["content-type"]).toBe("application/apply-patch+yaml");
		expect(JSON.parse(first?.body ?? "")).toEqual(deployment);
		expect(Object.fromEntries(second?.query ?? [])).toEqual({ fieldManager: "knistio", force: "false", dryRun: "All" });
	});

	it("creates, patches and removes", async () => {
		const { server, cluster } = await opened();
		const answer = { json: { metadata: { name: "a" } } };
		for (const route of [`POST ${pods}`, `PATCH ${pods}/a`, `DELETE ${pods}/a`]) server.on(route, answer);
		await cluster.create({ apiVersion: "v1", kind: "Pod", metadata: { name: "a", namespace: "x" } });
		await cluster.patch(podRef, { metadata: { labels: { gone: null } } });
		expect(await cluster.remove(podRef, { gracePeriodSeconds: 0, propagation: "Foreground", uid: "u" })).toBe(true);
		expect(await cluster.remove({ ...podRef, name: "b" })).toBe(false);
		const [post, patch, removal] = server.calls.filter(({ method }) => method !== "GET");
		expect(post).toMatchObject({ path: pods, headers: { "content-type": "application/json" } });
		expect(patch).toMatchObject({ headers: { "content-type": "application/merge-patch+json" } });
		expect(JSON.parse(patch?.body ?? "")).toEqual({ metadata: { labels: { gone: null } } });
		expect(JSON.parse(removal?.body ?? "")).toEqual({
			gracePeriodSeconds: 0,
			propagationPolicy: "Foreground",
			preconditions: { uid: "u" },
		});
	});

	it.each([
		[{ resourceVersion: "7" }],
		[{ uid: "u", resourceVersion: "7" }],
	])("removes only what is still as %j says", async (preconditions) => {
		const { server, cluster } = await opened();
		server.on(`DELETE ${pods}/a`, { json: { metadata: { name: "a" } } });
		await cluster.remove(podRef, preconditions);
		const removal = server.calls.find(({ method }) => method === "DELETE");
		expect(JSON.parse(removal?.body ?? "")).toEqual({ preconditions });
	});

	it("says which kind the cluster does not know", async () => {
		const { cluster } = await opened();
		const object = { apiVersion: "serving.knative.dev/v1", kind: "Service", metadata: { name: "h", namespace: "x" } };
		const refused = {
			exitCode: 4,
			message: expect.stringMatching(/^(apply|create) Service x\/h: the cluster does not know the kind Service of /),
			hint: expect.stringContaining("CustomResourceDefinition"),
		};
		await expect(cluster.apply(object)).rejects.toMatchObject(refused);
		await expect(cluster.create(object)).rejects.toMatchObject(refused);
	});
});

describe("discovery", () => {
	const crd = "/apis/example.com/v1";

	it("asks once for a group and remembers", async () => {
		const { server, cluster } = await opened();
		await Promise.all([
			cluster.resource("v1", "Pod"),
			cluster.resource("v1", "ConfigMap"),
			cluster.resource("v1", "Pod"),
		]);
		expect(await cluster.resource("v1", "Pod")).toMatchObject({ plural: "pods", namespaced: true });
		expect(server.calls.map(({ path }) => path)).toEqual(["/api/v1"]);
	});

	it("learns of a kind that came later, also of one in a group that it knows", async () => {
		const { server, cluster } = await opened();
		expect(await cluster.resource("example.com/v1", "Thing")).toBeUndefined();
		server.serves({ "example.com/v1": ["Thing"] });
		expect(await cluster.resource("example.com/v1", "Thing")).toMatchObject({ plural: "things" });
		expect(await cluster.resource("example.com/v1", "Other")).toBeUndefined();
		server.serves({ "example.com/v1": ["Thing", "Other"] });
		expect(await cluster.resource("example.com/v1", "Other")).toMatchObject({ plural: "others" });
	});

	it("does not remember a failure", async () => {
		const { server, cluster } = await opened();
		server.on(`GET ${crd}`, refusal(403, "Forbidden", "aggregated API is away"));
		await expect(cluster.resource("example.com/v1", "Thing")).rejects.toThrow(
			"discover what the API serves: aggregated API is away",
		);
		server.serves({ "example.com/v1": ["Thing"] });
		expect(await cluster.resource("example.com/v1", "Thing")).toMatchObject({ kind: "Thing" });
	});

	it("leaves subresources out", async () => {
		const { server, cluster } = await opened();
		const resources = [
			{ name: "things/status", kind: "Thing", namespaced: true, verbs: ["get"] },
			{ name: "things", kind: "Thing", namespaced: false, verbs: ["list"] },
		];
		server.on(`GET ${crd}`, { json: { resources } });
		expect(await cluster.resource("example.com/v1", "Thing")).toMatchObject({ plural: "things", namespaced: false });
	});

	it("lists a kind that only another version than the preferred one has, and each kind once", async () => {
		const { server, cluster } = await opened();
		const group = "networking.istio.io";
		const versions = ["v1", "v1alpha3"].map((version) => ({ groupVersion: `${group}/${version}` }));
		const resources = (...kinds: string[]) =>
			kinds.map((kind) => ({ kind, name: `${kind.toLowerCase()}s`, namespaced: true, verbs: ["list"] }));
		server.on("GET /api", { json: { versions: [] } });
		server.on("GET /apis", { json: { groups: [{ preferredVersion: versions[0], versions }] } });
		server.on(`GET /apis/${group}/v1`, { json: { resources: resources("Gateway") } });
		server.on(`GET /apis/${group}/v1alpha3`, { json: { resources: resources("Gateway", "EnvoyFilter") } });
		const found = (await cluster.resources()).map(({ apiVersion, kind }) => `${kind} ${apiVersion}`);
		expect(found).toEqual([`Gateway ${group}/v1`, `EnvoyFilter ${group}/v1alpha3`]);
	});

	it("lists all that is served, in the preferred versions, and anew each time", async () => {
		const { server, cluster } = await opened();
		const groups = (...versions: string[]) => ({
			json: { groups: versions.map((groupVersion) => ({ preferredVersion: { groupVersion } })) },
		});
		server.on("GET /api", { json: { versions: ["v1"] } });
		server.on("GET /apis", groups("apps/v1"), groups("apps/v1", "example.com/v1"));
		server.serves({ "example.com/v1": ["Thing"] });
		const kinds = async () => (await cluster.resources()).map(({ kind }) => kind);
		expect(await kinds()).toEqual(["Pod", "ConfigMap", "Namespace", "Deployment"]);
		expect(await kinds()).toEqual(["Pod", "ConfigMap", "Namespace", "Deployment", "Thing"]);
	});

	it.each<[string, Reply]>([
		["is away", { status: 503, text: "service unavailable\n" }],
		["breaks", refusal(500, "InternalError")],
		["answers with a page", { text: "<html>" }],
		["answers with nothing", { text: "" }],
		["answers with other JSON", { json: [] }],
		["refuses", refusal(403, "Forbidden")],
	])("goes on without a group whose own API server %s, and tells", async (_, reply) => {
		const { server, cluster, sleeps } = await opened();
		server.on("GET /api", { json: { versions: ["v1"] } });
		server.on("GET /apis", { json: { groups: [{ preferredVersion: { groupVersion: "metrics.k8s.io/v1" } }] } });
		server.on("GET /apis/metrics.k8s.io/v1", reply);
		const unread: string[] = [];
		const kinds = await cluster.resources(undefined, ({ apiVersion }) => void unread.push(apiVersion));
		expect(kinds.map(({ kind }) => kind)).toEqual(["Pod", "ConfigMap", "Namespace"]);
		expect(unread).toEqual(["metrics.k8s.io/v1"]);
		expect(sleeps.reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(3_000);
	});

	it("takes each kind in the preferred version that has it, and in another where that has not", async () => {
		const { server, cluster } = await opened();
		const versions = ["v1", "v1alpha3"].map((version) => ({ groupVersion: `networking.istio.io/${version}` }));
		server.on("GET /api", { json: { versions: ["v1"] } });
		server.on("GET /apis", { json: { groups: [{ preferredVersion: versions[0], versions: versions.toReversed() }] } });
		server.serves({
			v1: ["Pod"],
			"networking.istio.io/v1": ["Gateway"],
			"networking.istio.io/v1alpha3": ["Gateway", "EnvoyFilter"],
		});
		const found = (await cluster.resources()).map(({ apiVersion, kind }) => `${kind} ${apiVersion}`);
		expect(found).toEqual(["Pod v1", "Gateway networking.istio.io/v1", "EnvoyFilter networking.istio.io/v1alpha3"]);
	});

	it("takes what documents with missing and wrong fields do tell", async () => {
		const { server, cluster } = await opened();
		const groups = [null, 3, { name: "empty.io" }, { name: "a.io", versions: [{ groupVersion: "a.io/v1" }, {}] }];
		const thing = { name: "things", kind: "Thing" };
		server.on("GET /api", { json: { versions: ["v1", null] } });
		server.on("GET /apis", { json: { groups } });
		server.on("GET /apis/a.io/v1", { json: { resources: [null, {}, { name: "x" }, thing] } });
		server.on("GET /api/v1", { json: { resources: null } });
		const unread: string[] = [];
		const found = await cluster.resources(undefined, ({ apiVersion }) => void unread.push(apiVersion));
		expect(found).toEqual([{ apiVersion: "a.io/v1", kind: "Thing", plural: "things", namespaced: false, verbs: [] }]);
		expect(unread).toEqual(["empty.io"]);
		server.on("GET /api", { json: {} });
		server.on("GET /apis", { json: { groups: null } });
		expect(await cluster.resources(undefined, ({ apiVersion }) => void unread.push(apiVersion))).toEqual([]);
		expect(unread).toEqual(["empty.io", "v1", "/apis"]);
	});
});

describe("refusals", () => {
	it("say what was being done, the server's words, status and reason", async () => {
		const { server, cluster } = await opened();
		server.on(`PATCH ${deploymentPath}`, refusal(403, "Forbidden", 'cannot patch resource "deployments"'));
		await expect(cluster.apply(deployment)).rejects.toMatchObject({
			exitCode: 4,
			status: 403,
			reason: "Forbidden",
			message: 'apply Deployment istio-system/istiod: cannot patch resource "deployments"',
			hint: expect.stringContaining("verb"),
		});
	});

	it("of a proxy in between are a sentence that says who answered, and none of its markup", async () => {
		const { server, cluster } = await opened();
		const head = "<head><title>502 Bad Gateway</title><style>body { color: red }</style></head>";
		const text = `<html>\r\n${head}<script>alert(1)</script><body>\u001b[31m<p>upstream&nbsp;is away</p>${"x".repeat(5_000)}`;
		server.on(`GET ${pods}`, { status: 502, headers: { Server: "nginx" }, text });
		const error = await cluster.list({ ...podRef }).catch((error: Error) => error);
		expect(error).toMatchObject({
			status: 502,
			message: expect.stringMatching(
				/^list pods in x: HTTP 502 Bad Gateway, answered by nginx: 502 Bad Gateway \[31m upstream is away x+…/,
			),
			hint: expect.stringContaining("load balancer"),
		});
		expect((error as Error).message.length).toBeLessThan(400);
	});

	it("with 200 and a page of a proxy are no answer of an API server", async () => {
		const { server, cluster } = await opened();
		server.on(`GET ${pods}`, { text: "<html>please log in</html>" });
		server.on(`GET ${pods}/a`, { text: "<html>please log in</html>" });
		for (const answer of [cluster.list(podRef), cluster.get(podRef)]) {
			await expect(answer).rejects.toMatchObject({ exitCode: 4, message: expect.stringContaining("please log in") });
		}
	});

	it("that ask to come later are obeyed, a limited number of times", async () => {
		const { server, cluster, sleeps } = await opened();
		const busy = { ...refusal(429, "TooManyRequests", "too many requests"), headers: { "Retry-After": "2" } };
		server.on(`GET ${pods}/a`, busy, { ...busy, status: 503 }, { json: { metadata: { name: "a" } } });
		expect(await cluster.get(podRef)).toMatchObject({ metadata: { name: "a" } });
		expect(sleeps).toEqual([2000, 2000]);
		server.on(`GET ${pods}/b`, busy);
		await expect(cluster.get({ ...podRef, name: "b" })).rejects.toMatchObject({ status: 429, exitCode: 4 });
		expect(sleeps).toHaveLength(12);
	});

	it.each([400, 403, 404, 405, 409, 410, 413, 415, 422, 501])("%i is final", async (code) => {
		const { server, cluster, sleeps } = await opened();
		server.on(`PATCH ${deploymentPath}`, refusal(code, "Refused"));
		await expect(cluster.apply(deployment)).rejects.toMatchObject({ status: code });
		expect(sleeps).toEqual([]);
	});
});

const etcd = refusal(500, "", "etcdserver: leader changed");
const hiccups: [string, Reply][] = [
	["etcd's new leader", etcd],
	["a load balancer's 502", { status: 502, text: "<html>bad gateway</html>" }],
	["a 503", { status: 503, text: "no backend" }],
	["a 504", refusal(504, "Timeout", "request did not complete")],
	["a 429 that names no time", refusal(429, "TooManyRequests")],
	["a connection that is cut", "hang up"],
	["a webhook that is not yet there", refusal(500, "InternalError", 'failed calling webhook "x": EOF')],
];

describe("what may pass", () => {
	it.each(hiccups)("%s is passed over, whatever was asked", async (_, hiccup) => {
		const { server, cluster, sleeps } = await opened();
		const answer = { json: { ...deployment, metadata: { ...deployment.metadata, uid: "u" } } };
		const { spec: _spec, ...named } = { ...deployment, ...deployment.metadata };
		const ref = { apiVersion: "apps/v1", kind: "Deployment", namespace: named.namespace as string, name: named.name };
		await cluster.resource("apps/v1", "Deployment");
		const route = async (name: string, ask: () => Promise<unknown>) => {
			server.on(name, hiccup, hiccup, answer);
			return ask();
		};
		expect(await route(`GET ${deploymentPath}`, () => cluster.get(ref))).toMatchObject({ metadata: { uid: "u" } });
		expect(await route(`PATCH ${deploymentPath}`, () => cluster.apply(deployment))).toMatchObject(answer.json);
		server.on(`GET ${deploymentPath}`, refusal(404, "NotFound"));
		const patch = { metadata: { resourceVersion: "7" }, spec: { replicas: 2 } };
		expect(await route(`PATCH ${deploymentPath}`, () => cluster.patch(ref, patch))).toMatchObject(answer.json);
		expect(await route(`DELETE ${deploymentPath}`, () => cluster.remove(ref, { uid: "u" }))).toBe(true);
		const collectionPath = deploymentPath.replace("/istiod", "");
		expect(await route(`POST ${collectionPath}`, () => cluster.create(deployment))).toMatchObject(answer.json);
		server.on(`GET ${collectionPath}`, hiccup, { json: { metadata: {}, items: [answer.json] } });
		expect(await cluster.list(ref)).toHaveLength(1);
		const review = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
		server.on(`POST ${review}`, hiccup, { json: { status: { allowed: true } } });
		expect(await cluster.allowed({ verb: "get", group: "", resource: "pods" })).toBe(true);
		expect(sleeps.length).toBeGreaterThanOrEqual(10);
	});

	it("is told in a sentence when it has not passed after half a minute, with growing gaps", async () => {
		const { server, cluster, sleeps } = await opened();
		server.on(`GET ${pods}/a`, etcd);
		await expect(cluster.get(podRef)).rejects.toMatchObject({
			message: expect.stringMatching(/^get Pod x\/a: etcdserver: leader changed \(tried again for \d\d s\)$/),
			hint: expect.stringContaining("readyz"),
			status: 500,
		});
		expect(sleeps.slice(0, 8)).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000]);
		expect(sleeps.reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(30_000);
	});

	it("holds nobody up for long where a webhook is broken", async () => {
		const { server, cluster, sleeps } = await opened();
		server.on(`DELETE ${pods}/a`, refusal(500, "InternalError", 'failed calling webhook "x": connection refused'));
		await expect(cluster.remove(podRef)).rejects.toThrow("failed calling webhook");
		expect(sleeps.reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(5_000);
	});

	it("ends at once when it is aborted", async () => {
		const server = await startApiServer();
		server.serves({ v1: ["Pod"] });
		server.on(`GET ${pods}/a`, etcd);
		const controller = new AbortController();
		const sleep = async (_: number, signal?: AbortSignal) => {
			controller.abort(new Error("stop"));
			signal?.throwIfAborted();
		};
		const clock = { now: () => 0, sleep, random: () => 1 };
		const cluster = await openCluster({ context: "x", connect: async () => connectionTo(server.origin) }, clock);
		onTestFinished(() => cluster.close());
		await expect(cluster.get(podRef, controller.signal)).rejects.toThrow("stop");
	});

	it("includes a refused connection, once the server has answered", async () => {
		let now = 0;
		const server = await startApiServer();
		server.serves({ v1: ["Pod"] });
		const closed = connectionTo("http://127.0.0.1:1");
		let connection = closed;
		const sleeps: number[] = [];
		const clock = {
			now: () => now,
			random: () => 1,
			async sleep(ms: number) {
				sleeps.push(ms);
				now += ms;
			},
		};
		const kubeconfig = { context: "x", connect: async () => connection };
		const cluster = await openCluster(kubeconfig, clock);
		onTestFinished(() => cluster.close());
		await expect(cluster.get(podRef)).rejects.toMatchObject({ hint: expect.stringContaining("running") });
		expect(sleeps).toEqual([]);
		connection = connectionTo(server.origin);
		const known = await openCluster(kubeconfig, clock);
		onTestFinished(() => known.close());
		expect(await known.get(podRef)).toBeUndefined();
		await server.stop();
		await expect(known.get(podRef)).rejects.toMatchObject({ hint: expect.stringContaining("running") });
		expect(sleeps.length).toBeGreaterThan(8);
	});

	it("is no part of a raw request, whose time counts", async () => {
		const { server, cluster, sleeps } = await opened();
		server.on("GET /x", etcd, {});
		expect(await cluster.raw("GET", "/x")).toMatchObject({ status: 500 });
		expect(sleeps).toEqual([]);
	});
});

describe("a write of which it is not known whether it was done", () => {
	const pod: KubeObject = {
		apiVersion: "v1",
		kind: "Pod",
		metadata: { name: "a", namespace: "x", labels: { by: "me" } },
		spec: { containers: [{ name: "c" }] },
	};
	const stored = {
		...pod,
		metadata: { ...pod.metadata, uid: "u" },
		spec: { containers: [{ name: "injected" }, { name: "c", image: "defaulted" }], extra: 1 },
	};
	const written = (server: ApiServer, method: string) => server.calls.filter((call) => call.method === method).length;

	it("is not created again when it is there with what was written", async () => {
		const { server, cluster } = await opened();
		server.on(`POST ${pods}`, "hang up", refusal(409, "AlreadyExists"));
		server.on(`GET ${pods}/a`, { json: stored });
		expect(await cluster.create(pod)).toEqual(stored);
		expect(written(server, "POST")).toBe(1);
	});

	it("is created again when nothing is there, and may then turn out to have come late", async () => {
		const { server, cluster } = await opened();
		server.on(`POST ${pods}`, "hang up", refusal(409, "AlreadyExists"));
		server.on(`GET ${pods}/a`, refusal(404, "NotFound"), { json: stored });
		expect(await cluster.create(pod)).toEqual(stored);
		expect(written(server, "POST")).toBe(2);
	});

	it("is somebody else's when it holds something else", async () => {
		const { server, cluster } = await opened();
		server.on(`POST ${pods}`, "hang up", refusal(409, "AlreadyExists"));
		server.on(`GET ${pods}/a`, { json: { ...stored, metadata: { ...stored.metadata, labels: { by: "them" } } } });
		await expect(cluster.create(pod)).rejects.toMatchObject({ status: 409 });
	});

	it("is not looked for after a plain conflict", async () => {
		const { server, cluster } = await opened();
		server.on(`POST ${pods}`, refusal(409, "AlreadyExists"));
		server.on(`GET ${pods}/a`, { json: stored });
		await expect(cluster.create(pod)).rejects.toMatchObject({ status: 409 });
	});

	it("as a patch of a version is done when the object has its values", async () => {
		const { server, cluster } = await opened();
		server.on(`PATCH ${pods}/a`, "hang up", refusal(409, "Conflict"));
		server.on(`GET ${pods}/a`, { json: stored });
		const patch = { metadata: { resourceVersion: "7", labels: { by: "me", other: null } } };
		expect(await cluster.patch(podRef, patch)).toEqual(stored);
		server.on(`PATCH ${pods}/a`, "hang up", refusal(409, "Conflict"));
		await expect(cluster.patch(podRef, { metadata: { labels: { by: null } } })).rejects.toMatchObject({ status: 409 });
	});

	it("as a deletion was done when the object is gone", async () => {
		const { server, cluster } = await opened();
		server.on(`DELETE ${pods}/a`, "hang up", refusal(404, "NotFound"));
		expect(await cluster.remove(podRef)).toBe(true);
	});
});

describe("lists of other people's API servers", () => {
	const list = async (json: unknown) => {
		const { server, cluster } = await opened();
		server.on(`GET ${pods}`, { json });
		return cluster.list(podRef);
	};

	it.each([{}, { items: null }, { items: [] }])("without any item: %j", async (more) => {
		expect(await list({ kind: "PodList", metadata: { resourceVersion: "1" }, ...more })).toEqual([]);
	});

	it("lack fields of their items, which are filled in or left out", async () => {
		const odd = { metadata: { name: "b", labels: null, annotations: "x", deletionTimestamp: null, finalizers: {} } };
		const items = [null, 7, "x", {}, { metadata: null }, { metadata: { name: 5 } }, odd, { kind: null, ...odd }];
		const clean = { apiVersion: "v1", kind: "Pod", metadata: { name: "b", labels: {}, annotations: {} } };
		expect(await list({ metadata: {}, items })).toEqual([clean, clean]);
	});

	it.each([{}, { items: "none" }, [], null, "text"])("that are none are no empty list: %j", async (json) => {
		await expect(list(json)).rejects.toMatchObject({ exitCode: 4, message: expect.stringContaining("holds no list") });
	});

	it("that were forgotten between two pages are asked for at once", async () => {
		const { server, cluster } = await opened();
		const page = { metadata: { continue: "next" }, items: [{ metadata: { name: "a" } }] };
		server.on(`GET ${pods}`, { json: page }, refusal(410, "Expired"), {
			json: { metadata: {}, items: [{ metadata: { name: "a" } }, { metadata: { name: "b" } }] },
		});
		expect((await cluster.list(podRef)).map(({ metadata }) => metadata.name)).toEqual(["a", "b"]);
		expect(server.calls.at(-1)?.query.has("limit")).toBe(false);
	});

	it("of one object are no object without metadata", async () => {
		const { server, cluster } = await opened();
		for (const json of [{}, [], null, { metadata: null }]) {
			server.on(`GET ${pods}/a`, { json });
			await expect(cluster.get(podRef)).rejects.toMatchObject({ exitCode: 4 });
		}
		server.on(`GET ${pods}/a`, { text: "" });
		await expect(cluster.get(podRef)).rejects.toMatchObject({ exitCode: 4 });
	});
});

describe("credentials", () => {
	it("are asked for anew after a 401, once, and then stay", async () => {
		const { server, cluster, connects } = await opened();
		server.on(`GET ${pods}/a`, refusal(401, "Unauthorized"), { json: { metadata: { name: "a" } } });
		expect(await cluster.get(podRef)).toMatchObject({ metadata: { name: "a" } });
		await cluster.get(podRef);
		expect(connects()).toBe(2);
		expect(server.calls.slice(-3).map(({ headers }) => headers.authorization)).toEqual([
			"Bearer secret-1",
			"Bearer secret-2",
			"Bearer secret-2",
		]);
		expect((await cluster.connection()).headers.Authorization).toBe("Bearer secret-2");
		expect((await cluster.connection(true)).headers.Authorization).toBe("Bearer secret-3");
	});

	it("that are refused again are told, with what to do and without themselves", async () => {
		const { server, cluster, connects } = await opened();
		server.on("GET /api/v1", refusal(401, "Unauthorized", "Unauthorized"));
		const error = await cluster.get(podRef).catch((error: Error) => error);
		expect(error).toMatchObject({ exitCode: 4, status: 401, hint: expect.stringContaining("log in again") });
		expect(connects()).toBe(2);
		expect(wordsOf(error)).not.toContain("secret");
	});

	it("are in no message of a connection that fails", async () => {
		const { server, cluster } = await opened();
		server.on("GET /api/v1", "hang up");
		const error = await cluster.get(podRef).catch((error: Error) => error);
		expect(error).toMatchObject({ exitCode: 4 });
		expect(wordsOf(error)).not.toContain("secret");
	});
});

/** All that `--debug` could show of an error and its causes. */
function wordsOf(error: unknown): string {
	const words: string[] = [];
	for (let each = error; each instanceof Error; each = each.cause) words.push(`${each.message} ${each.stack}`);
	return words.join("\n");
}

describe("the rest", () => {
	it("asks what is allowed", async () => {
		const { server, cluster } = await opened();
		const path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
		const verdict = (allowed: boolean) => ({ status: 201, json: { status: { allowed } } });
		server.on(`POST ${path}`, verdict(true), verdict(false), { status: 201, json: {} });
		const access = { verb: "create", group: "apps", resource: "deployments", namespace: "x" };
		expect([await cluster.allowed(access), await cluster.allowed(access), await cluster.allowed(access)]).toEqual([
			true,
			false,
			false,
		]);
		expect(JSON.parse(server.calls[0]?.body ?? "").spec).toEqual({ resourceAttributes: access });
	});

	it("takes every status of a raw request as an answer", async () => {
		const { server, cluster } = await opened();
		server.on("GET /teapot", { status: 418, headers: { "x-own": "1" }, text: "short" });
		const { status, headers, body } = await cluster.raw("GET", "/teapot");
		expect([status, headers["x-own"], body.toString()]).toEqual([418, "1", "short"]);
	});

	it("is aborted with the signal's reason, and leaves no connection open when it is closed", async () => {
		const { server, cluster } = await opened();
		server.on(`GET ${pods}/a`, "silence");
		const controller = new AbortController();
		const answer = cluster.get(podRef, controller.signal);
		await vi.waitFor(() => expect(server.calls).toHaveLength(2));
		controller.abort(new Error("stop"));
		await expect(answer).rejects.toThrow("stop");
		cluster.close();
		await vi.waitFor(() => expect(server.connections().open).toBe(0));
	});

	it("is aborted while it learns what the server serves, without spoiling that for others", async () => {
		const { server, cluster } = await opened();
		let release: (reply: object) => void = () => {};
		const held = new Promise<object>((resolve) => {
			release = resolve;
		});
		server.on("GET /api/v1", () => held);
		server.on(`GET ${pods}/a`, { json: { metadata: { name: "a" } } });
		const controller = new AbortController();
		const stopped = cluster.get(podRef, controller.signal);
		const other = cluster.get(podRef);
		await vi.waitFor(() => expect(server.calls).toHaveLength(1));
		controller.abort(new Error("stop"));
		await expect(stopped).rejects.toThrow("stop");
		release({ json: { resources: [{ name: "pods", kind: "Pod", namespaced: true, verbs: [] }] } });
		expect(await other).toMatchObject({ metadata: { name: "a" } });
	});

	it("is aborted while it asks for everything that the server serves", async () => {
		const { server, cluster } = await opened();
		server.on("GET /api", "silence");
		const controller = new AbortController();
		const answer = cluster.resources(controller.signal);
		await vi.waitFor(() => expect(server.calls).toHaveLength(1));
		controller.abort(new Error("stop"));
		await expect(answer).rejects.toThrow("stop");
	});

	it("says that nothing answers, and where", async () => {
		const connect = async () => connectionTo("http://localhost:1");
		const cluster = await openCluster({ context: "down", connect });
		await expect(cluster.get(podRef)).rejects.toMatchObject({
			exitCode: 4,
			message: expect.stringMatching(/^the API server at http:\/\/localhost:1 cannot be reached: .*ECONNREFUSED/),
			hint: expect.stringContaining("is the API server running?"),
		});
	});
});
