import { setTimeout } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { type Condition, conditionOf, type KubeObject, type Pod } from "../../src/simulator/api/objects.ts";
import type { Ingress } from "../../src/simulator/knative/ingresses.ts";
import { type Client, openClient } from "./client.ts";
import { openBench } from "./in-memory.ts";
import { get, installIstio, last } from "./installed.ts";

interface Target {
	revisionName?: string;
	latestRevision?: boolean;
	percent?: number;
	tag?: string;
}

interface Status {
	url: string;
	conditions: Condition[];
	traffic?: (Target & { url?: string })[];
	latestReadyRevisionName?: string;
	latestCreatedRevisionName?: string;
}

interface Template {
	name?: string;
	target?: string;
	labels?: Record<string, string>;
	annotations?: Record<string, string>;
}

const services = "/apis/serving.knative.dev/v1/namespaces/bench/services";
const latest: Target = { latestRevision: true, percent: 100 };
const sidecar = { labels: { "sidecar.istio.io/inject": "true" } };

function serviceOf(given: Template, traffic?: Target[]): KubeObject {
	const annotations = { "autoscaling.knative.dev/window": "6s", ...given.annotations };
	const metadata = {
		...(given.name === undefined ? {} : { name: given.name }),
		...(given.labels === undefined ? {} : { labels: given.labels }),
		annotations,
	};
	const env = [{ name: "TARGET", value: given.target ?? "you" }];
	return {
		apiVersion: "serving.knative.dev/v1",
		kind: "Service",
		metadata: { name: "hello", namespace: "bench" },
		spec: {
			template: { metadata, spec: { containers: [{ image: "dev.local/helloworld-go:1", env }] } },
			...(traffic === undefined ? {} : { traffic }),
		},
	};
}

const statusOf = (object: KubeObject | undefined) => object?.status as Status | undefined;
const says = (object: KubeObject | undefined, type: string) => conditionOf(statusOf(object)?.conditions, type);

let client: Client;
let isOpen = false;
afterEach(async () => {
	if (isOpen) await client.close();
	isOpen = false;
});

async function open(): Promise<void> {
	client = await openClient({ speed: 60 });
	isOpen = true;
}

async function openWithIstio(shape = "none"): Promise<number> {
	await open();
	return installIstio(client, shape);
}

/** Applies the service and waits until its status is of that generation and as wished. */
async function apply(given: Template, traffic?: Target[], isSo = isReady): Promise<Status> {
	const answer = await client.apply(`${services}/hello`, serviceOf(given, traffic));
	expect([200, 201], answer.text).toContain(answer.status);
	const generation = (answer.json as unknown as KubeObject).metadata.generation ?? 0;
	const watched = client.watch(services);
	const seen = await watched.until((events) => {
		const object = last(events);
		const observed = (object?.status as { observedGeneration?: number } | undefined)?.observedGeneration ?? 0;
		return observed >= generation && isSo(object);
	});
	watched.close();
	return statusOf(last(seen)) as Status;
}

function isReady(object: KubeObject | undefined): boolean {
	return says(object, "Ready")?.status === "True";
}

const list = async (path: string) => (await client.call("GET", path)).json.items as KubeObject[];
const namesOf = (objects: KubeObject[]) => objects.map(({ metadata }) => metadata.name).sort();
const read = async (path: string) => (await client.call("GET", path)).json as unknown as KubeObject;
const hostOf = (url: string | undefined) => new URL(url ?? "").host;
const pods = "/api/v1/namespaces/bench/pods";
const revisions = "/apis/serving.knative.dev/v1/namespaces/bench/revisions";
const autoscalers = "/apis/autoscaling.internal.knative.dev/v1alpha1/namespaces/bench/podautoscalers";
const ingresses = "/apis/networking.internal.knative.dev/v1alpha1/namespaces/bench/ingresses";
const revisionOf = (pod: KubeObject) => pod.metadata.labels?.["serving.knative.dev/revision"];

