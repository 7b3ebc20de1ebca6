import type { KubeObject } from "../kube/api/cluster.ts";
import { readManifestFiles } from "../kube/objects/manifest-files.ts";

/** The objects of `--knative-manifests`; undefined where none were given. */
export async function readKnativeManifests(paths: readonly string[]): Promise<KubeObject[] | undefined> {
	return paths.length === 0 ? undefined : readManifestFiles(paths);
}
