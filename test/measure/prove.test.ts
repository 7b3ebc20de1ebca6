import { describe, expect, it } from "vitest";
import type { Cluster, KubeObject, ListQuery } from "../../src/kube/api/cluster.ts";
import type { RequestOrder } from "../../src/measure/observing/request.ts";
import { proveProfile } from "../../src/measure/prove.ts";
import { loadProfiles } from "../../src/profile/load.ts";
import type { ServiceShape } from "../../src/profile/pod-shape.ts";
import type { RequestTimes } from "../../src/recording/entries.ts";
import { type LiveState, openLiveState } from "../../src/recording/live-state.ts";
import type { Finding } from "../../src/report/report.ts";
import { sessionOn } from "../support/session.ts";
import { aPod, revision, seen } from "./revision.ts";

const [loaded] = await loadProfiles(["full"]);
if (loaded === undefined) throw new Error("no profile");
const profile = {
	...loaded,
	promises: { initContainers: ["istio-init"], sidecar: "native" as const, capabilities: ["NET_ADMIN"], denies: true },
};

const container = (name: string, more: object = {}) => ({ name, image: `hub/${name}:1.31.0`, ...more });
const rightSpec = {
	initContainers: [
		container("istio-init", { securityContext: { capabilities: { add: ["NET_ADMIN"] } } }),
		container("istio-proxy", { restartPolicy: "Always" }),
	],
	containers: [container("queue-proxy"), container("user-container")],
};
const started = (name: string) => ({ name, image: `${name}:1`, imageID: `${name}@sha256:1234` });
const statuses = {
	initContainerStatuses: [started("istio-init"), started("istio-proxy")],
	containerStatuses: [started("queue-proxy"), started("user-container")],
};

interface World {
	spec?: object;
	pods?: KubeObject[];
	istiod?: string;
	istiodImage?: string;
	/** Labels of istiod's pod. */
	labels?: Record<string, string>;
	/** What istiod answers when it is asked for its version. */
	istiodSays?: string;
	gateway?: string | undefined;
	/** What a request is answered with; by default as promised. */
	answer?(order: RequestOrder, count: number): Partial<RequestTimes>;
	/** What happens once a request has been sent. */
	onRequest?(state: LiveState): void;
	/** What is asked, where it is not the usual. */
	asked?: Partial<RequestOrder>;
	service?: ServiceShape;
}

async function prove(world: World = {}) {
	const { spec = rightSpec, pods, istiod = "1.31.0", gateway = "1.31.0", answer, onRequest } = world;
	const state = openLiveState();
	for (const pod of pods ?? [aPod("p", { spec, status: statuses })]) state.add(seen("pods", pod, "ADDED"));
	const part = (name: string, image: string, labels: Record<string, string> = {}): KubeObject => ({
		apiVersion: "v1",
		kind: "Pod",
		metadata: { name, namespace: "istio-system", labels },
		spec: { containers: [{ name, image }] },
	});
	const list = async ({ labelSelector }: ListQuery) => {
		if (labelSelector !== "app=istiod") return gateway ? [part("istio-proxy", `hub/x:${gateway}@sha256:1`)] : [];
		return [part("discovery", world.istiodImage ?? `hub/x:${istiod}@sha256:1`, world.labels)];
	};
	const raw = async (_: string, path: string) => {
		if (world.istiodSays === undefined || !path.includes("istiod:15014")) throw new Error("HTTP 403");
		return { status: 200, body: Buffer.from(world.istiodSays) };
	};
	const findings: Finding[] = [];
	const requests: RequestOrder[] = [];
	const sleeps: number[] = [];
	const start = performance.now();
	const sleep = async (ms: number) => {
		sleeps.push(ms);
		// Far beyond what configuration takes to arrive.
		if (sleeps.length > 200) clock.now = start + 1e6;
	};
	const seenAs = await proveProfile(
		sessionOn({ list, raw } as unknown as Cluster, { clock: { now: () => 0, sleep } }),
		{
			observer: {
				async request(order) {
					requests.push(order);
					onRequest?.(state);
					const isDenied = order.headers?.["x-knistio-deny"] === "yes";
					const promised = isDenied ? { status: 403, bodyMatches: false } : { status: 200, bodyMatches: true };
					return { connectStartedAt: "1", ...(answer?.(order, requests.length) ?? promised) };
				},
			},
			state,
			profile,
			revision,
			request: {
				route: { kind: "direct", url: "http://x", by: "given" },
				host: "h",
				expectBody: "b",
				timeoutMs: 1,
				...world.asked,
			},
			service: world.service,
			podTimeoutMs: 50,
			onFinding: (finding) => findings.push(finding),
		},
	);
	return { seenAs, findings, requests, sleeps };
}