/** Waits until each revision has been scaled to zero and its pods are gone; hurries those that end. */
async function waitForZero(...revisionNames: string[]): Promise<void> {
	for (;;) {
		const scales = (await list(autoscalers)).filter(({ metadata }) => revisionNames.includes(metadata.name));
		const isScaled = scales.every(({ status }) => (status as { desiredScale?: number }).desiredScale === 0);
		const left = (await list(pods)).filter((pod) => revisionNames.includes(revisionOf(pod) ?? ""));
		if (isScaled && left.length === 0) return;
		for (const { metadata } of left)
			if (metadata.deletionTimestamp !== undefined && metadata.deletionGracePeriodSeconds !== 1)
				await client.call("DELETE", `${pods}/${metadata.name}`, { gracePeriodSeconds: 1 });
		await setTimeout(5);
	}
}

const shapeOf = (pod: Pod) => ({
	inits: (pod.spec.initContainers ?? []).map(({ name }) => name),
	containers: pod.spec.containers.map(({ name }) => name),
});

describe("revisions with tags of their own", () => {
	it("start from zero each by itself, under its own host", async () => {
		const port = await openWithIstio();
		await apply({ name: "hello-a", target: "a" });
		const pinned = { revisionName: "hello-a", tag: "a" };
		const status = await apply({ name: "hello-b", target: "b", ...sidecar }, [pinned, { ...latest, tag: "b" }]);
		expect(status).toMatchObject({
			url: "http://hello.bench.example.com",
			latestReadyRevisionName: "hello-b",
			latestCreatedRevisionName: "hello-b",
		});
		expect(status.traffic).toEqual([
			{ revisionName: "hello-a", latestRevision: false, percent: 0, tag: "a", url: "http://a-hello.bench.example.com" },
			{
				revisionName: "hello-b",
				latestRevision: true,
				percent: 100,
				tag: "b",
				url: "http://b-hello.bench.example.com",
			},
		]);
		const route = await read("/apis/serving.knative.dev/v1/namespaces/bench/routes/hello");
		expect(statusOf(route)?.traffic).toEqual(status.traffic);
		const { rules } = (await read(`${ingresses}/hello`)).spec as Ingress["spec"];
		const outside = rules.filter(({ visibility }) => visibility === "ExternalIP");
		const splits = outside.map(({ hosts, http }) => [hosts[0], http.paths[0]?.splits.map((one) => one.serviceName)]);
		expect(splits).toEqual([
			["hello.bench.example.com", ["hello-b"]],
			["a-hello.bench.example.com", ["hello-a"]],
			["b-hello.bench.example.com", ["hello-b"]],
		]);
		await waitForZero("hello-a", "hello-b");

		const [a, b] = (status.traffic ?? []).map(({ url }) => hostOf(url));
		expect(await get(port, { host: a ?? "" })).toMatchObject({ status: 200, text: "Hello a!\n" });
		const first = (await list(pods)) as Pod[];
		expect(first.map(revisionOf)).toEqual(["hello-a"]);
		expect(shapeOf(first[0] as Pod)).toEqual({ inits: [], containers: ["user-container", "queue-proxy"] });
		expect(await get(port, { host: b ?? "" })).toMatchObject({ status: 200, text: "Hello b!\n" });
		const second = ((await list(pods)) as Pod[]).filter((pod) => revisionOf(pod) === "hello-b");
		expect(shapeOf(second[0] as Pod).inits).toEqual(["istio-init", "istio-proxy"]);
		expect(await get(port, { host: hostOf(status.url) })).toMatchObject({ status: 200, text: "Hello b!\n" });
		expect(await get(port, { host: "c-hello.bench.example.com" })).toMatchObject({ status: 404 });
		const { requests } = await client.cluster.truth();
		const led = requests.map(({ revision, isCold }) => ({ revision, isCold }));
		expect(led.slice(0, 2)).toEqual([
			{ revision: "bench/hello-a", isCold: true },
			{ revision: "bench/hello-b", isCold: true },
		]);
		expect(led[2]?.revision).toBe("bench/hello-b");
	});

	it("have objects of their own, and are selected together by the service's label", async () => {
		await openWithIstio();
		const longLived = { annotations: { "autoscaling.knative.dev/window": "1h" } };
		await apply({ name: "hello-a", ...longLived });
		await apply({ name: "hello-b", ...longLived }, [{ revisionName: "hello-a", tag: "a" }, latest]);
		const selector = "?labelSelector=serving.knative.dev%2Fservice%3Dhello";
		expect(namesOf(await list(`/apis/apps/v1/namespaces/bench/deployments${selector}`))).toEqual([
			"hello-a-deployment",
			"hello-b-deployment",
		]);
		expect(namesOf(await list(autoscalers))).toEqual(["hello-a", "hello-b"]);
		expect(new Set((await list(pods + selector)).map(revisionOf))).toEqual(new Set(["hello-a", "hello-b"]));
		const slices = await list(`/apis/discovery.k8s.io/v1/namespaces/bench/endpointslices${selector}`);
		expect(slices.map(({ metadata }) => metadata.labels?.["kubernetes.io/service-name"]).sort()).toEqual([
			"hello-a",
			"hello-a-private",
			"hello-b",
			"hello-b-private",
		]);
		const kinds = [revisions, "/apis/apps/v1/namespaces/bench/deployments", autoscalers];
		const watches = kinds.map((path) => client.watch(path));
		await Promise.all(watches.map((watch) => watch.until((events) => events.length >= 2)));
		await client.call("DELETE", `${services}/hello`);
		for (const watch of watches) {
			await watch.until((events) => events.filter(({ type }) => type === "DELETED").length === 2);
			watch.close();
		}
		expect(await list(ingresses)).toEqual([]);
	});

	it("stay as they are when only the traffic or nothing changes", async () => {
		await openWithIstio();
		await apply({});
		await apply({}, [{ ...latest, tag: "now" }]);
		expect(namesOf(await list(revisions))).toEqual(["hello-00001"]);
		await apply({ target: "others" });
		expect(namesOf(await list(revisions))).toEqual(["hello-00001", "hello-00002"]);
	});
});

