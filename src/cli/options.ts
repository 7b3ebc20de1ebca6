import { type Command, InvalidArgumentError, Option } from "commander";
import { KnistioError, UsageError } from "../errors.ts";
import type { IstioSource } from "../istio/render.ts";
import { viaApiServer } from "../knative/route.ts";
import { parseCount, parseDuration } from "../text/duration.ts";
import { parseImage, parseNamespace, parseText } from "../text/names.ts";

/** Commander's way to refuse a value; it names the option itself. */
export function argument<T>(parse: (text: string, where: string) => T): (text: string) => T {
	return (text) => {
		try {
			return parse(text, "value");
		} catch (error) {
			if (!(error instanceof KnistioError)) throw error;
			throw new InvalidArgumentError(error.hint === undefined ? error.message : `${error.message} (${error.hint})`);
		}
	};
}

/** Collects an option that may be given several times. */
export const collect = (value: string, before: string[] = []): string[] => [...before, text(value)];

/** A path, a name or another text that must not be empty. */
export const text = argument(parseText);
export const namespace = argument(parseNamespace);
export const image = argument(parseImage);
export const durationMs = argument(parseDuration);
/** `±50ms`, also without its sign. */
export const precisionMs = argument((text, where) => parseDuration(text.replace(/^\s*(±|\+\/?-)/, ""), where));
export const count = (least: number) => argument((text, where) => parseCount(text, least, where));

/** `http://10.0.0.1:31380`; without its scheme an address is easily taken for something else. */
export const address = argument((text, where) => {
	if (text === viaApiServer) return text;
	if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
	throw new UsageError(`${where}: "${text}" is no address`, {
		hint: `such as http://10.0.0.1:31380, or ${viaApiServer}`,
	});
});

/** Where the cluster is. */
export interface ClusterFlags {
	kubeconfig?: string;
	context?: string;
	timeout: number;
}

export function addClusterOptions(command: Command): Command {
	return command
		.option("--kubeconfig <file>", "default: $KUBECONFIG, ~/.kube/config, or the pod's service account", text)
		.option("--context <name>", "the kubeconfig's context; default: its current one", text)
		.addOption(
			new Option("--timeout <duration>", "for each wait on the cluster").argParser(durationMs).default(300_000, "5m"),
		);
}

/** Where Istio's and Knative's objects come from. */
export interface SourceFlags {
	istioctl: string;
	istioSet?: string[];
	istioOverlay?: string[];
	istioManifests?: string[];
	helm?: string;
	helmCharts?: string;
	helmVersion?: string;
}

export function addSourceOptions(command: Command): Command {
	return command
		.option("--istioctl <file>", "renders Istio; its version is checked against the profile", text, "istioctl")
		.option("--istio-set <key=value>", "on top of every profile, as istioctl's --set (repeatable)", collect)
		.option(
			"--istio-overlay <file>",
			"the same from a file: IstioOperator YAML or key=value lines (repeatable)",
			collect,
		)
		.option("--istio-manifests <path>", "files or a directory instead of a renderer (repeatable)", collect)
		.option("--helm <file>", "render with this helm instead of istioctl", text)
		.option("--helm-charts <where>", "Istio's charts: a directory or a repository's URL", text)
		.option("--helm-version <version>", "the charts' version in a repository", text);
}

/** The source that the flags name. Files come before helm, and helm before istioctl. */
export function sourceOf(flags: SourceFlags): IstioSource {
	const settings = { overlays: flags.istioOverlay ?? [], sets: flags.istioSet ?? [] };
	if (flags.istioManifests !== undefined) return { kind: "files", paths: flags.istioManifests };
	if (flags.helm === undefined && flags.helmCharts === undefined) {
		return { kind: "istioctl", istioctl: flags.istioctl, ...settings };
	}
	if (flags.helmCharts === undefined) {
		throw new UsageError("--helm needs Istio's charts", {
			hint: "--helm-charts with a directory or the repository's URL",
		});
	}
	return {
		kind: "helm",
		helm: flags.helm ?? "helm",
		charts: flags.helmCharts,
		...(flags.helmVersion === undefined ? {} : { chartVersion: flags.helmVersion }),
		...settings,
	};
}

/** Leaves out what was not given, for options whose absence means something. */
export function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
	return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
		[K in keyof T]?: Exclude<T[K], undefined>;
	};
}
