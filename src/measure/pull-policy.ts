import { ClusterError } from "../errors.ts";
import type { KubeObject } from "../kube/api/cluster.ts";
import { parseImage } from "../kube/image.ts";
import type { Profile } from "../profile/profile.ts";

interface Container {
	name: string;
	image?: string;
	imagePullPolicy?: string;
}

/**
 * Refuses a profile whose pods ask the registry at every start, by their policy as it was admitted: each start would
 * hold the registry's answer, and none would count.
 * @throws ClusterError that names the containers
 */
export function refusePulls({ name }: Profile, pod: KubeObject): void {
	const { initContainers, containers } = (pod.spec ?? {}) as Record<string, Container[] | null | undefined>;
	const all = [...(initContainers ?? []), ...(containers ?? [])];
	const asking = all.filter(asksRegistry);
	if (asking.length === 0) return;
	const named = asking.map(({ name: container }) => container).join(", ");
	throw new ClusterError(
		`profile ${name}: every start asks the registry for the image of ${named} (imagePullPolicy Always), so no cold start would count`,
		{ hint: hintFor(asking, all) },
	);
}

/** The API server fills the policy in; what it would be is known without it. */
function asksRegistry({ image = "", imagePullPolicy }: Container): boolean {
	if (imagePullPolicy !== undefined) return imagePullPolicy === "Always";
	const { tag, digest } = parseImage(image);
	return image !== "" && digest === undefined && (tag ?? "latest") === "latest";
}

function hintFor(asking: readonly Container[], all: readonly Container[]): string {
	const isOf = (...names: string[]) => asking.some(({ name }) => names.includes(name));
	const hints: string[] = [];
	if (asking.length === all.length) {
		hints.push("the admission plugin AlwaysPullImages may set it on every pod: measure on a cluster without it");
	}
	if (isOf("user-container")) hints.push("user-container: give --image with a tag that is not latest, or by digest");
	if (isOf("queue-proxy")) hints.push("queue-proxy: name queue-sidecar-image by tag or digest in config-deployment");
	if (isOf("istio-proxy", "istio-init", "istio-validation")) {
		hints.push("Istio's containers: --istio-set values.global.imagePullPolicy=IfNotPresent");
	}
	return hints.join("; ") || "set imagePullPolicy: IfNotPresent where the container is added";
}