/** `performance.now`, which the settling reads, may be set forward. */
const clock: { now: number | undefined } = { now: undefined };
const real = performance.now.bind(performance);
performance.now = () => clock.now ?? real();

async function differences(world: World): Promise<string> {
	clock.now = undefined;
	const error = await prove(world).catch((error: Error) => error);
	clock.now = undefined;
	expect(error).toMatchObject({ exitCode: 4, hint: expect.stringContaining("knistio profiles show") });
	const [, words] = /^profile full is not what it promises: (.*)$/.exec((error as Error).message) ?? [];
	return words ?? `not as it should be: ${(error as Error).message}`;
}

describe("a profile that is what it promises", () => {
	it("is described by what was seen, and asked with and without the header that is denied", async () => {
		const { seenAs, requests } = await prove();
		expect(seenAs).toEqual({
			sidecar: "native",
			"init-containers": "istio-init",
			istio: "1.31.0",
			"image:istio-init": "istio-init@sha256:1234",
			"image:istio-proxy": "istio-proxy@sha256:1234",
			"image:queue-proxy": "queue-proxy@sha256:1234",
			"image:user-container": "user-container@sha256:1234",
		});
		expect(requests.map(({ headers }) => headers)).toEqual([undefined, { "x-knistio-deny": "yes" }]);
	});

	it("may take a moment until its policy is in force", async () => {
		const { sleeps } = await prove({
			answer: (_, count) =>
				count < 3 ? { status: 503 } : count < 6 ? { status: 200, bodyMatches: true } : { status: 403 },
		});
		expect(sleeps).toEqual([250, 250, 250, 250]);
	});

	it("may have no gateway of its own", async () => {
		expect((await prove({ gateway: undefined })).seenAs).toMatchObject({ istio: "1.31.0" });
	});
});

describe("a service of one's own", () => {
	const service: ServiceShape = {
		containers: ["web", "cache"],
		initContainers: ["migrate"],
		capabilities: ["NET_BIND_SERVICE"],
	};
	const bound = { securityContext: { capabilities: { add: ["NET_BIND_SERVICE"] } } };
	const [istioInit, ...sidecars] = rightSpec.initContainers;
	const spec = {
		initContainers: [istioInit, ...sidecars, container("migrate")],
		containers: [container("web", bound), container("cache"), container("queue-proxy")],
	};

	it("has its own containers beside those of the profile", async () => {
		await expect(prove({ spec, service, pods: [aPod("p", { spec, status: statuses })] })).resolves.toBeDefined();
		const others = await differences({ service: { ...service, containers: ["web"] }, pods: [aPod("p", { spec })] });
		expect(others).toContain("containers: web, cache, queue-proxy, promised: web, queue-proxy");
	});

	const asked = { method: "POST", path: "/v1/x?token=secret", expectStatus: 201 };

	it("is proven by a request of its own, which the policy must deny too", async () => {
		const answer = ({ headers }: RequestOrder) =>
			headers?.["x-knistio-deny"] ? { status: 403 } : { status: 201, bodyMatches: true };
		const { requests } = await prove({ asked: { ...asked, headers: { a: "b" } }, answer });
		expect(requests).toMatchObject([
			{ ...asked, headers: { a: "b" } },
			{ ...asked, headers: { a: "b", "x-knistio-deny": "yes" } },
		]);
	});

	it("that answers otherwise ends the run, with its status and path and without the query", async () => {
		clock.now = undefined;
		const answer = () => ({ status: 404, bodyMatches: false, server: "istio-envoy", isFromUpstream: true as const });
		const error = await prove({ asked, answer }).catch((error: Error) => error);
		clock.now = undefined;
		expect(error).toMatchObject({
			exitCode: 4,
			message: "profile full: the service answers POST /v1/x with HTTP 404 Not Found, expected: 201",
			hint: expect.stringMatching(/--request.*--expect-status 404/),
		});
	});
});

