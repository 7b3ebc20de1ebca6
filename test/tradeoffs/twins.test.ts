import { expect, it as test } from "vitest";
import type { Target } from "../../src/commands/bench/target.ts";
import { installProfile } from "../../src/install/install.ts";
import { uninstall } from "../../src/install/uninstall.ts";
import type { KubeObject } from "../../src/kube/api/cluster.ts";
import type { Session } from "../../src/kube/wait/task.ts";
import { substitute } from "../../src/profile/effective.ts";
import { loadProfiles } from "../../src/profile/load.ts";
import type { Profile } from "../../src/profile/profile.ts";
import type { RequestTrace, TradeoffCell } from "../../src/report/tradeoffs.ts";
import { coldTraceProbe } from "../../src/tradeoffs/probes/cold-trace.ts";
import { cpuProbe } from "../../src/tradeoffs/probes/cpu.ts";
import { edgeTlsProbe } from "../../src/tradeoffs/probes/edge-tls.ts";
import { identityProbe } from "../../src/tradeoffs/probes/identity.ts";
import { memoryProbe } from "../../src/tradeoffs/probes/memory.ts";
import { meshFaultProbe } from "../../src/tradeoffs/probes/mesh-fault.ts";
import { mutualTlsProbe } from "../../src/tradeoffs/probes/mutual-tls.ts";
import { podSecurityProbe } from "../../src/tradeoffs/probes/pod-security.ts";
import { policyProbe } from "../../src/tradeoffs/probes/policy.ts";
import type { Probe, Visit } from "../../src/tradeoffs/probes/probe.ts";
import { requestTraceProbe } from "../../src/tradeoffs/probes/request-trace.ts";
import { routingProbe } from "../../src/tradeoffs/probes/routing.ts";
import { telemetryProbe } from "../../src/tradeoffs/probes/telemetry.ts";
import { visitProfile } from "../../src/tradeoffs/visit/visit.ts";
import { openSimulatedTarget } from "./simulated-target.ts";

/** Each installs several profiles. */
const it = (name: string, run: () => Promise<void>) => test(name, run, 180_000);

const namespace = "knistio";
const image = "simulated/helloworld:1";

/** Installs each profile one after the other and asks the probes; nothing of it may be left. */
async function observeAll(profiles: readonly Profile[], probes: readonly Probe[]) {
	const target = await openSimulatedTarget();
	const session = sessionOf(target);
	const before = await everything(session);
	const found = new Map<string, Map<string, TradeoffCell>>();
	const traces = new Map<string, RequestTrace[] | undefined>();
	for (const profile of profiles) {
		const { objects } = await target.render(profile, session.signal);
		await installProfile(session, {
			profile,
			istioObjects: objects,
			knativeObjects: undefined,
			namespace,
			authorizerImage: image,
			useInstalled: false,
		});
		const order = { profile, namespace, image, gateway: undefined, clock: target.clock, probes };
		const mesh = await meshOf(session);
		const { cells, traces: seen } = await visitProfile(session, order);
		expect(await meshOf(session)).toBe(mesh);
		traces.set(profile.name, seen);
		found.set(profile.name, new Map(cells.map((cell) => [cell.column, cell])));
	}
	await uninstall(session);
	expect(await everything(session)).toEqual(before);
	const at = (profile: string, column: string) => found.get(profile)?.get(column);
	return Object.assign(at, { traces });
}

/** What the probes may change of others' settings, and must put back to the letter. */
async function meshOf({ cluster }: Session): Promise<unknown> {
	const found = await cluster.get({ apiVersion: "v1", kind: "ConfigMap", namespace: "istio-system", name: "istio" });
	return (found?.data as { mesh?: string } | undefined)?.mesh;
}

function sessionOf({ cluster, installClock }: Target): Session {
	const { signal } = new AbortController();
	return { cluster, signal, clock: installClock, progress: () => {}, timeoutMs: 120_000 };
}

