import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "../errors.ts";
import type { KubeObject } from "../kube/api/cluster.ts";
import { parseManifests, withoutRepeats } from "../kube/objects/manifests.ts";
import type { Profile } from "../profile/profile.ts";
import { type ChartRelease, chartReleases } from "./helm-values.ts";
import { istiodVersion } from "./istiod-version.ts";
import { istioNamespace } from "./names.ts";
import { inTemporaryFolder, lastWords, linesOf, type Rendered, runRenderer } from "./renderer.ts";
import type { RunProcess } from "./run-process.ts";
import { type IstioSettings, readSettings } from "./settings.ts";
import { requireVersion } from "./version-check.ts";

/** How Helm is called. */
export interface HelmCall extends IstioSettings {
	profile: Profile;
	/** A path, or a name to be found on PATH. */
	helm: string;
	/** Where Istio's charts are: a folder, the URL of a repository (`https://`, `oci://`), or the name of one that Helm knows. */
	charts: string;
	/** The charts' version; the newest if left out. Not for a folder. */
	chartVersion?: string | undefined;
	run: RunProcess;
	signal?: AbortSignal | undefined;
}

/**
 * The objects that `helm template` makes of a profile, chart by chart. Overlays and settings are those of istioctl,
 * translated. A missing Helm, charts of another version than the profile is written for, and what Helm refuses is a
 * {@link UsageError}.
 */
export async function renderWithHelm(call: HelmCall): Promise<Rendered> {
	const releases = chartReleases(call.profile, await readSettings(call));
	return inTemporaryFolder(async (folder) => {
		const results = await Promise.all(releases.map((release) => template(call, release, folder)));
		const rendered = results.flatMap(({ objects }) => objects);
		const objects = withoutRepeats(rendered, "helm's output");
		const version = istiodVersion(objects);
		if (version !== undefined) requireVersion(call.profile, version, "istiod in the charts");
		return { objects, version, warnings: results.flatMap(({ warnings }) => warnings) };
	});
}

async function template(
	call: HelmCall,
	{ chart, release, values }: ChartRelease,
	folder: string,
): Promise<{ objects: KubeObject[]; warnings: string[] }> {
	const valuesFile = join(folder, `${release}.json`);
	await writeFile(valuesFile, JSON.stringify(values, undefined, 1));
	const version = call.chartVersion === undefined ? [] : ["--version", call.chartVersion];
	const args = [
		...["template", release, ...chartArguments(call.charts, chart), ...version],
		...["--namespace", istioNamespace, "--include-crds", "--values", valuesFile],
	];
	const result = await runRenderer({ program: "helm", file: call.helm, args, run: call.run, signal: call.signal });
	if (result.code !== 0) {
		throw new UsageError(`profile ${call.profile.name}: helm template ${release} failed: ${lastWords(result)}`, {
			hint: "see the profile's `istio` section, --helm-charts, --istio-overlay and --istio-set",
		});
	}
	return {
		objects: parseManifests(result.stdout, `helm's output for ${release}`),
		warnings: linesOf(result.stderr),
	};
}

/** Where the charts are in Istio's source tree, under manifests/charts. */
const sourceFolders: Partial<Record<ChartRelease["chart"], string>> = {
	istiod: "istio-control/istio-discovery",
	cni: "istio-cni",
};

function chartArguments(charts: string, chart: ChartRelease["chart"]): string[] {
	if (/^https?:/.test(charts)) return [chart, "--repo", charts];
	if (charts.startsWith("oci:") || !existsSync(charts)) return [`${charts.replace(/\/$/, "")}/${chart}`];
	const folder = [chart, sourceFolders[chart] ?? chart]
		.map((name) => join(charts, name))
		.find((path) => existsSync(join(path, "Chart.yaml")));
	if (folder !== undefined) return [folder];
	throw new UsageError(`--helm-charts ${charts}: the chart ${chart} is not there`, {
		hint: "name a folder with Istio's charts base, istiod, cni, ztunnel and gateway, such as manifests/charts of a release",
	});
}