describe("a revision that went to zero before it could be looked at", () => {
	it("is looked at in the pod that the proof's own request starts, when all of that has started", async () => {
		const { seenAs } = await prove({
			pods: [],
			onRequest: (state) => {
				const half = { ...statuses, containerStatuses: [{ name: "user-container", image: "x", imageID: "" }] };
				state.add(seen("pods", aPod("late", { spec: rightSpec, status: half }), "ADDED"));
				setTimeout(() => state.add(seen("pods", aPod("late", { spec: rightSpec, status: statuses }))), 10);
			},
		});
		expect(seenAs).toMatchObject({ sidecar: "native", "image:user-container": "user-container@sha256:1234" });
	});

	it("is looked at as it is, when the rest does not come", async () => {
		const status = { containerStatuses: [{ name: "user-container", image: "hello:1", imageID: "" }] };
		const { seenAs } = await prove({ pods: [aPod("half", { spec: rightSpec, status })] });
		expect(seenAs).toMatchObject({ sidecar: "native", "image:user-container": "hello:1" });
	});
});

const pulledAt = (name: string, imagePullPolicy: string) => ({
	initContainers: rightSpec.initContainers.map((each) => ({
		...each,
		imagePullPolicy: each.name === name ? imagePullPolicy : "IfNotPresent",
	})),
	containers: rightSpec.containers.map((each) => ({
		...each,
		imagePullPolicy: each.name === name ? imagePullPolicy : "IfNotPresent",
	})),
});

describe("a profile whose starts always ask the registry", () => {
	const refusal = (spec: object) => prove({ spec }).catch((error) => error as Error & { hint?: string });

	it.each([
		["istio-init", /--istio-set values\.global\.imagePullPolicy=IfNotPresent/],
		["istio-proxy", /--istio-set values\.global\.imagePullPolicy=IfNotPresent/],
		["user-container", /--image/],
		["queue-proxy", /queue-sidecar-image.*config-deployment/],
	])("is refused for %s, with what to change", async (name, hint) => {
		expect(await refusal(pulledAt(name, "Always"))).toMatchObject({
			exitCode: 4,
			message: `profile full: every start asks the registry for the image of ${name} (imagePullPolicy Always), so no cold start would count`,
			hint: expect.stringMatching(hint),
		});
		await expect(prove({ spec: pulledAt(name, "Never") })).resolves.toBeDefined();
	});

	it("is told that admission may have set it on all", async () => {
		const always = (each: object) => ({ ...each, imagePullPolicy: "Always" });
		const spec = {
			initContainers: rightSpec.initContainers.map(always),
			containers: rightSpec.containers.map(always),
		};
		expect(await refusal(spec)).toMatchObject({ hint: expect.stringContaining("AlwaysPullImages") });
	});

	it.each([
		["hub/queue-proxy", true],
		["host:5000/queue-proxy", true],
		["hub/queue-proxy:latest", true],
		["hub/queue-proxy:1", false],
		["hub/queue-proxy@sha256:1234", false],
	])("is known by the image %s where no policy is told: %s", async (image, isRefused) => {
		const spec = { ...rightSpec, containers: [container("user-container"), { name: "queue-proxy", image }] };
		expect((await refusal(spec)) instanceof Error).toBe(isRefused);
	});
});

