import { dump, load, YAMLException } from "js-yaml";
import { ClusterError } from "../errors.ts";
import type { KubeObject, ObjectRef } from "../kube/api/cluster.ts";
import { isObject, objectOf, objectsOf, textOf, type Untrusted } from "../kube/untrusted.ts";
import { kubectlSchema } from "../kube/yaml.ts";
import type { Profile } from "../profile/profile.ts";
import { istioNamespace } from "./names.ts";

/** The ConfigMap that istiod reads the mesh's configuration from, and follows. */
export const meshConfigRef: ObjectRef = {
	apiVersion: "v1",
	kind: "ConfigMap",
	name: "istio",
	namespace: istioNamespace,
};

/** The mesh's configuration as the ConfigMap holds it. @throws ClusterError for what is no mapping in YAML */
export function readMeshConfig(configMap: KubeObject): { text: string; mesh: Untrusted } {
	const text = textOf(objectOf(configMap.data).mesh);
	const mesh = text === undefined ? undefined : parsed(text);
	if (text !== undefined && mesh !== undefined) return { text, mesh };
	throw new ClusterError(`ConfigMap ${istioNamespace}/${meshConfigRef.name} holds no mesh configuration`, {
		hint: "knistio expects Istio's own form: YAML below `mesh`",
	});
}

function parsed(text: string): Untrusted | undefined {
	try {
		const value = load(text, { schema: kubectlSchema });
		return isObject(value) ? value : undefined;
	} catch (error) {
		if (!(error instanceof YAMLException)) throw error;
		return undefined;
	}
}

/** A mesh configuration as the ConfigMap's text. */
export const meshText = (mesh: Untrusted): string => dump(mesh, { schema: kubectlSchema });

/** The list with the providers whose names it does not have yet. */
export function withProviders(list: unknown, providers: readonly Untrusted[]): unknown[] {
	const known = new Set(objectsOf(list).map(({ name }) => name));
	return [...(Array.isArray(list) ? list : []), ...providers.filter(({ name }) => !known.has(name))];
}

/**
 * Gives back to the rendered mesh configuration what an overlay has taken from it: istioctl and Helm replace a list by
 * a list, so an overlay with `extensionProviders` of its own loses the profile's, which its policies ask.
 */
export function keepProviders(objects: KubeObject[], { istio }: Profile): KubeObject[] {
	const own = objectsOf(istio.meshConfig.extensionProviders);
	if (own.length === 0) return objects;
	return objects.map((object) => {
		const { kind, metadata } = object;
		const isMesh = kind === meshConfigRef.kind && metadata.name === meshConfigRef.name;
		const text = isMesh ? textOf(objectOf(object.data).mesh) : undefined;
		const mesh = text === undefined ? undefined : parsed(text);
		if (mesh === undefined) return object;
		const merged = withProviders(mesh.extensionProviders, own);
		if (merged.length === objectsOf(mesh.extensionProviders).length) return object;
		const data = { ...objectOf(object.data), mesh: meshText({ ...mesh, extensionProviders: merged }) };
		return { ...object, data };
	});
}
