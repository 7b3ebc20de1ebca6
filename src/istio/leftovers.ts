import { describeRef, type KubeObject, type ObjectRef, refOf } from "../kube/api/cluster.ts";
import type { Task } from "../kube/wait/task.ts";
import { foreignIstiods } from "./istiods.ts";
import { istioNamespace } from "./names.ts";

/** What istiod makes for itself beside its elections' records (istio `pilot/pkg/leaderelection`, `security/pkg/pki/ca`). */
const madeByIstiod = [
	["v1", "Secret", /^istio-ca-secret$/],
	["v1", "ConfigMap", /^istio-(ca-root-cert|ca-crl|leader|gateway-\w+|namespace-controller-election)/],
	["coordination.k8s.io/v1", "Lease", /^istio-/],
] as const;

/** Where client-go's leader election keeps its record in a ConfigMap. */
const leaderAnnotation = "control-plane.alpha.kubernetes.io/leader";

/**
 * The objects that an istiod of knistio made and nobody else removes; none while another istiod is there.
 * @param since what is older was there before knistio, in an istio-system that is somebody else's
 */
export async function istioLeftovers(task: Task, since: string | undefined): Promise<ObjectRef[]> {
	if ((await foreignIstiods(task)).length > 0) return [];
	const certificates = await task.cluster.list(
		{ apiVersion: "v1", kind: "ConfigMap", labelSelector: "istio.io/config=true" },
		task.signal,
	);
	const rest = await Promise.all(
		madeByIstiod.map(async ([apiVersion, kind, name]) => {
			const all = await task.cluster.list({ apiVersion, kind, namespace: istioNamespace }, task.signal);
			return all.filter((object) => name.test(object.metadata.name) || isHeldByIstiod(object));
		}),
	);
	const isRootCertificate = ({ metadata: { name } }: KubeObject) =>
		name === "istio-ca-root-cert" || name === "istio-ca-crl";
	const found = [...certificates.filter(isRootCertificate), ...rest.flat()];
	const refs = found.filter((object) => !isOlder(object, since)).map(refOf);
	return [...new Map(refs.map((ref) => [describeRef(ref), ref])).values()];
}

/**
 * Whether it is the record of an election that an istiod won: each version of Istio has other elections. One that ends
 * in order gives its lead up and leaves the record without a holder.
 */
function isHeldByIstiod({ kind, metadata, spec }: KubeObject): boolean {
	const record = kind === "Lease" ? spec : parsed(metadata.annotations?.[leaderAnnotation]);
	const holder = (record as { holderIdentity?: unknown } | null | undefined)?.holderIdentity;
	if (holder === "") return metadata.name.startsWith("istio-");
	return typeof holder === "string" && /^istiod(-|$)/.test(holder);
}

function parsed(text: string | undefined): unknown {
	try {
		return JSON.parse(text ?? "");
	} catch {
		return undefined;
	}
}

/** Both are the API server's, in whole seconds. */
function isOlder({ metadata: { creationTimestamp } }: KubeObject, since: string | undefined): boolean {
	return creationTimestamp !== undefined && since !== undefined && Date.parse(creationTimestamp) < Date.parse(since);
}