describe("Istio's version", () => {
	const proxied = (image: string) => ({
		...rightSpec,
		initContainers: [rightSpec.initContainers[0], container("istio-proxy", { restartPolicy: "Always", image })],
	});
	const digest = "@sha256:0123456789abcdef";

	it.each([
		"hub/proxyv2:1.31.0",
		"hub/proxyv2:1.31.0-distroless",
		"hub/proxyv2:1.31.0-debug",
		"hub/proxyv2:1.31.0-fips",
		"hub/proxyv2:1.31.0-solo-fips-distroless",
		"hub/proxyv2:1.31.0-asm.33",
		"hub/proxyv2:1.31.0-tetrate-v0",
		"hub/proxyv2:1.31.0-gke.3",
		"hub/proxyv2:v1.31.0",
		"hub/proxyv2:1.31",
		`hub/proxyv2:1.31.0-distroless${digest}`,
		"host:5000/x/proxyv2:1.31.0",
	])("is the same with a proxy of %s", async (image) => {
		const { seenAs, findings } = await prove({ spec: proxied(image) });
		expect(seenAs).toMatchObject({ istio: "1.31.0" });
		expect(findings).toEqual([]);
	});

	it.each([
		["hub/proxyv2:1.31.1", "1.31.1"],
		["hub/proxyv2:1.30.0-distroless", "1.30.0"],
		["hub/proxyv2:2.31.0", "2.31.0"],
		["host:1310/x/proxyv2:1.30", "1.30"],
		["hub/proxyv2:1.31.0-rc.1", "1.31.0-rc.1"],
		["hub/proxyv2:1.31-alpha.eed52ebb66ad-distroless", "1.31-alpha.eed52ebb66ad"],
		["hub/proxyv2:mine", "mine"],
	])("is another one with a proxy of %s", async (image, version) => {
		expect(await differences({ spec: proxied(image) })).toBe(
			`Istio's parts have different versions: istiod 1.31.0, gateway 1.31.0, sidecar ${version}`,
		);
	});

	it.each([
		[`hub/proxyv2${digest}`, "by its digest alone"],
		["host:5000/x/proxyv2", "without a tag"],
	])("is unknown with a proxy of %s, which is a finding", async (image, how) => {
		// Without a policy of its own, an image without a tag would be asked for at each start.
		const spec = proxied(image);
		const known = spec.initContainers.map((each) => ({ ...each, imagePullPolicy: "IfNotPresent" }));
		const { seenAs, findings } = await prove({ spec: { ...spec, initContainers: known } });
		expect(seenAs).toMatchObject({ istio: "1.31.0" });
		expect(findings).toEqual([
			expect.objectContaining({
				code: "version-unknown",
				message: `the version of Istio's sidecar is unknown: its image is named ${how} (${image})`,
			}),
		]);
	});

	it("is known by the runtime's own name of the image", async () => {
		const named = statuses.initContainerStatuses.map((each) =>
			each.name === "istio-proxy" ? { ...each, image: "docker.io/istio/proxyv2:1.30.0" } : each,
		);
		const pods = [
			aPod("p", { spec: proxied(`hub/proxyv2${digest}`), status: { ...statuses, initContainerStatuses: named } }),
		];
		expect(await differences({ pods })).toContain("sidecar 1.30.0");
	});

	it.each<[string, Partial<World>, string]>([
		["by its chart's label", { labels: { "app.kubernetes.io/version": "1.30.5" } }, "1.30.5"],
		["by its chart", { labels: { "helm.sh/chart": "istiod-1.30.5" } }, "1.30.5"],
		["by what it says itself", { istiodSays: "1.30.5-0123456789abcdef-Clean" }, "1.30.5"],
	])("of an istiod by digest is known %s", async (_, more, version) => {
		expect(await differences({ istiodImage: `hub/pilot${digest}`, ...more })).toBe(
			`Istio's parts have different versions: istiod ${version}, gateway 1.31.0, sidecar 1.31.0`,
		);
	});

	it("of an istiod by digest that says nothing is a finding", async () => {
		for (const istiodSays of [undefined, "<html>1.31.0"]) {
			const { seenAs, findings } = await prove({
				istiodImage: `hub/pilot${digest}`,
				...(istiodSays === undefined ? {} : { istiodSays }),
			});
			expect(seenAs).not.toHaveProperty("istio");
			expect(findings.map(({ code }) => code)).toEqual(["version-unknown"]);
		}
	});
});

