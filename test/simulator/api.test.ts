import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { KubeObject } from "../../src/simulator/api/objects.ts";
import { type Client, configMap, openClient, type WatchEvent } from "./client.ts";

const maps = "/api/v1/namespaces/default/configmaps";
let client: Client;

beforeAll(async () => {
	client = await openClient();
});
afterAll(() => client.close());

const meta = (json: Record<string, unknown>) => (json as unknown as KubeObject).metadata;

describe("discovery", () => {
	it("tells version, health, groups and resources", async () => {
		expect((await client.call("GET", "/version")).json).toMatchObject({
			major: "1",
			minor: "36",
			gitVersion: "v1.36.3",
		});
		expect((await client.call("GET", "/readyz")).text).toBe("ok");
		expect((await client.call("GET", "/api")).json).toMatchObject({ kind: "APIVersions", versions: ["v1"] });
		const groups = (await client.call("GET", "/apis")).json.groups as {
			name: string;
			preferredVersion: { groupVersion: string };
		}[];
		expect(groups.find((group) => group.name === "apps")?.preferredVersion.groupVersion).toBe("apps/v1");
		expect(groups.map((group) => group.name)).toContain("serving.knative.dev");
		const { resources } = (await client.call("GET", "/apis/apps/v1")).json as {
			resources: { name: string; namespaced: boolean }[];
		};
		expect(resources.map((one) => one.name)).toEqual(
			expect.arrayContaining(["deployments", "deployments/status", "deployments/scale"]),
		);
	});

	it("answers an unknown path as plain text, as the real server does", async () => {
		const answer = await client.call("GET", "/apis/nothing.example.com/v1/things");
		expect([answer.status, answer.text]).toEqual([404, "404 page not found\n"]);
	});

	it("refuses whoever brings no token", async () => {
		const answer = await client.call("GET", maps, undefined, { authorization: "Bearer wrong" });
		expect(answer.json).toMatchObject({ kind: "Status", status: "Failure", reason: "Unauthorized", code: 401 });
	});

	it("writes the Date of its clock", async () => {
		const skewed = await openClient({
			speed: 1,
			epochNs: 1_700_000_000_000_000_000n,
			faults: { serverClockOffsetMs: 86_400_000 },
		});
		const { headers } = await skewed.call("GET", "/version");
		await skewed.close();
		expect(headers.date).toMatch(/^Wed, 15 Nov 2023 22:13:2/);
	});
});

