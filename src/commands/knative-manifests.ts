import type { KubeObject } from "../cluster/cluster.ts";
import { readManifestFiles } from "../install/manifest-files.ts";

/** The objects of `--knative-manifests`; undefined where none were given. */
export async function readKnativeManifests(paths: readonly string[]): Promise<KubeObject[] | undefined> {
	return paths.length === 0 ? undefined : readManifestFiles(paths);
}
