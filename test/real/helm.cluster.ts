import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { renderIstio } from "../../src/istio/render.ts";
import type { KubeObject } from "../../src/kube/api/cluster.ts";
import { builtInProfiles } from "../../src/profile/built-in.ts";
import { loadProfiles } from "../../src/profile/load.ts";

/** Real programs, and Istio's charts of the same version as istioctl. Several Helms are separated by blanks. */
const istioctl = process.env.KNISTIO_TEST_ISTIOCTL ?? "istioctl";
const helms = (process.env.KNISTIO_TEST_HELM ?? "helm").split(/\s+/).filter(Boolean);
const charts = process.env.KNISTIO_TEST_HELM_CHARTS ?? "https://istio-release.storage.googleapis.com/charts";

const sets = [
	"hub=h",
	"tag=1.31.0",
	"values.gateways.istio-ingressgateway.type=NodePort",
	"values.gateways.istio-ingressgateway.autoscaleEnabled=false",
	"values.gateways.istio-ingressgateway.resources.requests.cpu=50m",
	"values.pilot.resources.requests.cpu=100m",
	"values.global.proxy.resources.requests.cpu=10m",
];
const profiles = await loadProfiles(builtInProfiles, (path) => readFile(path, "utf8"));

/** What Helm's chart `gateway` calls otherwise than istioctl's own one. */
const renamed: Record<string, string> = {
	"istio-ingressgateway-service-account": "istio-ingressgateway",
	"istio-ingressgateway-sds": "istio-ingressgateway",
};

/** Who rendered it, and of which chart: labels that no program reads. */
const labelsOfRenderer = [
	"release",
	"chart",
	"heritage",
	"helm.sh/chart",
	"app.kubernetes.io/instance",
	"install.operator.istio.io/owning-resource",
	"operator.istio.io/component",
];

/** Where the two may differ, and why that changes nothing of what is measured. */
const exceptions: { at: RegExp; why: string }[] = [
	{
		at: /^ConfigMap values data\./,
		why: "a record of how Istio was installed, for people",
	},
	{
		at: /^ConfigMap istio-sidecar-injector data\.values\.global\.profile$/,
		why: "istioctl resolves the profile `ambient` itself; the charts are given its name, and no template reads it",
	},
	{
		at: /^(Deployment|Service|Role|RoleBinding|ServiceAccount|PodDisruptionBudget) istio-ingressgateway metadata\.(labels|annotations)\b/,
		why: "the revision's name, the mesh's `dataplane-mode: none`, and empty lists",
	},
	{
		at: /^(RoleBinding|ServiceAccount|Role) istio-ingressgateway /,
		why: "the gateway's account has another name in the chart",
	},
	{
		at: /^Service istio-ingressgateway spec\.ports\[(http2|https)\]\.targetPort$/,
		why: "the chart's gateway listens on 80 and 443 itself, where istioctl's listens on 8080 and 8443",
	},
	{
		at: /^Deployment istio-ingressgateway spec\./,
		why: "istiod's injector fills the chart's pod in, from the template `gateway`, when it is made; istioctl writes it out",
	},
];

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

/** Every value of an object by its path; a list's element by its name, and JSON in a ConfigMap as what it says. */
function leavesOf(value: unknown, path = "", leaves = new Map<string, unknown>()): Map<string, unknown> {
	if (typeof value === "string" && /^data\.values$/.test(path)) return leavesOf(JSON.parse(value), path, leaves);
	if (!isObject(value)) return leaves.set(path, value);
	for (const [key, inner] of Object.entries(value)) {
		const name = Array.isArray(value) && isObject(inner) && typeof inner.name === "string" ? inner.name : key;
		const step = Array.isArray(value) ? `[${name}]` : `${path === "" ? "" : "."}${key}`;
		leavesOf(inner, `${path}${step}`, leaves);
	}
	return leaves;
}

const nameOf = ({ kind, metadata }: KubeObject) => `${kind} ${renamed[metadata.name] ?? metadata.name}`;

function withoutRenderer(object: KubeObject): KubeObject {
	const plain = structuredClone(object);
	const { template } = (plain.spec ?? {}) as { template?: { metadata?: { labels?: Record<string, string> } } };
	for (const labels of [plain.metadata.labels, template?.metadata?.labels]) {
		for (const label of labelsOfRenderer) delete labels?.[label];
	}
	return plain;
}

/** What differs, as `Kind name path`. */
function differences(one: readonly KubeObject[], other: readonly KubeObject[]): string[] {
	const others = new Map(other.map((object) => [nameOf(object), object]));
	return one.flatMap((object) => {
		const name = nameOf(object);
		const [left, right] = [object, others.get(name)].map((each) => each && leavesOf(withoutRenderer(each)));
		if (left === undefined || right === undefined) return [];
		const paths = new Set([...left.keys(), ...right.keys()]);
		return [...paths].filter((path) => left.get(path) !== right.get(path)).map((path) => `${name} ${path}`);
	});
}

async function renderBoth(profile: (typeof profiles)[number], helm: string) {
	const settings = { overlays: [], sets };
	const [byIstioctl, byHelm] = await Promise.all([
		renderIstio(profile, { kind: "istioctl", istioctl, ...settings }),
		renderIstio(profile, { kind: "helm", helm, charts, ...settings }),
	]);
	return { byIstioctl, byHelm };
}

describe.each(helms)("a real Helm: %s", (helm) => {
	const used = new Set<RegExp>();

	it.each(profiles)("renders the objects of $name that istioctl renders", async (profile) => {
		const { byIstioctl, byHelm } = await renderBoth(profile, helm);
		expect(byHelm.warnings).toEqual([]);
		expect(byHelm.objects.map(nameOf).sort()).toEqual(byIstioctl.objects.map(nameOf).sort());
		const found = differences(byIstioctl.objects, byHelm.objects);
		const unexplained = found.filter((difference) => {
			const exception = exceptions.find(({ at }) => at.test(difference));
			if (exception !== undefined) used.add(exception.at);
			return exception === undefined;
		});
		expect(unexplained).toEqual([]);
	});

	it("needs every exception", () => {
		expect(exceptions.filter(({ at }) => !used.has(at))).toEqual([]);
	});

	it("gives the gateway a pod that a node without a registry can start, and the settings of the user", async () => {
		const [profile] = profiles;
		if (profile === undefined) throw new Error("no profile");
		const { byIstioctl, byHelm } = await renderBoth(profile, helm);
		const proxyIn = (objects: readonly KubeObject[]) => {
			const gateway = objects.find((object) => nameOf(object) === "Deployment istio-ingressgateway");
			const { template } = gateway?.spec as { template: { spec: { containers: Record<string, unknown>[] } } };
			return template.spec.containers.find(({ name }) => name === "istio-proxy") ?? {};
		};
		const [proxy, filledIn] = [proxyIn(byHelm.objects), proxyIn(byIstioctl.objects)];
		expect(proxy).toMatchObject({ image: "auto", imagePullPolicy: "IfNotPresent" });
		expect(filledIn.image).toBe("h/proxyv2:1.31.0");
		expect(proxy.resources).toEqual(filledIn.resources);
	});
});
