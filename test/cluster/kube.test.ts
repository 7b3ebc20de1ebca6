import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { Cluster, Connection, KubeObject } from "../../src/cluster/cluster.ts";
import { openCluster } from "../../src/cluster/kube.ts";
import { type ApiServer, refusal, startApiServer } from "../support/api-server.ts";
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
	const cluster = await openCluster({ context: "here", connect }, async (ms) => void sleeps.push(ms));
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
		server.on(`GET ${crd}`, refusal(500, "InternalError", "aggregated API is away"));
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

	it("goes on without a group whose own API server is away", async () => {
		const { server, cluster } = await opened();
		server.on("GET /api", { json: { versions: ["v1"] } });
		server.on("GET /apis", { json: { groups: [{ preferredVersion: { groupVersion: "metrics.k8s.io/v1" } }] } });
		server.on("GET /apis/metrics.k8s.io/v1", { status: 503, text: "service unavailable\n" });
		expect((await cluster.resources()).map(({ kind }) => kind)).toEqual(["Pod", "ConfigMap", "Namespace"]);
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

	it("of a proxy in between show its words, not all of its page", async () => {
		const { server, cluster } = await opened();
		server.on(`GET ${pods}`, { status: 502, text: `<html>${"x".repeat(5_000)}` });
		const error = await cluster.list({ ...podRef }).catch((error: Error) => error);
		expect(error).toMatchObject({ status: 502, message: expect.stringContaining("list pods in x: <html>xxx") });
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

	it("that do not ask to come later are final", async () => {
		const { server, cluster, sleeps } = await opened();
		server.on(`GET ${pods}/a`, refusal(500, "InternalError", "etcd"), {});
		await expect(cluster.get(podRef)).rejects.toMatchObject({ status: 500 });
		expect(sleeps).toEqual([]);
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
