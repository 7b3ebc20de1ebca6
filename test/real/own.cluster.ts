import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dump } from "js-yaml";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { openKube } from "../../src/kube/api/client.ts";
import type { Cluster, KubeObject } from "../../src/kube/api/cluster.ts";
import { conditionsOf } from "../../src/kube/untrusted.ts";
import { parseReport } from "../../src/report/read-report.ts";
import { ledgerOf, type ProfileRun } from "../../src/report/report.ts";
import { clusterArgs, everything, run, runPlain } from "./knistio.ts";

const namespace = "own-service";
const probeDelayMs = 3_000;
const image = clusterArgs[clusterArgs.indexOf("--image") + 1] ?? "ghcr.io/knative/helloworld-go:latest";

/** Two containers, of which the one with the port is asked for readiness late and seldom. */
const shop = {
	apiVersion: "serving.knative.dev/v1",
	kind: "Service",
	metadata: { name: "shop", namespace },
	spec: {
		template: {
			metadata: { annotations: { "autoscaling.knative.dev/window": "6s" } },
			spec: {
				timeoutSeconds: 20,
				containers: [
					{
						name: "web",
						image,
						ports: [{ containerPort: 8080 }],
						env: [{ name: "TARGET", value: "own" }],
						readinessProbe: {
							httpGet: { path: "/" },
							initialDelaySeconds: probeDelayMs / 1000,
							periodSeconds: 2,
						},
					},
					// Not a port of queue-proxy: they share the pod's network.
					{ name: "cache", image, env: [{ name: "PORT", value: "8095" }] },
				],
			},
		},
	},
};

let folder: string;
let cluster: Cluster;
let before: string[];
const file = (name: string) => join(folder, name);
const report = async (name: string) => parseReport(await readFile(file(name), "utf8"), name);

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "knistio-own-"));
	cluster = await openKube({ env: process.env });
	const cleaned = await run(["clean", "--force"]);
	expect(cleaned.code, cleaned.stderr).toBe(0);
	before = await everything();
});
afterAll(async () => {
	cluster.close();
	await rm(folder, { recursive: true, force: true });
});

function expectMeasured({ coldStarts, fingerprint }: ProfileRun, counted: number): void {
	// Where pods can be reached by their addresses, the activator asks queue-proxy itself, and does not wait for kubelet.
	const leastMs = fingerprint["mesh-compatibility-mode"] === "enabled" ? probeDelayMs : 0;
	const starts = coldStarts.filter((start) => start.counted);
	expect(starts, JSON.stringify(ledgerOf(coldStarts))).toHaveLength(counted);
	for (const { pods, spans, total, response } of starts) {
		const names = pods[0]?.containers.filter(({ role }) => role === "app").map(({ name }) => name) ?? [];
		expect([...names].sort()).toEqual(["cache", "queue-proxy", "web"]);
		for (const name of names) expect(spans).toHaveProperty(`container_startup_${name}`);
		expect(total?.ms).toBeGreaterThan(leastMs);
		expect(response).toMatchObject({ status: 200, bodyMatches: true });
	}
}

const answers = ["--expect-body", "Hello own!"];

describe("a service of one's own on a real cluster", () => {
	it("is measured from its manifest under minimal and full", async () => {
		await writeFile(file("shop.yaml"), dump(shop));
		const asked = ["-p", "minimal", "-p", "full", "--service", file("shop.yaml"), ...answers];
		const ended = await run(["bench", ...asked, "-n", "2", "--out", file("own.json")]);
		expect(ended.code, ended.stderr).toBe(0);
		const { profiles } = await report("own.json");
		expect(profiles.map(({ profile }) => profile.name)).toEqual(["minimal", "full"]);
		for (const profile of profiles) expectMeasured(profile, 2);
		expect(ended.stderr).toContain("the service shop is measured with these changes:");
		expect(await everything()).toEqual(before);
	});

	it("is measured as it is where somebody else has deployed it, and nothing is changed", async () => {
		const installed = await run(["install", "full"]);
		expect(installed.code, installed.stderr).toBe(0);
		try {
			await deployByHand();
			const found = await allButPods();
			const asked = ["--service", "ksvc/shop", "--namespace", namespace, "--use-installed", ...answers];
			const ended = await runPlain(["bench", ...asked, "-n", "2", "--out", file("found.json")]);
			expect(ended.code, ended.stderr).toBe(0);
			const [profile] = (await report("found.json")).profiles;
			expect(profile).toMatchObject({ isAsFound: true, profile: { name: "installed" } });
			expect(profile?.fingerprint).toMatchObject({ sidecar: "native", "mesh-compatibility-mode": "enabled" });
			if (profile !== undefined) expectMeasured(profile, 2);
			expect(await allButPods()).toEqual(found);
		} finally {
			await cluster.remove({ apiVersion: "v1", kind: "Namespace", name: namespace });
			const isGone = async () =>
				expect(await cluster.get({ apiVersion: "v1", kind: "Namespace", name: namespace })).toBeUndefined();
			await vi.waitFor(isGone, { timeout: 120_000, interval: 500 });
			const cleaned = await run(["clean"]);
			expect(cleaned.code, cleaned.stderr).toBe(0);
		}
		expect(await everything()).toEqual(before);
	});
});

/** The service goes to zero and comes back by itself; its pods are no change of ours. */
const allButPods = async () => (await everything()).filter((line) => !line.startsWith(`v1 Pod ${namespace}/`));

/** As a team does that knows nothing of knistio: a namespace of the mesh, a domain, the service. */
async function deployByHand(): Promise<void> {
	const labels = { "istio-injection": "enabled" };
	await cluster.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels } });
	const domain = { apiVersion: "v1", kind: "ConfigMap", namespace: "knative-serving", name: "config-domain" };
	await cluster.patch(domain, { data: { "example.com": "" } });
	await cluster.create(shop as KubeObject);
	const ref = { apiVersion: shop.apiVersion, kind: shop.kind, namespace, name: shop.metadata.name };
	const isReady = async () => {
		const ready = conditionsOf(await cluster.get(ref)).find(({ type }) => type === "Ready");
		expect(ready?.status, ready?.message).toBe("True");
	};
	await vi.waitFor(isReady, { timeout: 120_000, interval: 500 });
}
