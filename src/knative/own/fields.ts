import { z } from "zod";

/*
 * The fields of a Knative Service, by their names in the API of Knative Serving (pkg/apis/serving/v1) and of Kubernetes'
 * core (PodSpec, Container). Which of a pod's fields a cluster's Knative allows is its own to say, for that depends on its
 * feature flags; here a field is only refused if no version knows it.
 */

const text = z.string().exactOptional();
const number = z.number().exactOptional();
const yesOrNo = z.boolean().exactOptional();
const anything = z.unknown().optional();
const texts = z.array(z.string()).exactOptional();
const textMap = z.record(z.string(), z.string()).exactOptional();
/** An object or list whose insides are Knative's to check. */
const fieldsOf = (...names: string[]) => Object.fromEntries(names.map((name) => [name, anything]));

const reference = z.strictObject({ name: text, optional: yesOrNo }).exactOptional();
const keyReference = z.strictObject({ name: text, key: text, optional: yesOrNo }).exactOptional();

const variableSchema = z.strictObject({
	name: z.string(),
	value: text,
	valueFrom: z
		.strictObject({
			secretKeyRef: keyReference,
			configMapKeyRef: keyReference,
			...fieldsOf("fieldRef", "resourceFieldRef", "fileKeyRef"),
		})
		.exactOptional(),
});

const probe = z
	.strictObject({
		...fieldsOf("exec", "grpc", "httpGet", "tcpSocket"),
		failureThreshold: number,
		initialDelaySeconds: number,
		periodSeconds: number,
		successThreshold: number,
		terminationGracePeriodSeconds: number,
		timeoutSeconds: number,
	})
	.exactOptional();

const securityContext = z
	.looseObject({
		capabilities: z.looseObject({ add: texts, drop: texts }).exactOptional(),
	})
	.exactOptional();

const containerSchema = z.strictObject({
	name: text,
	image: z.string(),
	command: texts,
	args: texts,
	workingDir: text,
	env: z.array(variableSchema).exactOptional(),
	envFrom: z
		.array(
			z.strictObject({
				prefix: text,
				secretRef: reference,
				configMapRef: reference,
			}),
		)
		.exactOptional(),
	imagePullPolicy: text,
	ports: z
		.array(
			z.strictObject({
				name: text,
				containerPort: number,
				protocol: text,
				...fieldsOf("hostIP", "hostPort"),
			}),
		)
		.exactOptional(),
	livenessProbe: probe,
	readinessProbe: probe,
	startupProbe: probe,
	resources: z.strictObject(fieldsOf("limits", "requests", "claims")).exactOptional(),
	restartPolicy: text,
	securityContext,
	volumeMounts: z
		.array(
			z.strictObject({
				name: z.string(),
				mountPath: z.string(),
				readOnly: yesOrNo,
				subPath: text,
				...fieldsOf("subPathExpr", "mountPropagation", "recursiveReadOnly"),
			}),
		)
		.exactOptional(),
	...fieldsOf("lifecycle", "resizePolicy", "restartPolicyRules", "stdin", "stdinOnce", "tty", "volumeDevices"),
	terminationMessagePath: text,
	terminationMessagePolicy: text,
});

const volumeSchema = z.strictObject({
	name: z.string(),
	secret: z
		.strictObject({
			secretName: text,
			optional: yesOrNo,
			...fieldsOf("items", "defaultMode"),
		})
		.exactOptional(),
	configMap: z
		.strictObject({
			name: text,
			optional: yesOrNo,
			...fieldsOf("items", "defaultMode"),
		})
		.exactOptional(),
	projected: z
		.strictObject({
			sources: z
				.array(
					z.strictObject({
						secret: z.strictObject({ name: text, optional: yesOrNo, items: anything }).exactOptional(),
						configMap: z.strictObject({ name: text, optional: yesOrNo, items: anything }).exactOptional(),
						...fieldsOf("serviceAccountToken", "downwardAPI", "clusterTrustBundle", "podCertificate"),
					}),
				)
				.exactOptional(),
			defaultMode: number,
		})
		.exactOptional(),
	persistentVolumeClaim: z.strictObject({ claimName: z.string(), readOnly: yesOrNo }).exactOptional(),
	...fieldsOf("emptyDir", "hostPath", "csi", "ephemeral", "downwardAPI", "nfs", "image"),
});

