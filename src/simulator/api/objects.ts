/** The shapes of Kubernetes objects that the simulation works with; a field that nothing here reads is not typed. */

export interface OwnerReference {
	apiVersion: string;
	kind: string;
	name: string;
	uid: string;
	controller?: boolean;
	blockOwnerDeletion?: boolean;
}

export interface ManagedFieldsEntry {
	manager: string;
	operation: "Apply" | "Update";
	apiVersion: string;
	time: string;
	fieldsType: "FieldsV1";
	fieldsV1: Fields;
	subresource?: string;
}

/** A FieldsV1 tree: keys are `f:<field>`, `k:<keys of a list item>`, `v:<value of a set>` and `.` for the node itself. */
export interface Fields {
	[key: string]: Fields;
}

export interface ObjectMeta {
	name: string;
	generateName?: string;
	namespace?: string;
	uid?: string;
	resourceVersion?: string;
	generation?: number;
	creationTimestamp?: string;
	deletionTimestamp?: string;
	deletionGracePeriodSeconds?: number;
	labels?: Record<string, string>;
	annotations?: Record<string, string>;
	finalizers?: string[];
	ownerReferences?: OwnerReference[];
	managedFields?: ManagedFieldsEntry[];
}

export interface KubeObject {
	apiVersion: string;
	kind: string;
	metadata: ObjectMeta;
	spec?: unknown;
	status?: unknown;
	[field: string]: unknown;
}

export interface Condition {
	type: string;
	status: "True" | "False" | "Unknown";
	reason?: string;
	message?: string;
	lastTransitionTime?: string;
	lastUpdateTime?: string;
	lastProbeTime?: null;
	observedGeneration?: number;
}

export interface Probe {
	httpGet?: { path?: string; port?: number | string; httpHeaders?: { name: string; value: string }[] };
	exec?: { command: string[] };
	tcpSocket?: { port: number | string };
	grpc?: { port: number };
	initialDelaySeconds?: number;
	periodSeconds?: number;
	timeoutSeconds?: number;
	successThreshold?: number;
	failureThreshold?: number;
}

export interface Container {
	name: string;
	image: string;
	args?: string[];
	imagePullPolicy?: string;
	env?: { name: string; value?: string; valueFrom?: unknown }[];
	ports?: { name?: string; containerPort: number; protocol?: string }[];
	restartPolicy?: "Always";
	startupProbe?: Probe;
	readinessProbe?: Probe;
	livenessProbe?: Probe;
	lifecycle?: { postStart?: unknown; preStop?: unknown };
	securityContext?: Record<string, unknown>;
	[field: string]: unknown;
}

export interface PodSpec {
	initContainers?: Container[];
	containers: Container[];
	nodeName?: string;
	schedulingGates?: { name: string }[];
	nodeSelector?: Record<string, string>;
	terminationGracePeriodSeconds?: number;
	[field: string]: unknown;
}

export interface ContainerState {
	waiting?: { reason: string; message?: string };
	running?: { startedAt: string };
	terminated?: {
		exitCode: number;
		reason: string;
		message?: string;
		startedAt: string;
		finishedAt: string;
		containerID: string;
	};
}

export interface ContainerStatus {
	name: string;
	state: ContainerState;
	lastState: ContainerState;
	ready: boolean;
	started: boolean;
	restartCount: number;
	image: string;
	imageID: string;
	containerID?: string;
}

export interface PodStatus {
	observedGeneration?: number;
	phase: "Pending" | "Running" | "Succeeded" | "Failed";
	conditions?: Condition[];
	hostIP?: string;
	hostIPs?: { ip: string }[];
	podIP?: string;
	podIPs?: { ip: string }[];
	startTime?: string;
	qosClass?: string;
	initContainerStatuses?: ContainerStatus[];
	containerStatuses?: ContainerStatus[];
	reason?: string;
	message?: string;
}

export interface Pod extends KubeObject {
	spec: PodSpec;
	status?: PodStatus;
}

export interface PodTemplate {
	metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> };
	spec: PodSpec;
}

export interface Workload extends KubeObject {
	spec: {
		replicas?: number;
		selector: { matchLabels?: Record<string, string> };
		template: PodTemplate;
		progressDeadlineSeconds?: number;
	};
	status?: {
		observedGeneration?: number;
		replicas?: number;
		updatedReplicas?: number;
		readyReplicas?: number;
		availableReplicas?: number;
		unavailableReplicas?: number;
		conditions?: Condition[];
		[field: string]: unknown;
	};
}

export interface ServicePort {
	name?: string;
	port: number;
	targetPort?: number | string;
	nodePort?: number;
	protocol?: string;
}

export interface Service extends KubeObject {
	spec: {
		type?: string;
		clusterIP?: string;
		clusterIPs?: string[];
		selector?: Record<string, string>;
		ports?: ServicePort[];
		externalName?: string;
		[field: string]: unknown;
	};
}

export interface ConfigMap extends KubeObject {
	data?: Record<string, string>;
}

/** Metadata as a server fills it; callers need not check what is always there. */
export function uidOf(object: KubeObject): string {
	return object.metadata.uid ?? "";
}

/** `namespace/name`, or `name` for cluster-wide kinds: the key of an object in its table. */
export function keyOf(metadata: { namespace?: string | undefined; name: string }): string {
	return metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`;
}

/** A reference that makes `owner` the controller of what carries it. */
export function controllerReference(owner: KubeObject): OwnerReference {
	return {
		apiVersion: owner.apiVersion,
		kind: owner.kind,
		name: owner.metadata.name,
		uid: uidOf(owner),
		controller: true,
		blockOwnerDeletion: true,
	};
}

/** The condition of that type, if there is one. */
export function conditionOf(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
	return conditions?.find((condition) => condition.type === type);
}

/** Whether the pod's condition Ready is True. */
export function isPodReady(pod: Pod): boolean {
	return conditionOf(pod.status?.conditions, "Ready")?.status === "True";
}

/** Whether a pod counts for its owner: it is not being deleted. */
export function isLive(pod: Pod): boolean {
	return (
		pod.metadata.deletionTimestamp === undefined && pod.status?.phase !== "Failed" && pod.status?.phase !== "Succeeded"
	);
}
