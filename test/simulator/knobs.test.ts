import { describe, expect, it } from "vitest";
import { builtInProfiles, builtInVariants } from "../../src/profile/built-in.ts";
import { loadProfiles } from "../../src/profile/load.ts";
import type { Pod } from "../../src/simulator/api/objects.ts";
import { applyTemplates } from "../../src/simulator/istio/templates.ts";
import { withoutModel } from "../../src/simulator/istio/without-model.ts";
import { loadModel } from "../../src/simulator/model/model.ts";
import { betweenMs, openBench } from "./in-memory.ts";

const profiles = await loadProfiles([...builtInProfiles, ...builtInVariants]);
const unknown = Object.fromEntries(
	profiles.map(({ name, istio, podAnnotations, traffic = [] }) => [
		name,
		withoutModel({ ...istio, podAnnotations, traffic }),
	]),
);

describe("what the simulated cluster has no model of", () => {
	it("is nothing of a built-in profile, nor of the knobs that it simulates", () => {
		for (const name of [...builtInProfiles, "classic", "hold", "probe", "manual"])
			expect(unknown[name], name).toEqual([]);
	});

	it("is named by setting, as it is written", () => {
		expect(unknown).toMatchObject({
			"proxy-cpu": expect.arrayContaining(["sidecar.istio.io/proxyCPU"]),
			concurrency: ["proxy.istio.io/config: concurrency"],
			outbound: ["traffic.sidecar.istio.io/excludeOutboundIPRanges"],
			"no-dns-capture": ["proxy.istio.io/config: proxyMetadata.ISTIO_META_DNS_CAPTURE"],
			"queue-cpu": ["queue.sidecar.serving.knative.dev/cpu-resource-request"],
			egress: ["Sidecar default"],
			discovery: ["meshConfig.discoverySelectors"],
		});
	});

	it("does not take a longer name for one that it knows", () => {
		const knobs = { podAnnotations: {}, traffic: [], meshConfig: { extensionProvidersToo: [] } };
		expect(withoutModel({ ...knobs, values: { global: { proxy: { autoInjectX: "a" } } } })).toEqual([
			"values.global.proxy.autoInjectX",
			"meshConfig.extensionProvidersToo",
		]);
	});
});

describe("a template of injection", () => {
	const config = (text: string) => JSON.stringify({ templates: { mine: text } });
	const podWith = (templates: string): Pod => ({
		apiVersion: "v1",
		kind: "Pod",
		metadata: { name: "p", annotations: { "inject.istio.io/templates": templates } },
		spec: {
			initContainers: [{ name: "istio-proxy", image: "i", startupProbe: { httpGet: { path: "/" }, periodSeconds: 1 } }],
			containers: [{ name: "user-container", image: "u" }],
		},
	});
	const patch = `spec:
  initContainers:
  - {name: istio-proxy, startupProbe: {httpGet: null, exec: {command: [wait]}}}
  - {name: other, image: x}
`;

	it("is merged into the containers of its names, and null takes a field away", () => {
		const pod = podWith("sidecar, mine");
		applyTemplates(pod, config(patch));
		expect(pod.spec.initContainers).toEqual([
			{ name: "istio-proxy", image: "i", startupProbe: { exec: { command: ["wait"] }, periodSeconds: 1 } },
		]);
		expect(pod.spec.containers).toEqual([{ name: "user-container", image: "u" }]);
	});

	it.each([["sidecar"], ["sidecar,unknown"], ["toString"]])("changes nothing where the pod says %s", (templates) => {
		const pod = podWith(templates);
		applyTemplates(pod, config(patch));
		expect(pod).toEqual(podWith(templates));
	});
});

describe("the startup probe of the variant `probe`", () => {
	const probe = profiles.find(({ name }) => name === "probe");
	const { templates } = probe?.istio.values.sidecarInjectorWebhook as { templates: Record<string, string> };
	/** The proxy needs so long that each probe comes before it can serve. */
	const model = loadModel("today");
	const slow = {
		...model.containers,
		"istio-proxy": { ...model.containers["istio-proxy"], ready: [3300, 0] as [number, number] },
	};

	/** From started to passed, of cold starts that begin at different parts of a second. */
	function startupsMs(knob: Pick<Parameters<typeof openBench>[0], "annotations" | "templates">): number[] {
		const bench = openBench({ shape: "native", changed: { containers: slow }, ...knob });
		return Array.from({ length: 4 }, (_, round) => {
			bench.waitForZero();
			bench.clock.advance(230 * round);
			bench.request();
			bench.clock.advance(3_000);
			const { started, startupPassed } = bench.lastColdStart().pod.containers["istio-proxy"] ?? {};
			return betweenMs(started, startupPassed);
		});
	}

	it("passes within 50 ms of the proxy being able to serve, where Istio's waits for the next second", () => {
		for (const ms of startupsMs({ annotations: probe?.podAnnotations ?? {}, templates })) {
			expect(ms).toBeGreaterThanOrEqual(3300);
			expect(ms).toBeLessThan(3360);
		}
		expect(Math.max(...startupsMs({}))).toBeGreaterThan(3400);
	});
});