const podSpecSchema = z.strictObject({
	containers: z.array(containerSchema).min(1, "must have a container"),
	initContainers: z.array(containerSchema).exactOptional(),
	volumes: z.array(volumeSchema).exactOptional(),
	serviceAccountName: text,
	imagePullSecrets: z.array(z.strictObject({ name: text })).exactOptional(),
	containerConcurrency: number,
	timeoutSeconds: number,
	responseStartTimeoutSeconds: number,
	idleTimeoutSeconds: number,
	automountServiceAccountToken: yesOrNo,
	enableServiceLinks: yesOrNo,
	securityContext: anything,
	...fieldsOf(
		"activeDeadlineSeconds",
		"affinity",
		"dnsConfig",
		"dnsPolicy",
		"hostAliases",
		"hostIPC",
		"hostNetwork",
		"hostPID",
		"hostUsers",
		"hostname",
		"nodeName",
		"nodeSelector",
		"os",
		"overhead",
		"preemptionPolicy",
		"priority",
		"priorityClassName",
		"readinessGates",
		"resourceClaims",
		"resources",
		"restartPolicy",
		"runtimeClassName",
		"schedulerName",
		"schedulingGates",
		"serviceAccount",
		"setHostnameAsFQDN",
		"shareProcessNamespace",
		"subdomain",
		"terminationGracePeriodSeconds",
		"tolerations",
		"topologySpreadConstraints",
	),
});

/** What the API server writes into `metadata`, and a manifest made of `kubectl get -o yaml` holds. */
const serverMetadata = [
	"creationTimestamp",
	"deletionGracePeriodSeconds",
	"deletionTimestamp",
	"generation",
	"managedFields",
	"ownerReferences",
	"resourceVersion",
	"selfLink",
	"uid",
] as const;

const templateSchema = z.strictObject({
	metadata: z
		.strictObject({
			name: text,
			namespace: text,
			labels: textMap,
			annotations: textMap,
			creationTimestamp: anything,
		})
		.exactOptional(),
	spec: podSpecSchema,
});

/** A Knative Service as somebody wrote it, or as `kubectl get -o yaml` prints it; without the fields that are null. */
export const serviceSchema = z.strictObject({
	apiVersion: z.literal("serving.knative.dev/v1"),
	kind: z.literal("Service"),
	metadata: z.strictObject({
		name: z.string().min(1, "is empty"),
		namespace: text,
		labels: textMap,
		annotations: textMap,
		finalizers: anything,
		generateName: text,
		...fieldsOf(...serverMetadata),
	}),
	spec: z.strictObject({
		template: templateSchema,
		traffic: z
			.array(
				z.strictObject({
					configurationName: text,
					revisionName: text,
					latestRevision: yesOrNo,
					percent: number,
					tag: text,
					url: text,
				}),
			)
			.exactOptional(),
	}),
	status: anything,
});

/** What {@link serviceSchema} reads. */
export type ServiceFields = z.infer<typeof serviceSchema>;
export type PodFields = ServiceFields["spec"]["template"]["spec"];
export type ContainerFields = PodFields["containers"][number];

/** A value without the fields that are null, which Kubernetes reads as if they were not there. */
export function withoutNulls(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(withoutNulls);
	if (typeof value !== "object" || value === null) return value;
	const entries = Object.entries(value).filter(([, field]) => field !== null);
	return Object.fromEntries(entries.map(([key, field]) => [key, withoutNulls(field)]));
}
