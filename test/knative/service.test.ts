import { describe, expect, it } from "vitest";
import { deployService, serviceManifest } from "../../src/knative/service.ts";
import type { Cluster, KubeObject, ObjectRef } from "../../src/kube/api/cluster.ts";
import { ApiError } from "../../src/kube/http/api-error.ts";
import { podTrouble } from "../../src/kube/wait/pod-trouble.ts";
import { pingManifest } from "../../src/measure/observing/ping.ts";
import { loadProfiles } from "../../src/profile/load.ts";
import { openLiveState } from "../../src/recording/live-state.ts";
import { aPod, seen } from "../measure/revision.ts";

const [loaded] = await loadProfiles(["minimal"]);
if (loaded === undefined) throw new Error("no profile");
const minimal = loaded;
const order = { namespace: "knistio", name: "helloworld", image: "hello:1", target: "mark", timeoutSeconds: 10 };

const ready = {
	observedGeneration: 3,
	url: "http://helloworld.knistio.example.com",
	latestCreatedRevisionName: "helloworld-00002",
	latestReadyRevisionName: "helloworld-00002",
	conditions: [{ type: "Ready", status: "True" }],
};

interface Knative {
	pods?: KubeObject[];
	timeoutMs?: number;
	revision?: object;
	/** What applying fails with, one at a time. */
	failures?: ApiError[];
}

const starting = { observedGeneration: 3, latestCreatedRevisionName: "helloworld-00001" };

/** A Knative whose service has these statuses, one at each look; the last one stays. */
function deploy(statuses: object[], { pods = [], timeoutMs = 1_000, revision, failures = [] }: Knative = {}) {
	const manifest = serviceManifest(minimal, order);
	const state = openLiveState();
	for (const pod of pods) state.add(seen("pods", pod, "ADDED"));
	const details: string[] = [];
	const controller = new AbortController();
	let looks = 0;
	const cluster = {
		async apply(object: KubeObject) {
			const failure = failures.shift();
			if (failure !== undefined) throw failure;
			return { ...object, metadata: { ...object.metadata, generation: 3 } };
		},
		get: async ({ kind }: ObjectRef) =>
			kind === "Revision"
				? { kind, status: revision }
				: { ...manifest, status: statuses[Math.min(looks++, statuses.length - 1)] },
	} as unknown as Cluster;
	const done = deployService(cluster, manifest, {
		state,
		timeoutMs,
		signal: controller.signal,
		podTrouble,
		onDetail: (text) => void details.push(text),
		sleep: () => new Promise((resolve) => setImmediate(resolve)),
	});
	done.catch(() => {});
	return { done, details, looks: () => looks, abort: () => controller.abort(new Error("stop")) };
}

const waiting = (reason: string, message: string) =>
	aPod("p", { status: { containerStatuses: [{ name: "user-container", state: { waiting: { reason, message } } }] } });

