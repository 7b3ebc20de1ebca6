import { load } from "js-yaml";
import { ClusterError } from "../errors.ts";
import { istioNamespace } from "../istio/names.ts";
import { describeRef, type KubeObject, type ObjectRef } from "../kube/api/cluster.ts";
import { inParallel, type Task } from "../kube/wait/task.ts";
import type { Profile } from "../profile/profile.ts";
import { listed } from "../text/listed.ts";
import { configMapRef, knativeNamespace, requireIstioIngress } from "./finding.ts";

const hint =
	"net-istio.yaml was applied before Istio's definitions were there: apply Istio's definitions, then net-istio.yaml again";

/**
 * Looks whether the net-istio of somebody else is all there. Where it was applied before Istio's definitions were, the
 * API server refused its Gateways and PeerAuthentications: then no service gets traffic, and mutual TLS that is required
 * keeps the API server from Knative's webhooks.
 * @throws ClusterError that names what is missing
 */
export async function requireNetIstio(
	task: Task,
	{ profile, useInstalled = false }: { profile: Profile; useInstalled?: boolean },
): Promise<void> {
	await requireIstioIngress(task);
	const gateways = gatewaysOf(await task.cluster.get(configMapRef("config-istio"), task.signal));
	const found = await inParallel(gateways, (ref) => task.cluster.get(ref, task.signal));
	const missing = gateways.filter((_, index) => found[index] === undefined);
	if (missing.length > 0) {
		throw new ClusterError(`Knative's ingress is only partly installed: ${listed(missing.map(describeRef))} missing`, {
			hint,
		});
	}
	if (useInstalled || !requiresMutualTls(profile)) return;
	const refusing = await webhooksWithoutPlainText(task);
	if (refusing.length === 0) return;
	const what = `profile ${profile.name} requires mutual TLS, which the API server does not speak to Knative's webhooks`;
	const names = listed(
		refusing.map((name) => describeRef({ kind: "PeerAuthentication", namespace: knativeNamespace, name })),
	);
	throw new ClusterError(`${what}, and their exception is missing: ${names}`, { hint });
}

/** The Gateways that net-istio sends through: those that its ConfigMap names, or its own. */
function gatewaysOf(config: KubeObject | undefined): ObjectRef[] {
	const data = (config?.data ?? {}) as Record<string, unknown>;
	const named = (old: RegExp, list: string, own: string) => {
		const written = data[list];
		if (typeof written === "string") return listedGateways(written);
		const keys = Object.keys(data).flatMap((key) => old.exec(key)?.slice(1) ?? []);
		return keys.length > 0 ? keys.map(gatewayOfKey) : [gatewayRef(knativeNamespace, own)];
	};
	return [
		...named(/^gateway\.(.+)$/, "external-gateways", "knative-ingress-gateway"),
		...named(/^local-gateway\.(.+)$/, "local-gateways", "knative-local-gateway"),
	];
}

/** `NAMESPACE.NAME`; before Knative 0.16 a name alone. */
function gatewayOfKey(key: string): ObjectRef {
	const dot = key.indexOf(".");
	return dot < 0 ? gatewayRef(knativeNamespace, key) : gatewayRef(key.slice(0, dot), key.slice(dot + 1));
}

/** What cannot be read is not judged here: Knative's webhook does. */
function listedGateways(text: string): ObjectRef[] {
	let entries: unknown;
	try {
		entries = load(text);
	} catch {
		return [];
	}
	if (!Array.isArray(entries)) return [];
	return entries.flatMap((entry: { namespace?: unknown; name?: unknown } | null) =>
		typeof entry?.name === "string" && typeof entry.namespace === "string"
			? [gatewayRef(entry.namespace, entry.name)]
			: [],
	);
}

function gatewayRef(namespace: string, name: string): ObjectRef {
	return { apiVersion: "networking.istio.io/v1beta1", kind: "Gateway", namespace, name };
}

interface PeerAuthenticationSpec {
	selector?: { matchLabels?: Record<string, string> | null } | null;
	mtls?: { mode?: string } | null;
	portLevelMtls?: Record<string, { mode?: string } | null> | null;
}

/** Whether a policy of the profile requires it in Knative's namespace, and Knative's pods get sidecars. */
function requiresMutualTls({ security, namespaceLabels }: Profile): boolean {
	const getsSidecars =
		namespaceLabels["istio-injection"] === "enabled" || namespaceLabels["istio.io/rev"] !== undefined;
	const policies = security as unknown as KubeObject[];
	return (
		getsSidecars &&
		policies.some(({ kind, metadata, spec }) => {
			const { selector, mtls } = (spec ?? {}) as PeerAuthenticationSpec;
			const reachesKnative = [istioNamespace, knativeNamespace].includes(metadata.namespace ?? "");
			return kind === "PeerAuthentication" && reachesKnative && !selector && mtls?.mode === "STRICT";
		})
	);
}

/** Knative's webhooks, by the name of their Deployments, that would not accept what the API server sends. */
async function webhooksWithoutPlainText(task: Task): Promise<string[]> {
	const namespace = knativeNamespace;
	const [deployments, policies] = await Promise.all([
		task.cluster.list({ apiVersion: "apps/v1", kind: "Deployment", namespace }, task.signal),
		task.cluster.list({ apiVersion: "security.istio.io/v1beta1", kind: "PeerAuthentication", namespace }, task.signal),
	]);
	const webhooks = deployments.filter(({ metadata: { name } }) => name === "webhook" || name === "net-istio-webhook");
	const refusing = webhooks.filter((deployment) => {
		const template = (deployment.spec as { template?: { metadata?: Template } } | undefined)?.template?.metadata;
		const labels = template?.labels ?? {};
		const key = "sidecar.istio.io/inject";
		if ((labels[key] ?? template?.annotations?.[key]) === "false") return false;
		return !policies.some(({ spec }) => acceptsPlainText((spec ?? {}) as PeerAuthenticationSpec, labels));
	});
	return refusing.map(({ metadata }) => metadata.name);
}

interface Template {
	labels?: Record<string, string>;
	annotations?: Record<string, string>;
}

function acceptsPlainText(spec: PeerAuthenticationSpec, labels: Record<string, string>): boolean {
	const selected = Object.entries(spec.selector?.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
	const modes = [spec.mtls?.mode, ...Object.values(spec.portLevelMtls ?? {}).map((port) => port?.mode)];
	return selected && modes.some((mode) => mode === "PERMISSIVE" || mode === "DISABLE");
}
