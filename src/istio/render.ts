import type { KubeObject } from "../kube/api/cluster.ts";
import { readManifestFiles } from "../kube/objects/manifest-files.ts";
import type { Profile } from "../profile/profile.ts";
import { istiodVersion } from "./istiod-version.ts";
import { keepProviders } from "./mesh-config.ts";
import { istioNamespace } from "./names.ts";
import { renderWithHelm } from "./render-helm.ts";
import { renderWithIstioctl } from "./render-istioctl.ts";
import type { Rendered } from "./renderer.ts";
import { type RunProcess, runProcess } from "./run-process.ts";
import type { IstioSettings } from "./settings.ts";
import { requireVersion } from "./version-check.ts";

/** Where Istio's objects come from. */
export type IstioSource =
	| ({ kind: "istioctl"; istioctl: string } & IstioSettings)
	| ({ kind: "helm"; helm: string; charts: string; chartVersion?: string } & IstioSettings)
	| { kind: "files"; paths: readonly string[] };

/** Istio's objects for a profile, and who made them. */
export interface RenderedIstio extends Rendered {
	/** `istioctl 1.30.3`, `helm` or `files`, for the report. */
	renderer: string;
}

/**
 * Istio's objects for a profile, the namespace istio-system among them. The profile's own security and policy objects
 * are not: they are the profile's. Everything wrong is a {@link UsageError}; an abort rejects with the signal's reason.
 */
export async function renderIstio(
	profile: Profile,
	source: IstioSource,
	{ signal, run = runProcess }: { signal?: AbortSignal | undefined; run?: RunProcess } = {},
): Promise<RenderedIstio> {
	const rendered = await renderFrom(source, profile, { signal, run });
	const renderer = source.kind === "istioctl" ? `istioctl ${rendered.version}` : source.kind;
	return { ...rendered, objects: withNamespace(rendered.objects), renderer };
}

async function renderFrom(
	source: IstioSource,
	profile: Profile,
	context: { signal: AbortSignal | undefined; run: RunProcess },
): Promise<Rendered> {
	if (source.kind !== "files") {
		const rendered =
			source.kind === "istioctl"
				? await renderWithIstioctl({ profile, ...source, ...context })
				: await renderWithHelm({ profile, ...source, ...context });
		return { ...rendered, objects: keepProviders(rendered.objects, profile) };
	}
	const objects = await readManifestFiles(source.paths);
	const version = istiodVersion(objects);
	if (version !== undefined) requireVersion(profile, version, "istiod in the manifests");
	return { objects, version, warnings: [] };
}

function withNamespace(objects: KubeObject[]): KubeObject[] {
	if (objects.some(({ kind, metadata }) => kind === "Namespace" && metadata.name === istioNamespace)) return objects;
	return [{ apiVersion: "v1", kind: "Namespace", metadata: { name: istioNamespace } }, ...objects];
}
