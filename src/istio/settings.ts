import { readFile } from "node:fs/promises";
import { load, YAMLException } from "js-yaml";
import { fileError, UsageError } from "../errors.ts";
import { kubectlSchema } from "../kube/yaml.ts";
import type { Profile } from "../profile/profile.ts";
import { holdsItself, holdsItselfWords } from "../text/circle.ts";
import { gatewayName, istioNamespace } from "./names.ts";

/** A mapping in a YAML document. */
export type Tree = Record<string, unknown>;

/** What the user puts on top of every profile: overlay files first, single settings last. */
export interface IstioSettings {
	/** Paths of IstioOperator files, or of files with a line `key=value` for each setting and `#` comments. */
	overlays: readonly string[];
	/** `KEY=VALUE` as for `istioctl --set`, such as `values.pilot.autoscaleEnabled=false`. */
	sets: readonly string[];
}

/** The settings, read and in order of precedence: a later one wins, and single settings win over files. */
export interface ReadSettings {
	operatorFiles: { path: string; spec: Tree }[];
	sets: string[];
}

/** A profile as an IstioOperator document, the form of istioctl's input. */
export function operatorDocument(profile: Profile): { apiVersion: string; kind: string; metadata: Tree; spec: Tree } {
	const { components, values, meshConfig } = profile.istio;
	return {
		apiVersion: "install.istio.io/v1alpha1",
		kind: "IstioOperator",
		metadata: { namespace: istioNamespace },
		spec: {
			profile: "default",
			components: {
				base: { enabled: components.base },
				pilot: { enabled: components.istiod },
				cni: { enabled: components.cni },
				ztunnel: { enabled: components.ztunnel },
				ingressGateways: [{ name: gatewayName, enabled: components.ingressGateway }],
			},
			values,
			meshConfig,
		},
	};
}

/** Reads the overlay files and checks the form of all settings. */
export async function readSettings(settings: IstioSettings): Promise<ReadSettings> {
	const result: ReadSettings = { operatorFiles: [], sets: [] };
	for (const path of settings.overlays) {
		const text = await readOverlay(path);
		const lines = settingLines(text);
		if (lines === undefined) result.operatorFiles.push({ path, spec: operatorSpecIn(text, path) });
		else result.sets.push(...lines);
	}
	for (const setting of settings.sets) {
		if (!/^[^=\s]+=/.test(setting)) {
			throw new UsageError(`--istio-set ${setting}: not of the form KEY=VALUE`, {
				hint: "for example --istio-set values.global.platform=gke",
			});
		}
		result.sets.push(setting);
	}
	return result;
}

async function readOverlay(path: string): Promise<string> {
	try {
		return await readFile(path, "utf8");
	} catch (error) {
		throw fileError("read", path, error, { place: "--istio-overlay" });
	}
}

/** The settings of a file that holds nothing else; undefined for any other file. */
function settingLines(text: string): string[] | undefined {
	const lines = text
		.split("\n")
		.map((line) => line.replace(/(^|\s)#.*/, "").trim())
		.filter((line) => line !== "");
	return lines.every((line) => /^[^=\s{]+=/.test(line)) ? lines : undefined;
}

function operatorSpecIn(text: string, path: string): Tree {
	let document: unknown;
	try {
		document = load(text, { schema: kubectlSchema });
	} catch (error) {
		if (!(error instanceof YAMLException)) throw error;
		const line = error.mark === undefined ? "" : `:${error.mark.line + 1}`;
		throw new UsageError(`--istio-overlay ${path}${line}: not valid YAML: ${error.reason}`, { cause: error });
	}
	if (holdsItself(document)) throw new UsageError(`--istio-overlay ${path}: ${holdsItselfWords}`);
	if (!isTree(document) || document.kind !== "IstioOperator") {
		throw new UsageError(`--istio-overlay ${path}: neither an IstioOperator nor lines of KEY=VALUE`);
	}
	return isTree(document.spec) ? document.spec : {};
}

export function isTree(value: unknown): value is Tree {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
