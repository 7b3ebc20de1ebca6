import { loadAll } from "js-yaml";
import { describe, expect, test } from "vitest";
import { installProfile } from "../../src/install/install.ts";
import { missingRights, neededRights, optionalRights, tradeoffRights } from "../../src/install/rights.ts";
import { uninstall } from "../../src/install/uninstall.ts";
import { groupOf, type KubeObject } from "../../src/kube/api/cluster.ts";
import { definition, full, istioObjects, knativeObjects, minimal } from "../install/objects.ts";
import { type FakeCluster, fakeCluster, jumpingClock } from "../support/fake-cluster.ts";
import { sessionOn } from "../support/session.ts";
import { rbacYaml } from "./rbac.ts";

/** `verb resource.group` of every call. */
type Calls = Set<string>;

/** Server-side apply is a patch, and a creation of what is not there. */
const verbsOf = {
	get: ["get"],
	list: ["list"],
	apply: ["patch", "create"],
	create: ["create"],
	patch: ["patch"],
	remove: ["delete"],
};

function resourceOf(kind: string): string {
	const name = kind.toLowerCase();
	if (/[^aeiou]y$/.test(name)) return `${name.slice(0, -1)}ies`;
	return /(s|x|ch)$/.test(name) ? `${name}es` : `${name}s`;
}

/** The cluster with every call on an object or a kind noted down. */
function noting(cluster: FakeCluster, calls: Calls): FakeCluster {
	const note = (method: keyof typeof verbsOf, { apiVersion, kind }: Pick<KubeObject, "apiVersion" | "kind">) => {
		for (const verb of verbsOf[method]) calls.add(`${verb} ${resourceOf(kind)}.${groupOf(apiVersion)}`);
	};
	const noted = { ...cluster };
	noted.get = (ref, ...rest) => {
		note("get", ref);
		return cluster.get(ref, ...rest);
	};
	noted.list = (query, ...rest) => {
		note("list", query);
		return cluster.list(query, ...rest);
	};
	noted.apply = (object, ...rest) => {
		note("apply", object);
		return cluster.apply(object, ...rest);
	};
	noted.create = (object, ...rest) => {
		note("create", object);
		return cluster.create(object, ...rest);
	};
	noted.patch = (ref, ...rest) => {
		note("patch", ref);
		return cluster.patch(ref, ...rest);
	};
	noted.remove = (ref, ...rest) => {
		note("remove", ref);
		return cluster.remove(ref, ...rest);
	};
	return noted;
}

async function callsOfARun(): Promise<Calls> {
	const calls: Calls = new Set();
	const cluster = noting(fakeCluster(), calls);
	const clock = jumpingClock();
	const common = { namespace: "bench", authorizerImage: "sample:1", useInstalled: false };
	const session = sessionOn(cluster, { clock });
	const knative = knativeObjects();
	const withSidecar = [
		...istioObjects({ cni: true, mesh: "authz" }),
		definition("telemetry.istio.io", "Telemetry"),
		definition("networking.istio.io", "VirtualService"),
	];
	await installProfile(session, { ...common, profile: full, istioObjects: withSidecar, knativeObjects: knative });
	const labels = { "knistio.dev/owned-by": "knistio", "knistio.dev/part": "workload" };
	const metadata = { name: "helloworld", namespace: "bench", labels };
	await cluster.create({ apiVersion: "serving.knative.dev/v1", kind: "Service", metadata });
	clock.jump(1000);
	await installProfile(session, { ...common, profile: minimal, istioObjects: istioObjects(), knativeObjects: knative });
	await uninstall(session);
	return calls;
}

function isGranted(call: string): boolean {
	return neededRights.some(({ verbs, resource, group }) =>
		verbs.some(
			(verb) =>
				call === `${verb} ${resource}.${group}` ||
				(resource === "*" && call.startsWith(`${verb} `) && call.endsWith(`.${group}`)),
		),
	);
}

describe("the rights of an account for CI", () => {
	test("are those that knistio asks for", async () => {
		await expect(rbacYaml()).toMatchFileSnapshot("../../.github/rbac.yaml");
	});

	test("satisfy the question that bench asks before it begins", async () => {
		const objects = loadAll(rbacYaml()) as KubeObject[];
		const role = objects.find(({ kind }) => kind === "ClusterRole");
		const rules = role?.rules as { apiGroups: string[]; resources: string[]; verbs: string[] }[];
		const cluster = fakeCluster();
		cluster.allowed = async ({ verb, group, resource }) =>
			rules.some(
				(rule) => rule.apiGroups.includes(group) && rule.resources.includes(resource) && rule.verbs.includes(verb),
			);
		expect(await missingRights(cluster)).toEqual([]);
		for (const { apiGroups, resources, verbs } of rules) {
			expect(apiGroups).not.toContain("*");
			expect(verbs).not.toContain("*");
			if (resources.includes("*")) expect(verbs).toEqual(["list"]);
		}
	});

	test("hold what is only useful in its own namespace, and bench does not ask for it", async () => {
		const objects = loadAll(rbacYaml()) as KubeObject[];
		for (const { namespace, group, resource, verbs } of optionalRights) {
			const role = objects.find(({ kind, metadata }) => kind === "Role" && metadata.namespace === namespace);
			expect(role?.rules).toContainEqual({ apiGroups: [group], resources: [resource], verbs });
			const binding = objects.find(({ kind, metadata }) => kind === "RoleBinding" && metadata.namespace === namespace);
			expect(binding).toMatchObject({ roleRef: { kind: "Role", name: role?.metadata.name } });
		}
		const cluster = fakeCluster();
		cluster.allowed = async ({ verb, resource }) => verb !== "*" && !(resource === "leases" && verb === "watch");
		expect(await missingRights(cluster)).toEqual([]);
	});

	test("hold what only tradeoffs can use in a role of its own, and bench does not ask for it", async () => {
		const objects = loadAll(rbacYaml()) as KubeObject[];
		const role = objects.find(({ metadata }) => metadata.name === "knistio-ci-tradeoffs");
		expect(role).toMatchObject({
			kind: "ClusterRole",
			rules: tradeoffRights.map(({ group, resource, verbs }) => ({ apiGroups: [group], resources: [resource], verbs })),
		});
		const binding = objects.find(({ kind, metadata }) => /Binding/.test(kind) && metadata.name === role?.metadata.name);
		expect(binding).toMatchObject({
			kind: "ClusterRoleBinding",
			roleRef: { kind: "ClusterRole", name: "knistio-ci-tradeoffs" },
		});
		expect(neededRights.map(({ resource }) => resource)).not.toContain("nodes/proxy");
		const cluster = fakeCluster();
		cluster.allowed = async ({ verb, subresource }) => verb !== "*" && (subresource ?? "proxy") === "proxy";
		expect(await missingRights(cluster)).toEqual([]);
	});

	test("cover every call of an install, a switch of profiles and an uninstall", async () => {
		const calls = await callsOfARun();
		expect(calls.size).toBeGreaterThan(40);
		for (const call of ["patch deployments.apps", "delete namespaces.", "list telemetries.telemetry.istio.io"]) {
			expect(calls).toContain(call);
		}
		expect([...calls].filter((call) => !isGranted(call)).sort()).toEqual([]);
	});
});