describe("the service", () => {
	it("has one pod at most, a short window, and the profile's labels and annotations", () => {
		const manifest = serviceManifest({ ...minimal, podLabels: { a: "b" }, podAnnotations: { c: "d" } }, order);
		expect(manifest).toMatchObject({
			kind: "Service",
			metadata: { name: "helloworld", namespace: "knistio" },
			spec: {
				template: {
					metadata: {
						labels: { a: "b" },
						annotations: {
							"autoscaling.knative.dev/window": "8s",
							"autoscaling.knative.dev/max-scale": "1",
							"autoscaling.knative.dev/class": "kpa.autoscaling.knative.dev",
							"autoscaling.knative.dev/min-scale": "0",
							"autoscaling.knative.dev/initial-scale": "1",
							"autoscaling.knative.dev/scale-to-zero-pod-retention-period": "0s",
							"autoscaling.knative.dev/scale-down-delay": "0s",
							c: "d",
						},
					},
					spec: { timeoutSeconds: 10, containers: [{ image: "hello:1", env: [{ name: "TARGET", value: "mark" }] }] },
				},
			},
		});
	});

	it("is deployed when Knative has seen this generation and its newest revision is Ready", async () => {
		const { done, details } = deploy([
			{},
			{ ...ready, observedGeneration: 2 },
			{ ...ready, latestReadyRevisionName: "helloworld-00001" },
			{ ...ready, conditions: [{ type: "Ready", status: "Unknown", reason: "Uninitialized", message: "Waiting" }] },
			ready,
		]);
		expect(await done).toEqual({
			ref: { apiVersion: "serving.knative.dev/v1", kind: "Service", namespace: "knistio", name: "helloworld" },
			revision: "helloworld-00002",
			host: "helloworld.knistio.example.com",
		});
		expect(details).toEqual(["waiting for Ready", "waiting for Ready", "waiting for Ready", "Uninitialized Waiting"]);
	});

	it("that cannot become Ready is given up at once, with the pod's own reason", async () => {
		const { done, looks } = deploy([starting], {
			pods: [waiting("InvalidImageName", "couldn't parse image")],
			timeoutMs: 1e6,
		});
		await expect(done).rejects.toMatchObject({
			exitCode: 4,
			message: expect.stringMatching(/^service knistio\/helloworld cannot become Ready: .*couldn't parse image/),
			hint: expect.stringContaining("--image"),
		});
		expect(looks()).toBe(1);
	});

	it("that takes too long tells the pod's reason, or else Knative's", async () => {
		const late = "service knistio/helloworld did not become Ready within 0.02 s: ";
		const pull = deploy([starting], { pods: [waiting("ErrImagePull", "not found")], timeoutMs: 20 });
		await expect(pull.done).rejects.toMatchObject({ message: expect.stringMatching(`${late}.*not found`) });
		const condition = {
			type: "Ready",
			status: "False",
			reason: "RevisionFailed",
			message: "Initial scale was never achieved",
		};
		const said = deploy([{ conditions: [condition] }], { timeoutMs: 20 });
		await expect(said.done).rejects.toThrow(`${late}RevisionFailed Initial scale was never achieved`);
		await expect(deploy([{}], { timeoutMs: 20 }).done).rejects.toThrow(`${late}Knative says nothing of it`);
	});

	it("is not judged by a pod that is on its way out", async () => {
		const old = waiting("InvalidImageName", "of the revision before");
		old.metadata.deletionTimestamp = "2026-11-23T10:00:00Z";
		const { done } = deploy([starting, ready], { pods: [old] });
		expect(await done).toMatchObject({ revision: "helloworld-00002" });
	});

	it("is not judged by somebody else's pod, nor by one of the revision before", async () => {
		const job = aPod("job", { status: { phase: "Failed", reason: "Evicted" } });
		job.metadata.labels = { "job-name": "nightly-backup" };
		const before = waiting("InvalidImageName", "of the revision before");
		const steps = [{}, { ...starting, observedGeneration: 2 }, { ...ready, conditions: null }, ready];
		const { done } = deploy(steps, { pods: [job, before] });
		expect(await done).toMatchObject({ revision: "helloworld-00002" });
	});

	it("is applied and looked at again after what passes by itself, and only after that", async () => {
		const webhook = new ApiError('apply Service x: failed calling webhook "x": EOF', { status: 500 });
		const { done, details } = deploy([ready], { failures: [webhook, new ApiError("bad gateway", { status: 502 })] });
		expect(await done).toMatchObject({ revision: "helloworld-00002" });
		expect(details).toEqual([webhook.message, "bad gateway"]);
		const denied = deploy([ready], { failures: [new ApiError("denied the request", { status: 403 })] });
		await expect(denied.done).rejects.toThrow("denied the request");
		const late = deploy([ready], { failures: Array(9999).fill(webhook), timeoutMs: 5 });
		await expect(late.done).rejects.toThrow("failed calling webhook");
	});

	it.each([
		null,
		7,
		"x",
		[],
		{ conditions: 7, traffic: "x", url: 5 },
		{ ...ready, url: "no url" },
	])("with a status that is %j is not Ready", async (status) => {
		const { done } = deploy([status as object], { timeoutMs: 5 });
		await expect(done).rejects.toThrow("did not become Ready");
	});

	it("is waited for no longer when the run is interrupted", async () => {
		const { done, abort } = deploy([{}], { timeoutMs: 1e6 });
		abort();
		await expect(done).rejects.toThrow("stop");
	});
});

describe("the pod of the pings", () => {
	it("is held back from every node and every sidecar", () => {
		const { metadata, spec } = pingManifest("knistio", "hello:1");
		expect(metadata).toMatchObject({ namespace: "knistio", labels: { "sidecar.istio.io/inject": "false" } });
		expect(spec).toMatchObject({ schedulingGates: [{ name: expect.anything() }], terminationGracePeriodSeconds: 0 });
	});
});

it("says the revision's own words where there is no pod at all", async () => {
	const missing = {
		observedGeneration: 3,
		latestCreatedRevisionName: "helloworld-00002",
		conditions: [{ type: "Ready", status: "False", reason: "RevisionMissing", message: "no ready Revision" }],
	};
	const message = 'Unable to fetch image "nowhere/none:1": no such host';
	const revision = { conditions: [{ type: "ContainerHealthy", status: "False", reason: "ContainerMissing", message }] };
	const { done } = deploy([missing], { timeoutMs: 5, revision });
	await expect(done).rejects.toMatchObject({
		exitCode: 4,
		message: expect.stringContaining(message),
		hint: "give an image that the nodes can pull with --image, or in the manifest of --service",
	});
});
