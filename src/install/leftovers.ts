import { describeRef, type ObjectRef, refOf } from "../cluster/cluster.ts";
import { foreignIstiods } from "./istiods.ts";
import type { Task } from "./task.ts";

const istioNamespace = "istio-system";

/** What istiod makes for itself, besides the root certificate (istio `pilot/pkg/leaderelection`, `security/pkg/pki/ca`). */
const madeByIstiod = [
	["v1", "Secret", /^istio-ca-secret$/],
	["v1", "ConfigMap", /^istio-(ca-root-cert|ca-crl|leader|gateway-\w+|namespace-controller-election)/],
	["coordination.k8s.io/v1", "Lease", /^istio-/],
] as const;

/** The objects that an istiod of knistio made and nobody else removes; none while another istiod is there. */
export async function istioLeftovers(task: Task): Promise<ObjectRef[]> {
	if ((await foreignIstiods(task)).length > 0) return [];
	const certificates = await task.cluster.list(
		{ apiVersion: "v1", kind: "ConfigMap", labelSelector: "istio.io/config=true" },
		task.signal,
	);
	const rest = await Promise.all(
		madeByIstiod.map(async ([apiVersion, kind, name]) => {
			const all = await task.cluster.list({ apiVersion, kind, namespace: istioNamespace }, task.signal);
			return all.filter(({ metadata }) => name.test(metadata.name));
		}),
	);
	const isRootCertificate = ({ name }: ObjectRef) => name === "istio-ca-root-cert" || name === "istio-ca-crl";
	const refs = [...certificates.map(refOf).filter(isRootCertificate), ...rest.flat().map(refOf)];
	return [...new Map(refs.map((ref) => [describeRef(ref), ref])).values()];
}