describe("a revision that no target names", () => {
	it("becomes unreachable and goes to zero, and comes back when it is named", async () => {
		const port = await openWithIstio();
		const minimum = { annotations: { "autoscaling.knative.dev/min-scale": "1" } };
		await apply({ name: "hello-a", target: "a", ...minimum });
		const before = await read(`${autoscalers}/hello-a`);
		expect(before.spec).toMatchObject({ reachability: "Reachable" });
		await apply({ name: "hello-b", target: "b" });
		await waitForZero("hello-a");
		const after = await read(`${autoscalers}/hello-a`);
		expect(after.spec).toMatchObject({ reachability: "Unreachable" });
		expect(after.status).toMatchObject({
			desiredScale: 0,
			actualScale: 0,
			observedGeneration: after.metadata.generation,
		});
		expect((await read(`${revisions}/hello-a`)).metadata.labels).toMatchObject({
			"serving.knative.dev/routingState": "reserve",
		});
		const status = await apply({ name: "hello-b", target: "b" }, [latest, { revisionName: "hello-a", tag: "old" }]);
		expect(await get(port, { host: hostOf(status.traffic?.[1]?.url) })).toMatchObject({ text: "Hello a!\n" });
		expect((await read(`${autoscalers}/hello-a`)).spec).toMatchObject({ reachability: "Reachable" });
	});
});

