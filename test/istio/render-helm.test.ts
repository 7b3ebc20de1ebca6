import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { renderIstio } from "../../src/istio/render.ts";
import type { ProcessResult } from "../../src/istio/run-process.ts";
import { loadProfiles } from "../../src/profile/load.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { fakeRenderer, istiodDeployment } from "./fake-renderer.ts";

const [full, cni, minimal] = await loadProfiles(["full", "full-cni", "minimal"], (path) => readFile(path, "utf8"));
if (full === undefined || cni === undefined || minimal === undefined) throw new Error("no profiles");

const source = { kind: "helm", helm: "helm", charts: "https://charts.example/x", overlays: [], sets: [] } as const;
const folder = temporaryFolder();

/** A helm whose every release is one ConfigMap of its name, and istiod's Deployment. */
const helm = (image = "hub/pilot:1.30.3", failing?: { release: string } & Partial<ProcessResult>) =>
	fakeRenderer(([, release = ""]) => {
		if (failing?.release === release) return failing;
		const namespace = "istio-system";
		const own = JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: release, namespace } });
		return { stdout: release === "istiod" ? `${own}\n---\n${istiodDeployment(image)}` : own };
	});

/** The values that each release got. */
async function valuesOf(profile: typeof full, settings: { overlays?: string[]; sets?: string[] } = {}) {
	const { run, calls } = helm();
	await renderIstio(profile as NonNullable<typeof full>, { ...source, ...settings }, { run });
	return Object.fromEntries(calls.map(({ args, json }) => [args[1], json[0]]));
}

