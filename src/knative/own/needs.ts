import { ClusterError } from "../../errors.ts";
import type { Cluster } from "../../kube/api/cluster.ts";
import { listed } from "../../text/listed.ts";
import type { ContainerFields, PodFields } from "./fields.ts";

/** An object of the service's own namespace without which no pod of it starts. */
export interface Needed {
	kind: "Secret" | "ConfigMap" | "ServiceAccount" | "PersistentVolumeClaim";
	name: string;
}

/** What a template names by reference, each once; what it says is optional is left out. */
export function neededBy(spec: PodFields): Needed[] {
	const needs: Needed[] = [];
	type Reference = { name?: string; optional?: boolean } | undefined;
	const need = (kind: Needed["kind"], reference: Reference) => {
		const { name, optional } = reference ?? {};
		if (name === undefined || optional === true) return;
		if (!needs.some((each) => each.kind === kind && each.name === name)) needs.push({ kind, name });
	};
	for (const container of [...(spec.initContainers ?? []), ...spec.containers]) needOfContainer(container, need);
	for (const { secret, configMap, projected, persistentVolumeClaim } of spec.volumes ?? []) {
		need(
			"Secret",
			secret && {
				...secret,
				...(secret.secretName === undefined ? {} : { name: secret.secretName }),
			},
		);
		need("ConfigMap", configMap);
		for (const source of projected?.sources ?? []) {
			need("Secret", source.secret);
			need("ConfigMap", source.configMap);
		}
		need("PersistentVolumeClaim", persistentVolumeClaim && { name: persistentVolumeClaim.claimName });
	}
	need("ServiceAccount", spec.serviceAccountName === undefined ? undefined : { name: spec.serviceAccountName });
	for (const secret of spec.imagePullSecrets ?? []) need("Secret", secret);
	return needs;
}

function needOfContainer(
	{ env = [], envFrom = [] }: ContainerFields,
	need: (kind: Needed["kind"], reference: { name?: string; optional?: boolean } | undefined) => void,
): void {
	for (const { valueFrom } of env) {
		need("Secret", valueFrom?.secretKeyRef);
		need("ConfigMap", valueFrom?.configMapKeyRef);
	}
	for (const { secretRef, configMapRef } of envFrom) {
		need("Secret", secretRef);
		need("ConfigMap", configMapRef);
	}
}

const plurals = {
	Secret: "secrets",
	ConfigMap: "configmaps",
	ServiceAccount: "serviceaccounts",
	PersistentVolumeClaim: "persistentvolumeclaims",
};

/** Only the metadata is asked for: what is in a Secret is none of knistio's business. */
const metadataOnly = {
	Accept: "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1, application/json",
};

/**
 * Looks whether all that a service refers to is in its namespace; what may not be looked at is taken for there.
 * @throws ClusterError that names all that is missing
 */
export async function requireNeeded(
	cluster: Cluster,
	{ needs, namespace, signal }: { needs: readonly Needed[]; namespace: string; signal: AbortSignal },
): Promise<void> {
	const isMissing = await Promise.all(
		needs.map(async ({ kind, name }) => {
			const path = `/api/v1/namespaces/${namespace}/${plurals[kind]}/${encodeURIComponent(name)}`;
			const { status } = await cluster.raw("GET", path, {
				headers: metadataOnly,
				signal,
			});
			// Each new namespace gets this account, a moment after it was made.
			return status === 404 && !(kind === "ServiceAccount" && name === "default");
		}),
	);
	const missing = needs.filter((_, index) => isMissing[index]);
	if (missing.length === 0) return;
	const named = listed(missing.map(({ kind, name }) => `${kind} ${name}`));
	throw new ClusterError(`the service needs what is not in the namespace ${namespace}: ${named}`, {
		hint: "measure it in the namespace that has them with --namespace (knistio removes no namespace that it did not make), or create them there",
	});
}