const kinds = [
	["v1", "Namespace"],
	["v1", "Pod"],
	["apps/v1", "Deployment"],
	["v1", "Service"],
	["v1", "Secret"],
	["networking.istio.io/v1", "Gateway"],
	["networking.istio.io/v1", "VirtualService"],
	["serving.knative.dev/v1", "Service"],
	["serving.knative.dev/v1", "Revision"],
];

/** The names of all that the probes could leave. */
async function everything({ cluster }: Session): Promise<string[]> {
	const lists = await Promise.all(kinds.map(([apiVersion = "", kind = ""]) => cluster.list({ apiVersion, kind })));
	const settings = ["knative-serving", "istio-system"];
	return lists
		.flat()
		.filter(({ kind, metadata }) => kind !== "Pod" || !settings.includes(metadata.namespace ?? ""))
		.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ""}/${metadata.name}`)
		.sort();
}

async function profile(name: string, change: (profile: Profile) => void = () => {}): Promise<Profile> {
	const [loaded] = await loadProfiles([name]);
	if (loaded === undefined) throw new Error(name);
	const copy = structuredClone(substitute(loaded, namespace));
	change(copy);
	return copy;
}

const answers = (at: (profile: string, column: string) => TradeoffCell | undefined, column: string, names: string[]) =>
	names.map((name) => `${name}: ${at(name, column)?.answer}`);

it("tells required mutual TLS from mutual TLS that is only offered", async () => {
	const strict = await profile("full-cni");
	const permissive = await profile("full-cni", (copy) => {
		copy.name = "permissive";
		for (const { spec } of copy.security as { spec?: { mtls?: { mode: string } } }[]) {
			if (spec?.mtls !== undefined) spec.mtls.mode = "PERMISSIVE";
		}
	});
	const at = await observeAll([strict, permissive, await profile("minimal")], [mutualTlsProbe]);
	expect(answers(at, "mtls", ["full-cni", "permissive", "minimal"])).toEqual([
		"full-cni: observed",
		"permissive: refuted",
		"minimal: refuted",
	]);
	expect(at("full-cni", "mtls")?.evidence).toContain("connection reset");
	expect(at("permissive", "mtls")?.evidence).toContain("HTTP 200");
});

it("takes in ambient mode a refusal for mutual TLS, and an answer for nothing", async () => {
	const permissive = await profile("ambient", (copy) => {
		copy.name = "permissive";
		copy.security = [];
	});
	const at = await observeAll([await profile("ambient"), permissive], [mutualTlsProbe]);
	expect(answers(at, "mtls", ["ambient", "permissive"])).toEqual(["ambient: observed", "permissive: not-tested"]);
	expect(at("ambient", "mtls")?.evidence).toContain("is refused by ztunnel (");
});

it("tells NET_ADMIN in the pod from a pod without it, by its containers and by the baseline standard", async () => {
	const at = await observeAll([await profile("full"), await profile("full-cni")], [podSecurityProbe, memoryProbe]);
	expect(answers(at, "net-admin", ["full", "full-cni"])).toEqual(["full: observed", "full-cni: refuted"]);
	expect(at("full", "net-admin")?.evidence).toContain('container "istio-init" must not include "NET_ADMIN"');
	expect(at("full-cni", "net-admin")?.evidence).toContain('"baseline" takes the pod');
	expect(at("full", "restricted")?.answer).toBe("observed");
	expect(at("full", "memory")).toMatchObject({ answer: "observed", amounts: [{ value: 42, unit: "MiB" }] });
});

/** The probe with a visit that is changed on its way in. */
function through(probe: Probe, change: (visit: Visit) => Visit): Probe {
	return { ...probe, run: async (visit) => probe.run?.(change(visit)) ?? { cells: [], changed: [] } };
}

it("says that a pod which the restricted standard takes is taken", async () => {
	const securityContext = { allowPrivilegeEscalation: false, runAsNonRoot: true, capabilities: { drop: ["ALL"] } };
	const secured = through(podSecurityProbe, (visit) => {
		const pod = structuredClone(visit.pod) as KubeObject & { spec: { containers: object[] } };
		for (const container of pod.spec.containers) Object.assign(container, { securityContext });
		return { ...visit, pod };
	});
	const at = await observeAll([await profile("minimal")], [secured]);
	expect(at("minimal", "restricted")?.answer).toBe("refuted");
	expect(at("minimal", "net-admin")?.answer).toBe("refuted");
});

it("tells policy that is enforced from policy that is absent, half there, or not enforced", async () => {
	const without = (name: string, action: string) =>
		profile("full-cni", (copy) => {
			copy.name = name;
			copy.policy = copy.policy.filter(({ spec }) => (spec as { action?: string }).action !== action);
			copy.promises.denies = action !== "DENY";
		});
	const at = await observeAll(
		[
			await profile("full-cni"),
			await without("no-deny", "DENY"),
			await without("no-ask", "CUSTOM"),
			await profile("minimal"),
		],
		[policyProbe],
	);
	expect(answers(at, "policy", ["full-cni", "no-deny", "no-ask", "minimal"])).toEqual([
		"full-cni: observed",
		"no-deny: refuted",
		"no-ask: refuted",
		"minimal: refuted",
	]);
	expect(at("full-cni", "policy")?.evidence).toMatch(
		/RBAC: access denied.*asked 20 times.*asked to refuse, a request is answered with HTTP 403, and another with HTTP 200.*gone .* HTTP 403/,
	);
	expect(at("no-deny", "policy")?.evidence).toContain("x-knistio-deny is answered with HTTP 200");
	expect(at("no-ask", "policy")?.evidence).toMatch(
		/asked 0 times.*asked to refuse, a request is answered with HTTP 200.*is gone a request is answered with HTTP 200/,
	);
});

it("tells an authorizer that is asked once and must answer from one that is asked twice, or that may be gone", async () => {
	const twice = await profile("full-cni", (copy) => {
		copy.name = "twice";
		const ask = copy.policy.find(({ spec }) => (spec as { action?: string }).action === "CUSTOM");
		if (ask !== undefined) copy.policy.push({ ...ask, metadata: { ...ask.metadata, name: "ask-again" } });
	});
	const open = await profile("full-cni", (copy) => {
		copy.name = "open";
		const providers = copy.istio.meshConfig.extensionProviders as { envoyExtAuthzHttp: object }[];
		for (const { envoyExtAuthzHttp } of providers) Object.assign(envoyExtAuthzHttp, { failOpen: true });
	});
	const at = await observeAll([twice, open], [policyProbe]);
	expect(answers(at, "policy", ["twice", "open"])).toEqual(["twice: refuted", "open: refuted"]);
	expect(at("twice", "policy")?.evidence).toMatch(/asked 40 times.*HTTP 403/);
	expect(at("open", "policy")?.evidence).toMatch(/asked 20 times.*is gone a request is answered with HTTP 200/);
});

it("tells a split that is kept from another split, and from a tag that leads elsewhere", async () => {
	const split = (change: (traffic: { percent: number; tag?: string; revisionName: string }[]) => void) =>
		through(routingProbe, (visit) => ({
			...visit,
			deploy: (manifest, tag) => {
				const copy = structuredClone(manifest);
				const { traffic } = copy.spec as { traffic: { percent: number; tag?: string; revisionName: string }[] };
				if (traffic.length > 1) change(traffic);
				return visit.deploy(copy, tag);
			},
		}));
	const minimal = await profile("minimal");
	const named = (name: string) => ({ ...minimal, name });
	const ask = async (probe: Probe, name: string) => (await observeAll([named(name)], [probe]))(name, "routing");
	const kept = await ask(routingProbe, "kept");
	expect(kept?.answer).toBe("observed");
	expect(kept?.evidence).toContain("VirtualService helloworld-split-ingress");
	const even = await ask(
		split((traffic) => {
			for (const each of traffic) each.percent = 50;
		}),
		"even",
	);
	expect(even?.answer).toBe("refuted");
	const swapped = await ask(
		split(([first, second]) => {
			if (first !== undefined && second?.tag !== undefined) first.tag = second.tag;
			if (second !== undefined) delete second.tag;
		}),
		"swapped",
	);
	expect(swapped?.answer).toBe("refuted");
	expect(swapped?.evidence).toContain("does not lead to its revision, but to first");
});

const telemetryOff = {
	apiVersion: "telemetry.istio.io/v1",
	kind: "Telemetry",
	metadata: { name: "off", namespace: "istio-system" },
	spec: { metrics: [{ providers: [{ name: "prometheus" }], overrides: [{ disabled: true }] }] },
};

it("tells counters that rise by what was sent from counters that are off, and Istio's from Envoy's own", async () => {
	const envoyAlone = await profile("full-cni", (copy) => {
		copy.name = "envoy-alone";
		copy.security.push(telemetryOff);
	});
	const off = structuredClone(envoyAlone);
	off.name = "off";
	off.podAnnotations["proxy.istio.io/config"] = "{}";
	const at = await observeAll([await profile("full-cni"), envoyAlone, off, await profile("minimal")], [telemetryProbe]);
	expect(answers(at, "telemetry", ["full-cni", "envoy-alone", "off", "minimal"])).toEqual([
		"full-cni: observed",
		"envoy-alone: observed",
		"off: refuted",
		"minimal: refuted",
	]);
	expect(at("envoy-alone", "telemetry")?.evidence).toContain("Envoy's own");
	expect(answers(at, "gateway-telemetry", ["full-cni", "off", "minimal"])).toEqual([
		"full-cni: observed",
		"off: refuted",
		"minimal: observed",
	]);
});

it("tells callers that the pod's proxy knows from those of a pod without one, and of a mesh without mutual TLS", async () => {
	const disabled = await profile("full-cni", (copy) => {
		copy.name = "disabled";
		for (const { spec } of copy.security as { spec?: { mtls?: { mode: string } } }[]) {
			if (spec?.mtls !== undefined) spec.mtls.mode = "DISABLE";
		}
	});
	const at = await observeAll([await profile("full-cni"), disabled, await profile("minimal")], [identityProbe]);
	expect(answers(at, "identity", ["full-cni", "disabled", "minimal"])).toEqual([
		"full-cni: observed",
		"disabled: refuted",
		"minimal: refuted",
	]);
	const gateway = "spiffe://cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account";
	expect(at("full-cni", "identity")?.evidence).toContain(`has written 5 down, as those of ${gateway}; 5 header`);
	expect(at("disabled", "identity")?.evidence).toContain("as those of nobody; no header");
});

it("tells requests that pass a sidecar from those that do not, hop by hop, and what its processor time is", async () => {
	const at = await observeAll(
		[await profile("full-cni"), await profile("minimal")],
		[cpuProbe, requestTraceProbe, coldTraceProbe],
	);
	for (const column of ["sidecar-time", "cpu"]) {
		expect(answers(at, column, ["full-cni", "minimal"])).toEqual(["full-cni: observed", "minimal: refuted"]);
	}
	const [start, rest] = at("full-cni", "cpu")?.amounts ?? [];
	expect(start?.value).toBeGreaterThan(450);
	expect(rest?.value).toBeCloseTo(3, 0);
	const hopsOf = (name: string) => at.traces.get(name)?.map(({ kind, hops }) => [kind, ...hops.map((hop) => hop.name)]);
	expect(hopsOf("full-cni")).toEqual([
		["warm", "client", "istio-ingressgateway", "way to the pod", "istio-proxy", "queue-proxy and application"],
		[
			"cold",
			...["client", "istio-ingressgateway", "way to the activator", "istio-proxy of the activator, in"],
			...["activator and the pod's start", "istio-proxy of the activator, out", "way to the pod", "istio-proxy"],
			"queue-proxy and application",
		],
	]);
	expect(hopsOf("minimal")?.[0]).toEqual([
		...["warm", "client", "istio-ingressgateway", "way to the pod, queue-proxy and application"],
	]);
	for (const trace of [...at.traces.values()].flatMap((traces) => traces ?? [])) {
		expect(trace).toMatchObject({ source: "access log", complete: trace.sent, sent: trace.kind === "warm" ? 20 : 3 });
		const sum = trace.hops.reduce((all, { ownMs }) => all + ownMs, 0);
		expect(sum).toBeCloseTo(trace.hops[0]?.totalMs ?? 0, 6);
	}
	const cold = at.traces.get("full-cni")?.[1]?.hops.find(({ name }) => name.includes("pod's start"));
	expect(cold?.ownMs).toBeGreaterThan(1000);
});

it("tells a fault that a sidecar's client sees from one that nobody sees", async () => {
	const ignored = through(meshFaultProbe, (visit) => ({ ...visit, session: applying(visit.session, withoutMesh) }));
	const full = await profile("full-cni");
	const at = await observeAll([full, await profile("minimal")], [meshFaultProbe]);
	expect(answers(at, "mesh-routing", ["full-cni", "minimal"])).toEqual(["full-cni: observed", "minimal: refuted"]);
	expect(at("full-cni", "mesh-routing")?.evidence).toMatch(/of the profile gets HTTP 555, one without .* HTTP 200/);
	expect(at("minimal", "mesh-routing")?.evidence).toMatch(/of the profile gets HTTP 200/);
	const bound = await observeAll([{ ...full, name: "ignored" }], [ignored]);
	expect(bound("ignored", "mesh-routing")?.answer).toBe("refuted");
});

it("gives its server a name whose old address DNS cannot remember from a visit before", async () => {
	const names = new Set<string>();
	const run = async (visit: Visit) => {
		const noting = (object: KubeObject) => {
			if (object.kind === "Service") names.add(object.metadata.name);
			return object;
		};
		return (
			(await meshFaultProbe.run?.({ ...visit, session: applying(visit.session, noting) })) ?? { cells: [], changed: [] }
		);
	};
	const twice = ["first", "second"].map((title) => ({ ...meshFaultProbe, title, run, shares: ["service"] as const }));
	await observeAll([await profile("full-cni")], twice);
	expect(names.size).toBe(2);
});

/** A VirtualService for the gateway alone. */
function withoutMesh(object: KubeObject): KubeObject {
	if (object.kind !== "VirtualService") return object;
	return { ...object, spec: { ...(object.spec as object), gateways: ["knative-serving/knative-ingress-gateway"] } };
}

/** A session whose objects are changed on their way to the cluster. */
function applying(session: Session, change: (object: KubeObject) => KubeObject): Session {
	const { cluster } = session;
	const changing = new Proxy(cluster, {
		get(real, name) {
			if (name === "apply") {
				return (object: KubeObject, options?: object) => cluster.apply(change(object), options);
			}
			const value: unknown = Reflect.get(real, name);
			return typeof value === "function" ? value.bind(real) : value;
		},
	});
	return { ...session, cluster: changing };
}

it("tells a certificate that follows its Secret from one that is not served, or stays as it was", async () => {
	const minimal = await profile("minimal");
	const ask = async (name: string, change: (object: KubeObject) => KubeObject) => {
		const probe = through(edgeTlsProbe, (visit) => ({ ...visit, session: applying(visit.session, change) }));
		return (await observeAll([{ ...minimal, name }], [probe]))(name, "edge-tls");
	};
	const served = await ask("served", (object) => object);
	expect(served?.answer).toBe("observed");
	expect(served?.evidence).toMatch(/serial …\w{6}\), and after it .*serial …\w{6}\), without a restart/);
	const elsewhere = await ask("elsewhere", (object) =>
		object.kind === "Secret" ? { ...object, data: { "tls.crt": "" } } : object,
	);
	expect(elsewhere?.answer).toBe("refuted");
	expect(elsewhere?.evidence).toContain("does not serve the certificate of a Secret");
	let first: KubeObject | undefined;
	const stays = await ask("stays", (object) => {
		if (object.kind !== "Secret") return object;
		first ??= object;
		return first;
	});
	expect(stays?.answer).toBe("refuted");
	expect(stays?.evidence).toContain("but not that which came after it");
});