describe("renderIstio with helm", () => {
	it("renders a release a component and takes the version of istiod's image", async () => {
		const { run, calls } = helm();
		const rendered = await renderIstio(cni, { ...source, chartVersion: "1.30.3" }, { run });
		expect(rendered.objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
			"Namespace istio-system",
			"ConfigMap istio-base",
			"ConfigMap istiod",
			"Deployment istiod",
			"ConfigMap istio-cni",
			"ConfigMap istio-ingressgateway",
		]);
		expect([rendered.version, rendered.renderer]).toEqual(["1.30.3", "helm"]);
		expect(calls.map(({ args }) => args.slice(0, -1).join(" ")).sort()).toEqual(
			["istio-base base", "istio-cni cni", "istio-ingressgateway gateway", "istiod istiod"].map(
				(words) =>
					`template ${words} --repo https://charts.example/x --version 1.30.3 --namespace istio-system --include-crds --values`,
			),
		);
	});

	it("tells istiod of the node agent, and gives it the mesh configuration", async () => {
		expect(await valuesOf(full)).toEqual({
			"istio-base": { global: {}, defaultRevision: "" },
			istiod: { global: {}, pilot: { cni: { enabled: false } }, meshConfig: full.istio.meshConfig },
			"istio-ingressgateway": { global: {}, imagePullPolicy: "IfNotPresent" },
		});
		expect(await valuesOf(cni)).toMatchObject({ istiod: { pilot: { cni: { enabled: true } } }, "istio-cni": {} });
		expect(await valuesOf(minimal)).toMatchObject({
			istiod: { global: { proxy: { autoInject: "disabled" } }, pilot: { cni: { enabled: false } } },
		});
	});

	it("translates istioctl's settings, the later winning", async () => {
		const overlay = join(folder, "operator.yaml");
		const spec = { hub: "a", components: { cni: { enabled: true } }, values: { global: { x: 1 }, ztunnel: { y: 2 } } };
		await writeFile(overlay, JSON.stringify({ kind: "IstioOperator", spec }));
		const sets = [
			"hub=b",
			"tag=1.30.3",
			"components.ztunnel.enabled=true",
			"values.gateways.istio-ingressgateway.type=NodePort",
			"values.gateways.istio-ingressgateway.autoscaleEnabled=false",
			"values.gateways.istio-ingressgateway.resources.requests.cpu=50m",
			"values.sidecarInjectorWebhook.injectedAnnotations.a\\.b/c=d=e",
			"values.pilot.traceSampling=1.5",
			"meshConfig.accessLogFile=/dev/stdout",
		];
		const global = { x: 1, hub: "b", tag: "1.30.3" };
		const shared = { global, sidecarInjectorWebhook: { injectedAnnotations: { "a.b/c": "d=e" } } };
		expect(await valuesOf(full, { overlays: [overlay], sets })).toEqual({
			"istio-base": { ...shared, defaultRevision: "", pilot: { traceSampling: 1.5 } },
			istiod: {
				...shared,
				pilot: { traceSampling: 1.5, cni: { enabled: true } },
				meshConfig: { ...full.istio.meshConfig, accessLogFile: "/dev/stdout" },
			},
			"istio-cni": { ...shared, pilot: { traceSampling: 1.5 } },
			ztunnel: { global, y: 2 },
			"istio-ingressgateway": {
				global,
				imagePullPolicy: "IfNotPresent",
				service: { type: "NodePort" },
				autoscaling: { enabled: false },
				resources: { requests: { cpu: "50m" } },
			},
		});
		expect(full.istio.values).toEqual({});
	});

	it("leaves what is not written as a number the text that it is", async () => {
		const texts = ["1.30", "007", "+5", "1e3", "1.0", "-0", "12345678901234567890", "0x10", ".5", ""];
		const numbers = [0, 5, -5, 1.5, 15021];
		const sets = [...texts, ...numbers].map((value, index) => `values.pilot.v${index}=${value}`);
		const { istiod } = await valuesOf(full, { sets });
		const { cni: _, ...read } = (istiod as { pilot: Record<string, unknown> }).pilot;
		expect(Object.values(read)).toEqual([...texts, ...numbers]);
	});

	it.each([
		[[], "IfNotPresent"],
		[["tag=latest"], "Always"],
		[["values.global.proxy.image=r:5000/proxy:1", "tag=latest"], "IfNotPresent"],
		[["values.global.proxy.image=r:5000/proxy"], "Always"],
		[["values.global.proxy.image=r/proxy@sha256:0"], "IfNotPresent"],
		[["tag=latest", "values.global.imagePullPolicy=Never"], "Never"],
		[["values.global.imagePullPolicy=Never", "values.gateways.istio-ingressgateway.imagePullPolicy=Always"], "Always"],
	])("has the gateway's image pulled as Kubernetes would, which sees `auto` only: %s", async (sets, policy) => {
		expect((await valuesOf(full, { sets }))["istio-ingressgateway"]).toMatchObject({ imagePullPolicy: policy });
	});

	it("gives the charts' own profile to every chart", async () => {
		const ambient = { ...full, istio: { ...full.istio, values: { profile: "ambient" } } };
		const values = await valuesOf(ambient, { sets: ["components.ztunnel.enabled=true"] });
		expect(values.ztunnel).toEqual({ global: { profile: "ambient" } });
		expect(values["istio-ingressgateway"]).toMatchObject({ global: { profile: "ambient" } });
	});

	it("finds charts in a folder by either name, in a registry and in a known repository", async () => {
		const charts = join(folder, "charts");
		for (const chart of ["base", "istio-control/istio-discovery", "gateway"]) {
			await mkdir(join(charts, chart), { recursive: true });
			await writeFile(join(charts, chart, "Chart.yaml"), "");
		}
		const chartsOf = async (place: string): Promise<(string | undefined)[]> => {
			const { run, calls } = helm();
			await renderIstio(full, { ...source, charts: place }, { run });
			return calls.map(({ args }) => args[2]).sort();
		};
		expect(await chartsOf(charts)).toEqual(
			["base", "gateway", "istio-control/istio-discovery"].map((chart) => join(charts, chart)),
		);
		expect(await chartsOf("oci://x/charts/")).toEqual(
			["base", "gateway", "istiod"].map((name) => `oci://x/charts/${name}`),
		);
		expect(await chartsOf("istio")).toEqual(["istio/base", "istio/gateway", "istio/istiod"]);
		await expect(renderIstio(cni, { ...source, charts }, { run: helm().run })).rejects.toMatchObject({
			exitCode: 2,
			message: `--helm-charts ${charts}: the chart cni is not there`,
		});
	});

	it.each([
		["values.gateways.istio-ingressgateway.name=x", /gateways.istio-ingressgateway.name has no counterpart/],
		["profile=demo", /^profile=demo: istioctl's profiles cannot be given to Helm$/],
		["components.pilot.k8s.replicaCount=2", /^components: pilot.k8s has no counterpart in Helm$/],
		["components.ingressGateways.[0].enabled=false", /a path into a list cannot be given to Helm$/],
	])("refuses %s", async (set, message) => {
		const rendering = renderIstio(full, { ...source, sets: [set] }, { run: helm().run });
		await expect(rendering).rejects.toMatchObject({ exitCode: 2, message: expect.stringMatching(message) });
	});

	it("refuses charts of another version", async () => {
		await expect(renderIstio(full, source, { run: helm("r:5000/pilot:1.26.1@sha256:0").run })).rejects.toMatchObject({
			exitCode: 2,
			message: "profile full is written for Istio >=1.27 <2, but istiod in the charts is 1.26.1",
		});
	});

	it("says which release failed, and why", async () => {
		const { run } = helm(undefined, { release: "istio-cni", code: 1, stderr: "Error: no such chart\n" });
		await expect(renderIstio(cni, source, { run })).rejects.toMatchObject({
			exitCode: 2,
			message: "profile full-cni: helm template istio-cni failed: no such chart",
		});
	});

	it("says how to come by helm", async () => {
		const run = (): Promise<never> => Promise.reject(Object.assign(new Error("spawn"), { code: "ENOENT" }));
		await expect(renderIstio(full, source, { run })).rejects.toMatchObject({
			exitCode: 2,
			message: "helm: there is no such program",
			hint: expect.stringContaining("--helm PATH"),
		});
	});
});
