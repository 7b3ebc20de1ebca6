import { afterAll, beforeAll, expect, it } from "vitest";
import type { KubeObject } from "../../src/simulator/api/objects.ts";
import { type Client, configMap, openClient } from "./client.ts";

const maps = "/api/v1/namespaces/default/configmaps";
const pods = "/api/v1/namespaces/default/pods";
let client: Client;

beforeAll(async () => {
	client = await openClient();
});
afterAll(() => client.close());

const managed = (json: Record<string, unknown>) => (json as unknown as KubeObject).metadata.managedFields;

it("creates what is not there, as the manager's own", async () => {
	const answer = await client.apply(`${maps}/a`, configMap("a", { x: "1" }));
	expect(answer.status).toBe(201);
	expect(managed(answer.json)).toMatchObject([
		{
			manager: "test",
			operation: "Apply",
			apiVersion: "v1",
			fieldsType: "FieldsV1",
			fieldsV1: { "f:data": { "f:x": {} } },
		},
	]);
});

it("changes nothing when the same is applied again", async () => {
	const first = await client.apply(`${maps}/b`, configMap("b", { x: "1" }));
	const second = await client.apply(`${maps}/b`, configMap("b", { x: "1" }));
	expect(second.status).toBe(200);
	expect(second.json).toEqual(first.json);
});

it("removes what this manager does not apply any more, and leaves what is another's", async () => {
	await client.apply(`${maps}/c`, configMap("c", { mine: "1", both: "2" }));
	await client.apply(`${maps}/c`, configMap("c", { both: "2", theirs: "3" }), "fieldManager=other");
	const { json } = await client.apply(`${maps}/c`, configMap("c", {}));
	expect(json.data).toEqual({ both: "2", theirs: "3" });
});

it("refuses to take a field from another manager, unless forced", async () => {
	await client.apply(`${maps}/d`, configMap("d", { x: "1" }), "fieldManager=kubectl");
	const refused = await client.apply(`${maps}/d`, configMap("d", { x: "2" }));
	expect(refused.json).toMatchObject({
		code: 409,
		reason: "Conflict",
		message: 'Apply failed with 1 conflict: conflict with "kubectl": .data.x',
		details: { causes: [{ reason: "FieldManagerConflict", message: 'conflict with "kubectl"', field: ".data.x" }] },
	});
	expect((await client.call("GET", `${maps}/d`)).json.data).toEqual({ x: "1" });
	const forced = await client.apply(`${maps}/d`, configMap("d", { x: "2" }), "fieldManager=test&force=true");
	expect(forced.json.data).toEqual({ x: "2" });
	expect(managed(forced.json)?.map((entry) => entry.manager)).toEqual(["test"]);
});

it("shares a field that is applied with the same value", async () => {
	await client.apply(`${maps}/e`, configMap("e", { x: "1" }), "fieldManager=one");
	const { status, json } = await client.apply(`${maps}/e`, configMap("e", { x: "1" }), "fieldManager=two");
	expect(status).toBe(200);
	expect(
		managed(json)
			?.map((entry) => entry.manager)
			.sort(),
	).toEqual(["one", "two"]);
});

it("sees what was changed by other means as a conflict too, and says so", async () => {
	await client.apply(`${maps}/f`, configMap("f", { x: "1" }));
	await client.call(
		"PATCH",
		`${maps}/f?fieldManager=editor`,
		{ data: { x: "2" } },
		{ "content-type": "application/merge-patch+json" },
	);
	const refused = await client.apply(`${maps}/f`, configMap("f", { x: "1" }));
	expect(refused.json.message).toBe('Apply failed with 1 conflict: conflict with "editor" using v1: .data.x');
});

it("merges named list items of built-in kinds one by one", async () => {
	const pod = (containers: unknown[]) => ({
		apiVersion: "v1",
		kind: "Pod",
		metadata: { name: "p", namespace: "default" },
		spec: { containers, schedulingGates: [{ name: "never" }] },
	});
	await client.apply(`${pods}/p`, pod([{ name: "a", image: "simulated/a:1" }]));
	const both = await client.apply(
		`${pods}/p`,
		{ ...pod([{ name: "b", image: "simulated/b:1" }]) },
		"fieldManager=other",
	);
	expect((both.json.spec as { containers: { name: string }[] }).containers.map((one) => one.name)).toEqual(["a", "b"]);
	const refused = await client.apply(`${pods}/p`, pod([{ name: "a", image: "simulated/a:2" }]), "fieldManager=other");
	expect(refused.json.message).toContain('.spec.containers[name="a"].image');
});

it("needs a field manager, and takes YAML", async () => {
	expect((await client.apply(`${maps}/g`, configMap("g", {}), "")).status).toBe(422);
	const yaml = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: g\ndata:\n  x: '1'\n";
	expect((await client.apply(`${maps}/g`, yaml)).json.data).toEqual({ x: "1" });
});

it("changes nothing in a dry run", async () => {
	const dry = await client.apply(`${maps}/h`, configMap("h", { x: "1" }), "fieldManager=test&dryRun=All");
	expect(dry.json.data).toEqual({ x: "1" });
	expect((await client.call("GET", `${maps}/h`)).status).toBe(404);
});
