import { loadAll } from "js-yaml";
import { expect, it } from "vitest";
import { benchAsFound } from "../../src/commands/bench/as-found.ts";
import { simulatedRun } from "../../src/commands/bench/simulated-run.ts";
import type { KubeObject } from "../../src/kube/api/cluster.ts";
import { builtContext } from "../selftest/built-context.ts";
import { openUsedCluster } from "../support/installed-service.ts";
import { readRbacYaml } from "./read-rbac.ts";

interface Rule {
	apiGroups: string[];
	resources: string[];
	resourceNames?: string[];
	verbs: string[];
	/** Where it holds; cluster-wide where it is undefined. */
	namespace: string | undefined;
}

/** The rules of the documented roles, with the namespace of the example in the place of `shop`. */
function rulesFor(namespace: string, { withOptional = true } = {}): Rule[] {
	const text = readRbacYaml();
	const needed = withOptional
		? text
		: text.replaceAll(/ {2}# [^\n]*\(optional\)\n(?: {2,4}[- ] [^\n]*\n| {4}\w[^\n]*\n)+/g, "");
	return (loadAll(needed) as KubeObject[])
		.filter(({ kind }) => kind === "Role" || kind === "ClusterRole")
		.flatMap(({ metadata, rules }) =>
			((rules ?? []) as Omit<Rule, "namespace">[]).map((rule) => ({
				...rule,
				namespace: metadata.namespace === "shop" ? namespace : metadata.namespace,
			})),
		);
}

/** As Kubernetes' authorizer reads a request; undefined for what is no resource, which everybody may discover. */
function attributesOf(method: string, url: string) {
	const { pathname, searchParams } = new URL(url, "http://server");
	const found =
		/^\/(?:api\/v1|apis\/([^/]+)\/[^/]+)(?:\/namespaces\/([^/]+))?\/([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?/.exec(pathname);
	if (found === null) return undefined;
	const [, group = "", namespace, resource = "", name, subresource] = found;
	const read = name === undefined ? (searchParams.has("watch") ? "watch" : "list") : "get";
	const verb = method === "GET" ? read : method.toLowerCase();
	return {
		group,
		namespace,
		resource: subresource === undefined ? resource : `${resource}/${subresource}`,
		name,
		verb,
	};
}

function ruleFor(rules: readonly Rule[], method: string, url: string): Rule | "discovery" | undefined {
	const asked = attributesOf(method, url);
	if (asked === undefined) return "discovery";
	return rules.find(
		({ apiGroups, resources, resourceNames, verbs, namespace }) =>
			apiGroups.includes(asked.group) &&
			resources.includes(asked.resource) &&
			verbs.includes(asked.verb) &&
			(namespace === undefined || namespace === asked.namespace) &&
			(resourceNames === undefined || resourceNames.includes(asked.name ?? "")),
	);
}

it("the rights to measure a service as it is are those that are documented", async () => {
	await expect(readRbacYaml()).toMatchFileSnapshot("../../.github/rbac-read.yaml");
	const rules = rulesFor("bench");
	expect(rules.length).toBeGreaterThan(10);
	for (const { verbs } of rules) expect(["get", "list", "watch"]).toEqual(expect.arrayContaining(verbs));
});

it("the documented rights are enough, also without the optional ones, and none of the needed ones is in vain", async () => {
	const used = await openUsedCluster("native");
	await used.deploy("shop");
	const { context, said } = builtContext();
	const options = {
		...simulatedRun({
			profiles: [],
			where: { kind: "simulated", model: "today", seed: 1, speed: 40 },
			namespace: "bench",
			useInstalled: true,
		}),
		installed: "shop",
	};
	const measure = async (rules: readonly Rule[], more: { gateway?: string } = {}) => {
		const taken = new Set<Rule | "discovery">();
		const denied: string[] = [];
		used.gate.allows = (method, url) => {
			const rule = ruleFor(rules, method, url);
			if (rule === undefined) denied.push(`${method} ${url}`);
			else taken.add(rule);
			return rule !== undefined;
		};
		const code = await benchAsFound({ ...options, ...more }, context, used.open);
		return { code, taken, denied };
	};
	const all = await measure(rulesFor("bench"));
	expect(all.code, said.stderr).toBe(0);
	// Kubelet's own answers are optional too: the right to them reaches into every container.
	expect(all.denied.filter((each) => !/\/nodes\/[^/]+\/proxy\//.test(each))).toEqual([]);
	const needed = rulesFor("bench", { withOptional: false });
	expect(needed.length).toBeLessThan(rulesFor("bench").length);
	const byAddress = { gateway: used.gatewayUrl };
	const least = await measure(needed, byAddress);
	expect(least.code, said.stderr).toBe(0);
	expect(needed.filter((rule) => !least.taken.has(rule))).toEqual([]);
	for (const missing of needed) {
		const { denied, code } = await measure(
			needed.filter((rule) => rule !== missing),
			byAddress,
		).catch((error: { exitCode: number; hint?: string }) => ({ denied: [error.hint ?? ""], code: error.exitCode }));
		expect(denied.length).toBeGreaterThan(0);
		expect([0, 4]).toContain(code);
	}
}, 120_000);