describe("a profile that is not what it promises", () => {
	it("is told every difference of its pod", async () => {
		const spec = { containers: [container("istio-proxy"), container("queue-proxy")] };
		expect(await differences({ spec })).toBe(
			[
				"init containers that end: none, promised: istio-init",
				"sidecar: classic, promised: native",
				"containers: queue-proxy, promised: user-container, queue-proxy",
				"capabilities added: none, promised: NET_ADMIN",
			].join("; "),
		);
	});

	it("has parts of different versions", async () => {
		expect(await differences({ istiod: "1.30.2" })).toBe(
			"Istio's parts have different versions: istiod 1.30.2, gateway 1.31.0, sidecar 1.31.0",
		);
	});

	it.each<[string, Partial<RequestTimes>, string]>([
		["does not answer", { error: "connect ECONNREFUSED" }, "a request is not answered: connect ECONNREFUSED"],
		["answers with an error", { status: 503 }, "a request is answered with HTTP 503"],
		[
			"answers as another service",
			{ status: 200, bodyMatches: false, body: "nginx" },
			'the answer "nginx" is not that of the image under test',
		],
		[
			"denies nothing",
			{ status: 200, bodyMatches: true },
			"a request with the header x-knistio-deny is answered with HTTP 200, promised: 403",
		],
	])("%s", async (_, times, words) => {
		expect(await differences({ answer: () => times })).toBe(words);
	});

	it("is not told as initial-scale where the gateway does not answer", async () => {
		const failed = await prove({ pods: [], answer: () => ({ status: 503 }) }).catch((error: Error) => error);
		clock.now = undefined;
		expect(failed).toMatchObject({
			message: "profile full: the service is Ready, but a request is answered with HTTP 503",
		});
		expect((failed as { hint?: string }).hint).not.toContain("initial-scale");
	});

	it.each<[string, Partial<RequestTimes>, RegExp, string]>([
		[
			"redirects to HTTPS",
			{ status: 301, server: "istio-envoy", location: "https://h/" },
			/HTTP 301 Moved Permanently by istio-envoy \(to https:\/\/h\)$/,
			"http-protocol to Enabled",
		],
		[
			"asks for a login",
			{ status: 302, location: "https://sso.corp.example/login?secret=1" },
			/HTTP 302 Found \(to https:\/\/sso.corp.example\)$/,
			"login page",
		],
		[
			"is another server",
			{ status: 200, server: "nginx", bodyMatches: false, body: "<html>\nhi" },
			/by nginx: "<html> hi"$/,
			"not Istio's gateway",
		],
		["has an unknown certificate", { error: "self-signed certificate" }, /self-signed/, "NODE_EXTRA_CA_CERTS"],
		["has another name", { error: "Hostname/IP does not match certificate's altnames" }, /altnames/, "another name"],
		["speaks no TLS", { error: "write EPROTO 1:SSL routines:wrong version number" }, /EPROTO/, "--gateway http://"],
		["speaks TLS", { error: "Parse Error: Expected HTTP/" }, /Parse Error/, "--gateway https://"],
	])("by a gateway that %s is told at once", async (_, times, words, hint) => {
		let count = 0;
		const failed = prove({
			pods: [],
			answer: () => {
				count++;
				return times;
			},
		});
		await expect(failed).rejects.toMatchObject({
			exitCode: 4,
			message: expect.stringMatching(words),
			hint: expect.stringContaining(hint),
		});
		expect(count).toBe(1);
	});

	it("by a gateway without a route is waited for, and then told with the host", async () => {
		const failed = await prove({ answer: () => ({ status: 404, server: "istio-envoy" }) }).catch(
			(error: Error) => error,
		);
		clock.now = undefined;
		expect(failed).toMatchObject({
			message: expect.stringContaining("HTTP 404 Not Found"),
			hint: expect.stringContaining("host h"),
		});
		const { seenAs } = await prove({
			answer: (order, sent) =>
				sent < 4 ? { status: 404 } : order.headers ? { status: 403 } : { status: 200, bodyMatches: true },
		});
		expect(seenAs).toMatchObject({ sidecar: "native" });
	});

	it("has no pod to look at", async () => {
		const gone = aPod("p", { spec: rightSpec, metadata: { deletionTimestamp: "2026-11-23T10:00:00Z" } });
		await expect(prove({ pods: [gone] })).rejects.toMatchObject({
			exitCode: 4,
			message: "profile full: the service is Ready but has no pod to look at",
		});
	});
});
