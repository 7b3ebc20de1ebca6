import { describe, expect, it } from "vitest";
import { installProfile } from "../../src/install/install.ts";
import { planInstall } from "../../src/install/plan.ts";
import type { KubeObject } from "../../src/kube/api/cluster.ts";
import { loadProfiles } from "../../src/profile/load.ts";
import { jumpingClock } from "../support/fake-cluster.ts";
import { sessionOn } from "../support/session.ts";
import { clusterWithKnative, istioObjects } from "./objects.ts";

const [ambient] = await loadProfiles(["ambient"]);
if (ambient === undefined) throw new Error("no profile");

const daemonSet = (name: string, image: string): KubeObject => ({
	apiVersion: "apps/v1",
	kind: "DaemonSet",
	metadata: { name, namespace: "istio-system" },
	spec: { selector: { matchLabels: { app: name } }, template: { spec: { containers: [{ name, image }] } } },
});
const ztunnel = daemonSet("ztunnel", "dev.local/istio/ztunnel:1");
const agent = daemonSet("istio-cni-node", "dev.local/istio/install-cni:1");
const node = (images: string[]): KubeObject => ({
	apiVersion: "v1",
	kind: "Node",
	metadata: { name: "node-1" },
	status: { images: images.map((image) => ({ names: [image] })) },
});
const both = ["dev.local/istio/ztunnel:1", "dev.local/istio/install-cni:1"];

/** A cluster with this node, and an install of ambient on it with these DaemonSets. */
function prepare(daemonSets: KubeObject[], images: string[], more: { useInstalled?: boolean } = {}) {
	const cluster = clusterWithKnative();
	const list = cluster.list.bind(cluster);
	cluster.list = (query, signal) => (query.kind === "Node" ? Promise.resolve([node(images)]) : list(query, signal));
	const what = {
		profile: ambient as NonNullable<typeof ambient>,
		istioObjects: [...istioObjects(), ...daemonSets],
		namespace: "bench",
		authorizerImage: "x:1",
		knativeObjects: undefined,
		useInstalled: false,
		...more,
	};
	const session = sessionOn(cluster, { clock: jumpingClock() });
	return { cluster, run: () => installProfile(session, what), plan: () => planInstall(session, what) };
}

describe("ambient mode is refused before anything is changed", () => {
	it.each([
		[
			[],
			both,
			2,
			/^profile ambient needs on every node DaemonSet ztunnel, which carries .* and DaemonSet istio-cni-node/,
		],
		[
			[agent],
			both,
			2,
			/^profile ambient needs on every node DaemonSet ztunnel, which .*; the rendered Istio has none$/,
		],
		[[ztunnel], both, 2, /DaemonSet istio-cni-node, which leads the pods' traffic to ztunnel; the rendered/],
		[
			[ztunnel, agent],
			both.slice(1),
			4,
			/needs the image dev.local\/istio\/ztunnel:1, which node node-1 does not have/,
		],
	])("where it lacks something: %#", async (daemonSets, images, exitCode, message) => {
		const { cluster, run, plan } = prepare(daemonSets, images);
		const refusal = { exitCode, message: expect.stringMatching(message), hint: expect.any(String) };
		await expect(run()).rejects.toMatchObject(refusal);
		await expect(plan()).rejects.toMatchObject(refusal);
		expect(cluster.writes.filter(({ ref }) => ref.kind !== "Lease" && ref.name !== "knistio-system")).toEqual([]);
	});

	it("where the Istio that somebody else installed has no ztunnel", async () => {
		const { run } = prepare([], both, { useInstalled: true });
		await expect(run()).rejects.toMatchObject({
			exitCode: 4,
			message: expect.stringContaining("installed Istio has none"),
		});
	});
});

describe("ambient mode is not refused", () => {
	const fifty = Array.from({ length: 50 }, (_, index) => `dev.local/x/${index}:1`);
	const ofRegistry = [
		daemonSet("ztunnel", "docker.io/istio/ztunnel:1"),
		daemonSet("istio-cni-node", "r/install-cni:1"),
	];
	it.each([
		["where the node has its images", [ztunnel, agent], both],
		["where a registry may have them", ofRegistry, ["some/thing:1"]],
		["where the node does not tell all its images", [ztunnel, agent], fifty],
		["where the node tells none", [ztunnel, agent], []],
	])("%s", async (_, daemonSets, images) => {
		const { plan } = prepare(daemonSets, images);
		expect((await plan()).objects.map(({ ref }) => ref.name)).toContain("ztunnel");
	});
});
