import { UsageError } from "../errors.ts";
import type { Profile } from "../profile/profile.ts";
import { gatewayName } from "./names.ts";
import { isTree, operatorDocument, type ReadSettings, type Tree } from "./settings.ts";

/** One of Istio's charts as it is to be rendered. */
export interface ChartRelease {
	chart: "base" | "istiod" | "cni" | "ztunnel" | "gateway";
	/** The release's name; the gateway's objects are named after theirs. */
	release: string;
	values: Tree;
}

/**
 * A profile and the user's settings as values of Istio's charts. Everywhere else they are in istioctl's layout
 * (an IstioOperator's spec), so that one profile does for both.
 */
export function chartReleases(profile: Profile, settings: ReadSettings): ChartRelease[] {
	const spec = settings.operatorFiles.reduce((below, { spec }) => merge(below, spec), operatorDocument(profile).spec);
	for (const setting of settings.sets) applySetting(spec, setting);
	const [components, values, meshConfig] = [spec.components, spec.values, spec.meshConfig].map(asTree) as [
		Tree,
		Tree,
		Tree,
	];
	const isEnabled = enabledComponents(components);
	const shared = merge(values, { global: globalSettings(spec) });
	const { gateways, ztunnel, ...chartValues } = shared;
	// istioctl does this by itself; without it, the injector would add istio-init although the node does its work.
	const istiod = merge(merge(chartValues, { pilot: { cni: { enabled: isEnabled("cni") } } }), { meshConfig });
	const global = isTree(shared.global) ? { global: shared.global } : {};
	// istioctl renders no webhook for the revision `default`; istiod has one for its own.
	const base = merge({ defaultRevision: "" }, chartValues);
	const gateway = merge({ imagePullPolicy: proxyPullPolicy(asTree(shared.global)) }, gatewayValues(gateways));
	const releases: (ChartRelease & { component: string })[] = [
		{ component: "base", chart: "base", release: "istio-base", values: base },
		{ component: "pilot", chart: "istiod", release: "istiod", values: istiod },
		{ component: "cni", chart: "cni", release: "istio-cni", values: chartValues },
		{ component: "ztunnel", chart: "ztunnel", release: "ztunnel", values: merge(global, asTree(ztunnel)) },
		{ component: gatewayName, chart: "gateway", release: gatewayName, values: merge(global, gateway) },
	];
	return releases.filter(({ component }) => isEnabled(component)).map(({ component: _, ...release }) => release);
}

function enabledComponents(components: Tree): (component: string) => boolean {
	const { ingressGateways, ...others } = components;
	const gateways = (Array.isArray(ingressGateways) ? ingressGateways : []).filter(isTree);
	const known = new Map<string, Tree>(Object.entries(others).map(([name, value]) => [name, asTree(value)]));
	for (const gateway of gateways) known.set(String(gateway.name), gateway);
	for (const [name, { enabled, name: _, ...rest }] of known) {
		const [extra] = Object.keys(rest);
		if (extra !== undefined) {
			throw new UsageError(`components: ${name}.${extra} has no counterpart in Helm`, {
				hint: "set the chart's value under `values` instead, or render with istioctl",
			});
		}
	}
	return (component) => known.get(component)?.enabled === true;
}

/** What istioctl takes outside of `values`, or for every chart at once, is a global value of the charts. */
function globalSettings({ profile, hub, tag, values }: Tree): Tree {
	if (profile !== "default") {
		throw new UsageError(`profile=${profile}: istioctl's profiles cannot be given to Helm`, {
			hint: "set `values.profile` and the components that it needs instead, or render with istioctl",
		});
	}
	const settings = { hub, tag, profile: asTree(values).profile };
	return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

/** What the values under `gateways.istio-ingressgateway` are called in the chart `gateway`, which refuses unknown ones. */
const gatewayFields: Record<string, string[]> = {
	type: ["service", "type"],
	serviceAnnotations: ["service", "annotations"],
	autoscaleEnabled: ["autoscaling", "enabled"],
	autoscaleMin: ["autoscaling", "minReplicas"],
	autoscaleMax: ["autoscaling", "maxReplicas"],
	resources: ["resources"],
	replicaCount: ["replicaCount"],
	podAnnotations: ["podAnnotations"],
	nodeSelector: ["nodeSelector"],
	tolerations: ["tolerations"],
	env: ["env"],
	imagePullPolicy: ["imagePullPolicy"],
};

/**
 * The policy that Kubernetes would choose for the proxy's image. The chart's pod names the image `auto`, which istiod
 * replaces when the pod is made; the API server has chosen `Always` by then, for `auto` has no tag, and a node without a
 * registry could not start the gateway.
 */
function proxyPullPolicy({ imagePullPolicy, proxy, tag }: Tree): unknown {
	if (typeof imagePullPolicy === "string" && imagePullPolicy !== "") return imagePullPolicy;
	const { image } = asTree(proxy);
	const isWhole = typeof image === "string" && image.includes("/");
	const own = isWhole ? (/:([^/@]+)(@.*)?$/.exec(image)?.[1] ?? "latest") : tag;
	return own === "latest" && !(isWhole && image.includes("@")) ? "Always" : "IfNotPresent";
}

function gatewayValues(gateways: unknown): Tree {
	const values: Tree = {};
	for (const [key, value] of Object.entries(asTree(asTree(gateways)[gatewayName]))) {
		const path = gatewayFields[key];
		if (path === undefined) {
			throw new UsageError(`values.gateways.${gatewayName}.${key} has no counterpart in Helm's chart gateway`, {
				hint: `known are ${Object.keys(gatewayFields).join(", ")}; or render with istioctl`,
			});
		}
		setAt(values, path, value);
	}
	return values;
}

/** `--set` as istioctl does it, but for paths into lists. */
function applySetting(spec: Tree, setting: string): void {
	const [key, value] = [setting.slice(0, setting.indexOf("=")), setting.slice(setting.indexOf("=") + 1)];
	if (/\[/.test(key)) {
		throw new UsageError(`${setting}: a path into a list cannot be given to Helm`, {
			hint: "put it in an --istio-overlay file, or render with istioctl",
		});
	}
	const path = (key.match(/(?:\\.|[^.])+/g) ?? []).map((step) => step.replaceAll("\\.", "."));
	setAt(spec, path, scalarOf(value));
}

/** A number only where it is written as that number: 1.30, 007 and 1e3 are versions and names as well, and stay texts. */
function scalarOf(text: string): unknown {
	if (/^-?\d+(\.\d+)?$/.test(text) && String(Number(text)) === text) return Number(text);
	return text === "true" ? true : text === "false" ? false : text;
}

function setAt(tree: Tree, path: readonly string[], value: unknown): void {
	const [step, ...rest] = path;
	if (step === undefined) return;
	if (rest.length === 0) {
		tree[step] = value;
		return;
	}
	const inner = { ...asTree(tree[step]) };
	tree[step] = inner;
	setAt(inner, rest, value);
}

/** Mappings are merged, all else is replaced; neither side is changed. */
function merge(below: Tree, above: Tree): Tree {
	const merged = { ...below };
	for (const [key, value] of Object.entries(above)) {
		const old = merged[key];
		merged[key] = isTree(old) && isTree(value) ? merge(old, value) : value;
	}
	return merged;
}

function asTree(value: unknown): Tree {
	return isTree(value) ? value : {};
}
