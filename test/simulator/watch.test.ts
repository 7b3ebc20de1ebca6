import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { KubeObject } from "../../src/simulator/api/objects.ts";
import { type Client, configMap, openClient } from "./client.ts";

const maps = "/api/v1/namespaces/default/configmaps";
let client: Client;

beforeAll(async () => {
	client = await openClient();
});
afterAll(() => client.close());

const put = (name: string, data: Record<string, string>, labels?: Record<string, string>) =>
	client.apply(`${maps}/${name}`, configMap(name, data, labels));
const list = async (query = "") =>
	(await client.call("GET", `${maps}${query}`)).json as unknown as {
		items: KubeObject[];
		metadata: Record<string, string>;
	};

describe("lists", () => {
	it("come page by page, with what was there at the first page", async () => {
		for (const name of ["p1", "p2", "p3", "p4", "p5"]) await put(name, {}, { page: "yes" });
		const first = await list("?labelSelector=page&limit=2");
		expect(first.metadata).toMatchObject({ continue: expect.any(String), remainingItemCount: 3 });
		await client.call("DELETE", `${maps}/p4`);
		const second = await list(`?labelSelector=page&limit=2&continue=${first.metadata.continue}`);
		const third = await list(`?labelSelector=page&limit=2&continue=${second.metadata.continue}`);
		expect([first, second, third].flatMap((page) => page.items.map((item) => item.metadata.name))).toEqual([
			"p1",
			"p2",
			"p3",
			"p4",
			"p5",
		]);
		expect(third.metadata.continue).toBeUndefined();
		expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
	});

	it("leave kind and apiVersion out of the items of built-in kinds", async () => {
		await put("plain", {});
		const { items } = await list("?fieldSelector=metadata.name%3Dplain");
		expect(items).toHaveLength(1);
		expect(items[0]).not.toHaveProperty("kind");
	});

	it("select by labels and fields", async () => {
		await put("s1", {}, { tier: "web", old: "yes" });
		await put("s2", {}, { tier: "db" });
		const names = async (selector: string) =>
			(await list(`?labelSelector=${encodeURIComponent(selector)}`)).items.map((item) => item.metadata.name);
		expect(await names("tier=web")).toEqual(["s1"]);
		expect(await names("tier in (web,db),!old")).toEqual(["s2"]);
		expect(await names("tier,tier!=web")).toEqual(["s2"]);
		expect(await names("tier notin (web),tier")).toEqual(["s2"]);
		expect((await client.call("GET", `${maps}?fieldSelector=data.x%3D1`)).json).toMatchObject({
			code: 400,
			message: "field label not supported: data.x",
		});
	});

	it("refuse a revision of the future", async () => {
		expect((await client.call("GET", `${maps}?resourceVersion=99999999`)).json).toMatchObject({
			code: 504,
			reason: "Timeout",
		});
	});
});