it("keeps the requests until the next one is ready and the gateway knows it", () => {
	const bench = openBench({ shape: "none" });
	const { api, truth } = bench.world;
	const ref = { namespace: "bench", name: "hello" };
	api.edit<KubeObject>("services.serving.knative.dev", ref, {
		manager: "test",
		change: (draft) => {
			draft.spec = serviceOf({ target: "other" }).spec;
		},
	});
	const isNextReady = () => isReady(api.get("revisions.serving.knative.dev", { ...ref, name: "hello-00002" }));
	const seen: { revision: string | undefined; wasNextReady: boolean; wasServiceReady: boolean }[] = [];
	for (let step = 0; step < 400 && seen.at(-1)?.revision !== "bench/hello-00002"; step++) {
		bench.clock.advance(50);
		const before = {
			wasNextReady: isNextReady(),
			wasServiceReady: isReady(api.get("services.serving.knative.dev", ref)),
		};
		bench.request();
		seen.push({ revision: truth.read().requests.at(-1)?.revision, ...before });
	}
	const former = seen.slice(0, -1);
	// The gateway sends requests there a moment before Knative has probed it and says that the service is ready.
	expect(seen.at(-1)).toMatchObject({ revision: "bench/hello-00002", wasNextReady: true });
	expect(new Set(former.map(({ revision }) => revision))).toEqual(new Set(["bench/hello-00001"]));
	expect(new Set(former.map(({ wasNextReady }) => wasNextReady))).toEqual(new Set([false, true]));
	expect(former.some(({ wasServiceReady }) => wasServiceReady)).toBe(false);
});

it("gives the pods of each revision the sidecar that its template asks for", async () => {
	await openWithIstio("native");
	const shapes: Record<string, [Template, inits: string[], containers: string[]]> = {
		none: [{ labels: { "sidecar.istio.io/inject": "false" } }, [], ["user-container", "queue-proxy"]],
		native: [{}, ["istio-init", "istio-proxy"], ["user-container", "queue-proxy"]],
		classic: [
			{ annotations: { "sidecar.istio.io/nativeSidecar": "false" } },
			["istio-init"],
			["user-container", "queue-proxy", "istio-proxy"],
		],
		held: [
			{
				annotations: {
					"sidecar.istio.io/nativeSidecar": "false",
					"proxy.istio.io/config": "{holdApplicationUntilProxyStarts: true}",
				},
			},
			["istio-init"],
			["istio-proxy", "user-container", "queue-proxy"],
		],
	};
	const traffic: Target[] = [];
	const watched = client.watch(pods);
	for (const [tag, [template]] of Object.entries(shapes)) {
		await apply({ ...template, name: `hello-${tag}` }, [...traffic, latest]);
		traffic.push({ revisionName: `hello-${tag}`, tag });
	}
	const seen = await watched.until((events) => new Set(events.map(({ object }) => revisionOf(object))).size === 4);
	watched.close();
	for (const [tag, [, inits, containers]] of Object.entries(shapes)) {
		const pod = seen.findLast(({ object }) => revisionOf(object) === `hello-${tag}`)?.object as Pod;
		expect(shapeOf(pod)).toEqual({ inits, containers });
	}
});

it("splits the requests of the main host by percent", async () => {
	const port = await openWithIstio();
	await apply({ name: "hello-a", target: "a" });
	const { url } = await apply({ name: "hello-b", target: "b" }, [
		{ revisionName: "hello-a", percent: 30 },
		{ revisionName: "hello-b", percent: 70 },
	]);
	const host = hostOf(url);
	const answers = await Promise.all(Array.from({ length: 100 }, () => get(port, { host })));
	const ofA = answers.filter(({ text }) => text === "Hello a!\n").length;
	expect(answers.filter(({ text }) => text === "Hello b!\n")).toHaveLength(100 - ofA);
	expect(ofA).toBeGreaterThan(15);
	expect(ofA).toBeLessThan(45);
});