describe("objects", () => {
	it("creates with the server's metadata, and only once", async () => {
		const created = await client.call("POST", maps, configMap("one", { a: "1" }));
		expect(created.status).toBe(201);
		expect(meta(created.json)).toMatchObject({
			uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
			resourceVersion: expect.any(String),
		});
		expect(meta(created.json).creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
		const again = await client.call("POST", maps, configMap("one", {}));
		expect(again.json).toMatchObject({
			code: 409,
			reason: "AlreadyExists",
			message: 'configmaps "one" already exists',
		});
	});

	it("words a missing object as the real server does", async () => {
		expect((await client.call("GET", `${maps}/none`)).json).toEqual({
			kind: "Status",
			apiVersion: "v1",
			metadata: {},
			status: "Failure",
			message: 'configmaps "none" not found',
			reason: "NotFound",
			details: { name: "none", kind: "configmaps" },
			code: 404,
		});
		const deployment = await client.call("GET", "/apis/apps/v1/namespaces/default/deployments/none");
		expect(deployment.json).toMatchObject({
			message: 'deployments.apps "none" not found',
			details: { group: "apps", kind: "deployments" },
		});
	});

	it("refuses a stale update and takes a fresh one", async () => {
		const { json } = await client.call("POST", maps, configMap("stale", { a: "1" }));
		const first = await client.call("PUT", `${maps}/stale`, { ...json, data: { a: "2" } });
		expect(first.status).toBe(200);
		const second = await client.call("PUT", `${maps}/stale`, { ...json, data: { a: "3" } });
		expect(second.json).toMatchObject({ code: 409, reason: "Conflict" });
		expect(second.json.message).toContain(
			"the object has been modified; please apply your changes to the latest version",
		);
	});

	it("does not count an update that changes nothing", async () => {
		const { json } = await client.call("POST", maps, configMap("same", { a: "1" }));
		const again = await client.call("PUT", `${maps}/same`, json);
		expect(meta(again.json).resourceVersion).toBe(meta(json).resourceVersion);
	});

	it("refuses names, namespaces and bodies that are wrong", async () => {
		expect((await client.call("POST", maps, configMap("Wrong_Name", {}))).json).toMatchObject({
			code: 422,
			reason: "Invalid",
		});
		const elsewhere = { ...configMap("x", {}), metadata: { name: "x", namespace: "nowhere" } };
		expect((await client.call("POST", "/api/v1/namespaces/nowhere/configmaps", elsewhere)).json).toMatchObject({
			code: 404,
			message: 'namespaces "nowhere" not found',
		});
		expect((await client.call("POST", maps, "{not json")).json).toMatchObject({ code: 400, reason: "BadRequest" });
		expect((await client.call("POST", maps, { ...configMap("y", {}), kind: "Secret" })).json).toMatchObject({
			code: 400,
		});
	});

	it("changes nothing in a dry run", async () => {
		expect((await client.call("POST", `${maps}?dryRun=All`, configMap("dry", {}))).status).toBe(201);
		expect((await client.call("GET", `${maps}/dry`)).status).toBe(404);
	});

	it("counts generations of the spec, and keeps status for the subresource", async () => {
		const path = "/apis/apps/v1/namespaces/default/deployments";
		const labels = { app: "d" };
		const template = { metadata: { labels }, spec: { containers: [{ name: "c", image: "simulated/c:1" }] } };
		const spec = { replicas: 0, selector: { matchLabels: labels }, template };
		const deployment = {
			apiVersion: "apps/v1",
			kind: "Deployment",
			metadata: { name: "d", namespace: "default" },
			spec,
			status: { replicas: 9 },
		};
		const created = await client.call("POST", path, deployment);
		expect(meta(created.json).generation).toBe(1);
		expect(created.json.status).toBeUndefined();
		const merge = { "content-type": "application/merge-patch+json" };
		const labelled = await client.call("PATCH", `${path}/d`, { metadata: { labels: { x: "y" } } }, merge);
		expect(meta(labelled.json).generation).toBe(1);
		const scaled = await client.call("PATCH", `${path}/d/scale`, { spec: { replicas: 1 } }, merge);
		expect(scaled.json).toMatchObject({ kind: "Scale", spec: { replicas: 1 }, status: { selector: "app=d" } });
		const after = await client.call(
			"PATCH",
			`${path}/d/status`,
			{ status: { replicas: 7 }, spec: { replicas: 5 } },
			merge,
		);
		expect(after.json).toMatchObject({ metadata: { generation: 2 }, spec: { replicas: 1 }, status: { replicas: 7 } });
		await client.call("DELETE", `${path}/d`);
	});
});

describe("patches", () => {
	const patchTypes = {
		merge: "application/merge-patch+json",
		json: "application/json-patch+json",
		strategic: "application/strategic-merge-patch+json",
	};
	const patch = (name: string, body: unknown, type: keyof typeof patchTypes) =>
		client.call("PATCH", `${maps}/${name}`, body, { "content-type": patchTypes[type] });

	it("merges, and null removes", async () => {
		await client.call("POST", maps, configMap("patched", { a: "1", b: "2" }));
		expect((await patch("patched", { data: { a: null, c: "3" } }, "merge")).json.data).toEqual({ b: "2", c: "3" });
	});

	it("applies JSON patches with their tests", async () => {
		const done = await patch(
			"patched",
			[
				{ op: "test", path: "/data/b", value: "2" },
				{ op: "add", path: "/data/d~1e", value: "4" },
				{ op: "remove", path: "/data/c" },
			],
			"json",
		);
		expect(done.json.data).toEqual({ b: "2", "d/e": "4" });
		expect((await patch("patched", [{ op: "test", path: "/data/b", value: "no" }], "json")).status).toBe(400);
		expect((await patch("patched", [{ op: "remove", path: "/data/zzz" }], "json")).status).toBe(400);
	});

	it("merges containers by name strategically, for built-in kinds only", async () => {
		const pods = "/api/v1/namespaces/default/pods";
		const containers = [
			{ name: "a", image: "simulated/a:1" },
			{ name: "b", image: "simulated/b:1" },
		];
		await client.call("POST", pods, {
			apiVersion: "v1",
			kind: "Pod",
			metadata: { name: "p", namespace: "default" },
			spec: { schedulingGates: [{ name: "never" }], containers },
		});
		const { json } = await client.call(
			"PATCH",
			`${pods}/p`,
			{ spec: { containers: [{ name: "b", image: "simulated/b:2" }] } },
			{ "content-type": patchTypes.strategic },
		);
		expect((json.spec as { containers: unknown[] }).containers).toMatchObject([
			{ image: "simulated/a:1" },
			{ image: "simulated/b:2" },
		]);
		const custom = await client.call(
			"PATCH",
			"/apis/serving.knative.dev/v1/namespaces/default/services/x",
			{},
			{ "content-type": patchTypes.strategic },
		);
		expect([404, 415]).toContain(custom.status);
		await client.call("DELETE", `${pods}/p`);
	});

	it("refuses a patch of an unknown type", async () => {
		const answer = await client.call("PATCH", `${maps}/patched`, {}, { "content-type": "text/plain" });
		expect(answer.json).toMatchObject({ code: 415, reason: "UnsupportedMediaType" });
	});
});

describe("deletion", () => {
	it("keeps what has finalizers until they are gone", async () => {
		const held = configMap("held", {});
		held.metadata.finalizers = ["example.com/hold"];
		await client.call("POST", maps, held);
		const deleted = await client.call("DELETE", `${maps}/held`);
		expect(meta(deleted.json).deletionTimestamp).toEqual(expect.any(String));
		expect((await client.call("GET", `${maps}/held`)).status).toBe(200);
		await client.call(
			"PATCH",
			`${maps}/held`,
			{ metadata: { finalizers: null } },
			{ "content-type": "application/merge-patch+json" },
		);
		expect((await client.call("GET", `${maps}/held`)).status).toBe(404);
	});

	it("checks the uid that is given", async () => {
		await client.call("POST", maps, configMap("guarded", {}));
		const wrong = await client.call("DELETE", `${maps}/guarded`, { preconditions: { uid: "other" } });
		expect(wrong.json).toMatchObject({ code: 409, reason: "Conflict" });
		expect((await client.call("DELETE", `${maps}/guarded`)).json).toMatchObject({
			status: "Success",
			details: { name: "guarded", kind: "configmaps" },
		});
	});

	it("deletes a collection by label", async () => {
		for (const name of ["c1", "c2"]) await client.call("POST", maps, configMap(name, {}, { set: "c" }));
		await client.call("POST", maps, configMap("c3", {}));
		await client.call("DELETE", `${maps}?labelSelector=set%3Dc`);
		const { items } = (await client.call("GET", maps)).json as { items: KubeObject[] };
		const names = items.map((item) => item.metadata.name);
		expect(names).toContain("c3");
		expect(names).not.toContain("c1");
	});

	it("takes dependents first when asked for the foreground, and leaves them when asked to orphan", async () => {
		const post = async (name: string, ownerUids: [string, string][] = []) => {
			const object = configMap(name, {});
			const references = ownerUids.map(([owner, uid]) => ({ apiVersion: "v1", kind: "ConfigMap", name: owner, uid }));
			object.metadata.ownerReferences = references;
			return meta((await client.call("POST", maps, object)).json).uid ?? "";
		};
		const watched = client.watch(`${maps}?resourceVersion=0`);
		const deleted = (events: WatchEvent[]) =>
			events.filter(({ type }) => type === "DELETED").map(({ object }) => object.metadata.name);
		const top = await post("top");
		const middle = await post("middle", [["top", top]]);
		for (const name of ["leaf-1", "leaf-2"]) await post(name, [["middle", middle]]);
		await post("leaf-3", [
			["top", top],
			["middle", middle],
		]);
		await client.call("DELETE", `${maps}/top`, { propagationPolicy: "Foreground" });
		const events = await watched.until((all) => deleted(all).includes("top"));
		expect(deleted(events)).toEqual(expect.arrayContaining(["middle", "leaf-3"]));
		await watched.until((all) => deleted(all).includes("leaf-2"));
		const parent = await post("parent");
		await post("child", [["parent", parent]]);
		await client.call("DELETE", `${maps}/parent`, { propagationPolicy: "Orphan" });
		await watched.until((all) => deleted(all).includes("parent"));
		watched.close();
		const child = await client.call("GET", `${maps}/child`);
		expect(meta(child.json).ownerReferences ?? []).toEqual([]);
	});

	it("takes dependents and everything in a namespace along", async () => {
		await client.call("POST", "/api/v1/namespaces", {
			apiVersion: "v1",
			kind: "Namespace",
			metadata: { name: "gone" },
		});
		const owner = await client.call("POST", maps, configMap("owner", {}));
		const dependent = configMap("dependent", {});
		dependent.metadata.ownerReferences = [
			{ apiVersion: "v1", kind: "ConfigMap", name: "owner", uid: meta(owner.json).uid ?? "" },
		];
		await client.call("POST", maps, dependent);
		const inside = { ...configMap("inside", {}), metadata: { name: "inside", finalizers: ["example.com/hold"] } };
		await client.call("POST", "/api/v1/namespaces/gone/configmaps", inside);
		const watched = client.watch(`${maps}?fieldSelector=metadata.name%3Ddependent`);
		const namespaces = client.watch("/api/v1/namespaces?fieldSelector=metadata.name%3Dgone");
		await watched.until((events) => events.length === 1);
		await client.call("DELETE", `${maps}/owner`);
		await watched.until((events) => events.at(-1)?.type === "DELETED");
		await client.call("DELETE", "/api/v1/namespaces/gone");
		const refused = await client.call("POST", "/api/v1/namespaces/gone/configmaps", {
			apiVersion: "v1",
			kind: "ConfigMap",
			metadata: { name: "late" },
		});
		expect(refused.json).toMatchObject({
			code: 403,
			message:
				'configmaps "late" is forbidden: unable to create new content in namespace gone because it is being terminated',
		});
		const merge = { "content-type": "application/merge-patch+json" };
		const released = { metadata: { finalizers: null } };
		await client.call("PATCH", "/api/v1/namespaces/gone/configmaps/inside", released, merge);
		await namespaces.until((events) => events.at(-1)?.type === "DELETED");
		expect((await client.call("GET", "/api/v1/namespaces/gone/configmaps/inside")).status).toBe(404);
		watched.close();
		namespaces.close();
	});
});

describe("access", () => {
	it("reviews and refuses what is forbidden", async () => {
		const limited = await openClient({ faults: { forbidden: ["create pods"] } });
		const ask = (verb: string) => {
			const spec = { resourceAttributes: { verb, resource: "pods", namespace: "default" } };
			return limited.call("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {
				apiVersion: "authorization.k8s.io/v1",
				kind: "SelfSubjectAccessReview",
				spec,
			});
		};
		expect((await ask("create")).json.status).toMatchObject({ allowed: false });
		expect((await ask("list")).json.status).toMatchObject({ allowed: true });
		const refused = await limited.call("POST", "/api/v1/namespaces/default/pods", {});
		expect(refused.json).toMatchObject({ code: 403, reason: "Forbidden" });
		expect(refused.json.message).toBe(
			'pods is forbidden: User "simulated" cannot create resource "pods" in API group "" in the namespace "default"',
		);
		await limited.close();
	});

	it("throttles with Retry-After", async () => {
		const busy = await openClient({ faults: { throttledRequests: 1 } });
		const answer = await busy.call("GET", maps);
		await busy.close();
		expect([answer.status, answer.headers["retry-after"]]).toEqual([429, "1"]);
	});
});

