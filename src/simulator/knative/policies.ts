import { load } from "js-yaml";
import { isRecord } from "../api/fields.ts";
import { type ConfigMap, isPodReady, type KubeObject, type Pod, type Service } from "../api/objects.ts";
import { matchesLabels } from "../api/selectors.ts";
import { directResponse } from "../istio/direct-response.ts";
import type { World } from "../world/world.ts";

interface AuthorizationPolicy extends KubeObject {
	spec?: {
		action?: "ALLOW" | "DENY" | "AUDIT" | "CUSTOM";
		provider?: { name?: string };
		selector?: { matchLabels?: Record<string, string> };
		rules?: { from?: unknown; to?: unknown; when?: { key: string; values?: string[] }[] }[];
	};
}

/** How the sidecar of a pod decides about a request. */
export interface Verdict {
	/** How many remote checks it made. */
	checks: number;
	/** Those of them that allowed the request. */
	allowed: number;
	refusal: { status: number; body: string } | undefined;
}

/** What a policy may look at. */
export interface JudgedRequest {
	/** With its query. */
	path: string;
	headers: Record<string, string | string[] | undefined>;
}

/**
 * Applies the AuthorizationPolicies that select the pod: DENY rules on request headers, and CUSTOM, which asks an
 * external authorizer and refuses when that does, or when none runs, unless its provider fails open. Other rules (who
 * from, where to, ALLOW) are not simulated.
 */
export function judgeRequest(world: World, pod: Pod, { path, headers }: JudgedRequest): Verdict {
	const policies = [pod.metadata.namespace ?? "", "istio-system"].flatMap((namespace) =>
		world.api.list<AuthorizationPolicy>("authorizationpolicies.security.istio.io", namespace),
	);
	const selecting = policies.filter(
		({ spec }) => spec?.selector?.matchLabels === undefined || matchesLabels(spec.selector.matchLabels)(pod),
	);
	const custom = selecting.filter(({ spec }) => spec?.action === "CUSTOM");
	const mustAsk = custom.filter(({ spec }) => !failsOpen(world, spec?.provider?.name));
	const checks = custom.length;
	const [authorizer] = authorizersOf(world, pod);
	if (mustAsk.length > 0 && authorizer === undefined) return { checks, allowed: 0, refusal: { status: 403, body: "" } };
	const answer = authorizer === undefined || checks === 0 ? undefined : directResponse(authorizer, path);
	if (answer !== undefined && answer.status !== 200) return { checks, allowed: 0, refusal: answer };
	const isDenied = selecting.some(
		({ spec }) => spec?.action === "DENY" && spec.rules?.some((rule) => isMatched(rule.when, headers)) === true,
	);
	const refusal = isDenied ? { status: 403, body: "RBAC: access denied" } : undefined;
	return { checks, allowed: checks, refusal };
}

function isMatched(
	when: { key: string; values?: string[] }[] | undefined,
	headers: Record<string, string | string[] | undefined>,
): boolean {
	if (when === undefined || when.length === 0) return false;
	return when.every(({ key, values = [] }) => {
		const name = /^request\.headers\[(.+)\]$/.exec(key)?.[1];
		const value = name === undefined ? undefined : headers[name.toLowerCase()];
		return value !== undefined && values.some((wanted) => wanted === "*" || wanted === value);
	});
}

/** Whether the mesh configuration lets requests pass where this provider does not answer. */
function failsOpen({ api }: World, provider: string | undefined): boolean {
	const config = api.get<ConfigMap>("configmaps", { namespace: "istio-system", name: "istio" });
	const mesh = load(config?.data?.mesh ?? "");
	const providers = isRecord(mesh) && Array.isArray(mesh.extensionProviders) ? mesh.extensionProviders : [];
	const found = providers.filter(isRecord).find(({ name }) => name === provider);
	return isRecord(found?.envoyExtAuthzHttp) && found.envoyExtAuthzHttp.failOpen === true;
}

/** The ready pods behind a service named `authz` or like it in the pod's namespace. */
function authorizersOf({ api }: World, pod: Pod): Pod[] {
	const namespace = pod.metadata.namespace ?? "";
	const services = api
		.list<Service>("services", namespace)
		.filter((service) => /authz|ext-authz/.test(service.metadata.name));
	return services.flatMap((service) =>
		api.labelled<Pod>("pods", namespace, service.spec.selector ?? {}).filter(isPodReady),
	);
}