describe("what Knative refuses", () => {
	const denied = 'admission webhook "validation.webhook.serving.knative.dev" denied the request: validation failed: ';

	it.each([
		["a sum below 100", {}, [{ ...latest, percent: 90 }], "Traffic targets sum to 90, want 100: spec.traffic"],
		[
			"one tag twice",
			{},
			[
				{ ...latest, tag: "a" },
				{ revisionName: "hello-b", tag: "a" },
			],
			'Multiple definitions for "a": spec.traffic[1].tag, spec.traffic[0].tag',
		],
		[
			"a revision that is to be the latest as well",
			{},
			[{ ...latest, revisionName: "hello-a" }],
			'may not set revisionName "hello-a" when latestRevision is true: spec.traffic[0].latestRevision',
		],
		[
			"a name without the service's",
			{ name: "other-a" },
			undefined,
			'invalid value: "other-a" must have prefix "hello-": spec.template.metadata.name',
		],
	] as const)("%s", async (_, template, traffic, message) => {
		await open();
		await client.apply("/api/v1/namespaces/bench", {
			apiVersion: "v1",
			kind: "Namespace",
			metadata: { name: "bench" },
		});
		const answer = await client.apply(`${services}/hello`, serviceOf(template, traffic as Target[] | undefined));
		expect(answer.json).toMatchObject({ code: 400, reason: "BadRequest", message: denied + message });
	});

	it("another template under the name that it has", async () => {
		await openWithIstio();
		await apply({ name: "hello-a" });
		const answer = await client.apply(`${services}/hello`, serviceOf({ name: "hello-a", ...sidecar }));
		expect(answer.status).toBe(400);
		expect(answer.json.message).toContain("Saw the following changes without a name change (-old +new): spec.template");
		expect((await read(`${services}/hello`)).metadata.generation).toBe(1);
	});

	it("another spec under the name of an older revision, which the conditions say", async () => {
		await openWithIstio();
		await apply({ name: "hello-a", target: "a" });
		await apply({ name: "hello-b", target: "b" });
		const status = await apply({ name: "hello-a", target: "c" }, undefined, (object) => {
			return says(object, "Ready")?.status === "False";
		});
		expect(conditionOf(status.conditions, "ConfigurationsReady")).toMatchObject({
			status: "False",
			reason: "RevisionFailed",
			message: 'Revision creation failed with message: revisions.serving.knative.dev "hello-a" already exists.',
		});
		expect(conditionOf(status.conditions, "RoutesReady")).toMatchObject({
			status: "False",
			reason: "RevisionNameTaken",
		});
		expect(status.traffic).toEqual([{ revisionName: "hello-b", latestRevision: true, percent: 100 }]);
	});

	it("does not see other annotations under the name of an older revision, which stays as it was", async () => {
		await openWithIstio();
		await apply({ name: "hello-a", target: "a" });
		await apply({ name: "hello-b", target: "b" });
		const status = await apply({ name: "hello-a", target: "a", annotations: { mine: "new" } }, undefined, (object) => {
			return statusOf(object)?.latestReadyRevisionName === "hello-a" && isReady(object);
		});
		expect(status.traffic?.[0]?.revisionName).toBe("hello-a");
		expect((await read(`${revisions}/hello-a`)).metadata.annotations).not.toHaveProperty("mine");
	});

	it("a revision that is not there", async () => {
		const port = await openWithIstio();
		const { url } = await apply({ name: "hello-a", target: "a" });
		const traffic = [latest, { revisionName: "hello-x", tag: "x" }];
		const status = await apply({ name: "hello-a", target: "a" }, traffic, (object) => !isReady(object));
		const missing = {
			status: "False",
			reason: "RevisionMissing",
			message: 'Revision "hello-x" referenced in traffic not found.',
		};
		expect(conditionOf(status.conditions, "RoutesReady")).toMatchObject(missing);
		expect(conditionOf(status.conditions, "Ready")).toMatchObject(missing);
		expect(status.traffic).toHaveLength(1);
		expect(await get(port, { host: hostOf(url) })).toMatchObject({ text: "Hello a!\n" });
	});
});
