import { type Command, Option } from "commander";
import { UsageError } from "../../errors.ts";
import type { IstioSource } from "../../istio/render.ts";
import { collect, text } from "./values.ts";

/** Where Istio's objects come from. */
export interface SourceFlags {
	istioctl: string;
	istioSet?: string[];
	istioOverlay?: string[];
	istioManifests?: string[];
	helm?: string;
	helmCharts?: string;
	helmVersion?: string;
}

/** Adds the options of every command that renders Istio. */
export function addSourceOptions(command: Command): Command {
	return command
		.option("--istioctl <file>", "istioctl that renders Istio; its version is checked by the profile", text, "istioctl")
		.option(
			"--istio-set <key=value>",
			"set an Istio value on top of every profile, like istioctl's --set (repeatable)",
			collect,
		)
		.option(
			"--istio-overlay <file>",
			"set Istio values from a file: IstioOperator YAML or key=value lines (repeatable)",
			collect,
		)
		.option(
			"--istio-manifests <path>",
			"install Istio from a file or directory of manifests instead of rendering it (repeatable)",
			collect,
		)
		.option("--helm <file>", "render Istio with this helm instead of istioctl", text)
		.option("--helm-charts <where>", "Istio's Helm charts: a directory or a repository's URL", text)
		.option("--helm-version <version>", "version of the charts to take from the repository", text);
}

/** The source that the flags name. Files come before helm, and helm before istioctl. */
export function sourceOf(flags: SourceFlags): IstioSource {
	const settings = { overlays: flags.istioOverlay ?? [], sets: flags.istioSet ?? [] };
	if (flags.istioManifests !== undefined) {
		refuseRendering(flags);
		return { kind: "files", paths: flags.istioManifests };
	}
	if (flags.helmCharts === undefined) {
		const needing =
			flags.helm !== undefined ? "--helm" : flags.helmVersion !== undefined ? "--helm-version" : undefined;
		if (needing === undefined) return { kind: "istioctl", istioctl: flags.istioctl, ...settings };
		throw new UsageError(`${needing} needs Istio's charts`, {
			hint: "add --helm-charts with a directory or a repository's URL",
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

/** Beside manifests nothing is rendered, and what would change nothing is not what was meant. @throws UsageError */
function refuseRendering({ istioSet, istioOverlay, helm, helmCharts, helmVersion }: SourceFlags): void {
	const rendering = {
		"--istio-set": istioSet,
		"--istio-overlay": istioOverlay,
		"--helm": helm,
		"--helm-charts": helmCharts,
		"--helm-version": helmVersion,
	};
	const [ignored] = Object.entries(rendering).find(([, value]) => value !== undefined) ?? [];
	if (ignored === undefined) return;
	throw new UsageError(`${ignored} changes nothing beside --istio-manifests, which are installed as they are`, {
		hint: "leave one of the two out",
	});
}

/** `--knative-manifests` of the commands that can install Knative. */
export const knativeManifestsOption = () =>
	new Option(
		"--knative-manifests <path>",
		"install Knative from this file or directory if the cluster has none (repeatable)",
	).argParser(collect);
