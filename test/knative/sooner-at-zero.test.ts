import { expect, test } from "vitest";
import { wantedObjects } from "../../src/install/wanted.ts";
import { requireZeroAllowed } from "../../src/knative/zero-settings.ts";
import type { Cluster, KubeObject } from "../../src/kube/api/cluster.ts";
import { loadProfiles } from "../../src/profile/load.ts";

const config = (name: string, data?: unknown, namespace = "knative-serving"): KubeObject => ({
	...{ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace } },
	...(data === undefined ? {} : { data }),
});

/** What is applied of a Knative from these manifests. */
async function applied(...knativeObjects: KubeObject[]) {
	const [profile] = await loadProfiles(["minimal"]);
	if (profile === undefined) throw new Error("no profile minimal");
	const where = { namespace: "bench", authorizerImage: "a:1", useInstalled: false };
	const { knative } = wantedObjects({ profile, istioObjects: [], knativeObjects, ...where });
	return knative.filter(({ kind }) => kind === "ConfigMap");
}

test("a Knative of knistio's own lets a new service go to zero as soon as it may", async () => {
	const [autoscaler, network] = await applied(
		config("config-autoscaler", { _example: "# …" }),
		config("config-network", { "ingress-class": "istio" }),
	);
	expect(autoscaler?.data).toEqual({ _example: "# …", "scale-to-zero-grace-period": "6s" });
	expect(network?.data).toEqual({ "ingress-class": "istio" });
	// Knative takes it, and so does what looks at it before a run.
	const cluster = { get: async () => autoscaler } as unknown as Cluster;
	const { signal } = new AbortController();
	await requireZeroAllowed(cluster, { timeoutMs: 15_000, clock: { speed: 1 }, signal });
});

test.each([
	["what the manifests say themselves", config("config-autoscaler", { "scale-to-zero-grace-period": "20s" })],
	["an object of that name elsewhere", config("config-autoscaler", {}, "mine")],
])("%s stays as it is", async (_, object) => {
	expect((await applied(object))[0]?.data).toEqual(object.data);
});

test("a ConfigMap without data gets some", async () => {
	expect((await applied(config("config-autoscaler")))[0]?.data).toEqual({ "scale-to-zero-grace-period": "6s" });
});