describe("custom resources", () => {
	it("appear with their definition, a little later, and go with it", async () => {
		const client = await openClient({ speed: 5 });
		const spec = {
			group: "example.com",
			scope: "Namespaced",
			names: { kind: "Thing", plural: "things" },
			versions: [
				{ name: "v1", served: true, storage: true },
				{ name: "v1beta1", served: true },
			],
		};
		const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
		const watched = client.watch(`${definitions}?fieldSelector=metadata.name%3Dthings.example.com`);
		await client.call("POST", definitions, {
			apiVersion: "apiextensions.k8s.io/v1",
			kind: "CustomResourceDefinition",
			metadata: { name: "things.example.com" },
			spec,
		});
		expect((await client.call("GET", "/apis/example.com/v1/things")).status).toBe(404);
		await watched.until((events) =>
			JSON.stringify(events.at(-1)?.object.status ?? "").includes('"Established","status":"True"'),
		);
		const path = "/apis/example.com/v1/namespaces/default/things";
		const created = await client.call("POST", path, {
			apiVersion: "example.com/v1",
			kind: "Thing",
			metadata: { name: "t" },
			spec: { list: [{ name: "a" }] },
		});
		expect(created.status).toBe(201);
		expect((await client.call("GET", "/apis/example.com/v1beta1/namespaces/default/things/t")).json).toMatchObject({
			apiVersion: "example.com/v1beta1",
			kind: "Thing",
		});
		const { items } = (await client.call("GET", path)).json as { items: KubeObject[] };
		expect(items[0]).toMatchObject({ apiVersion: "example.com/v1", kind: "Thing" });
		await client.call("DELETE", `${definitions}/things.example.com`);
		expect((await client.call("GET", path)).status).toBe(404);
		watched.close();
		await client.close();
	});
});