describe("watches", () => {
	it("tell every change after the revision they start from, in order", async () => {
		const { metadata } = await list();
		await put("w", { n: "1" });
		const watched = client.watch(`${maps}?resourceVersion=${metadata.resourceVersion}`);
		await put("w", { n: "2" });
		await client.call("DELETE", `${maps}/w`);
		const events = await watched.until((all) => all.length === 3);
		watched.close();
		expect(events.map((event) => [event.type, (event.object.data as { n: string }).n])).toEqual([
			["ADDED", "1"],
			["MODIFIED", "2"],
			["DELETED", "2"],
		]);
		const revisions = events.map((event) => Number(event.object.metadata.resourceVersion));
		expect(revisions).toEqual([...revisions].sort((a, b) => a - b));
	});

	it("begin with what is there when no revision is given", async () => {
		await put("there", {}, { w: "there" });
		const watched = client.watch(`${maps}?labelSelector=w%3Dthere`);
		const events = await watched.until((all) => all.length === 1);
		watched.close();
		expect(events[0]).toMatchObject({
			type: "ADDED",
			object: { kind: "ConfigMap", apiVersion: "v1", metadata: { name: "there" } },
		});
	});

	it("turn a change of labels into ADDED and DELETED", async () => {
		await put("turncoat", {}, { side: "left" });
		const { metadata } = await list();
		const left = client.watch(`${maps}?labelSelector=side%3Dleft&resourceVersion=${metadata.resourceVersion}`);
		const right = client.watch(`${maps}?labelSelector=side%3Dright&resourceVersion=${metadata.resourceVersion}`);
		await put("turncoat", {}, { side: "right" });
		expect((await left.until((all) => all.length === 1))[0]?.type).toBe("DELETED");
		expect((await right.until((all) => all.length === 1))[0]?.type).toBe("ADDED");
		left.close();
		right.close();
	});

	it("lose nothing when they are cut and resumed", async () => {
		const stormy = await openClient({ faults: { dropWatchesEveryMs: 1_000 }, speed: 50 });
		const seen: string[] = [];
		let revision = (await stormy.call("GET", maps)).json.metadata as { resourceVersion: string };
		let cuts = 0;
		const writing = (async () => {
			for (let n = 0; n < 200; n++) await stormy.apply(`${maps}/storm`, configMap("storm", { n: String(n) }));
		})();
		while (seen.at(-1) !== "199") {
			const watched = stormy.watch(`${maps}?resourceVersion=${revision.resourceVersion}`);
			await watched.ended;
			cuts++;
			for (const event of watched.events) {
				seen.push((event.object.data as { n: string }).n);
				revision = event.object.metadata as { resourceVersion: string };
			}
		}
		await writing;
		await stormy.close();
		expect(cuts).toBeGreaterThan(1);
		expect(seen).toEqual(Array.from({ length: 200 }, (_, n) => String(n)));
	});

	it("say 410 in the stream when the history does not go back so far, and lists say it for old pages", async () => {
		const forgetful = await openClient({ faults: { compactEveryMs: 500, watchLagMs: 100 }, speed: 50 });
		const { metadata } = (await forgetful.call("GET", `${maps}?limit=1`)).json as {
			metadata: { resourceVersion: string };
		};
		const page = (await forgetful.call("GET", "/api/v1/namespaces/knative-serving/configmaps?limit=1")).json as {
			metadata: { continue: string };
		};
		for (let n = 0; n < 3; n++) await forgetful.apply(`${maps}/x${n}`, configMap(`x${n}`, {}));
		await new Promise((resolve) => setTimeout(resolve, 25));
		const watched = forgetful.watch(`${maps}?resourceVersion=${metadata.resourceVersion}`);
		const [event] = await watched.until((all) => all.length === 1);
		expect(event).toMatchObject({ type: "ERROR", object: { kind: "Status", code: 410, reason: "Expired" } });
		expect(event?.object.message).toMatch(/^too old resource version: \d+ \(\d+\)$/);
		await watched.ended;
		const rest = await forgetful.call(
			"GET",
			`/api/v1/namespaces/knative-serving/configmaps?limit=1&continue=${page.metadata.continue}`,
		);
		expect(rest.json).toMatchObject({ code: 410, reason: "Expired" });
		await forgetful.close();
	});

	it("send bookmarks with a newer revision, and end when asked to", async () => {
		const fast = await openClient({ speed: 3000 });
		const watched = fast.watch(`${maps}?allowWatchBookmarks=true&timeoutSeconds=150`);
		await watched.ended;
		await fast.close();
		const bookmarks = watched.events.filter((event) => event.type === "BOOKMARK");
		expect(bookmarks.length).toBeGreaterThanOrEqual(2);
		expect(Number(bookmarks[0]?.object.metadata.resourceVersion)).toBeGreaterThan(1000);
	});

	it("come late when they lag, still in order", async () => {
		const lagging = await openClient({ faults: { watchLagMs: 2_000 }, speed: 50 });
		const watched = lagging.watch(`${maps}?resourceVersion=1001&fieldSelector=metadata.name%3Dlate`);
		for (let n = 0; n < 20; n++) await lagging.apply(`${maps}/late`, configMap("late", { n: String(n) }));
		const events = await watched.until((all) => all.length === 20);
		await lagging.close();
		expect(events.map((event) => Number((event.object.data as { n: string }).n))).toEqual(
			Array.from({ length: 20 }, (_, n) => n),
		);
	});
});
