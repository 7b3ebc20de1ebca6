/**
 * A span as a part of the cluster sent it, by whichever backend it was read. Times are decimal ns since the epoch on the
 * clock of the machine that the part runs on; each may be later by up to `resolutionNs`, where the backend cuts digits.
 */
export interface RecordedSpan {
	/** The program, as it names itself: `kubelet`, `containerd`, `apiserver`. */
	service: string;
	name: string;
	trace: string;
	id: string;
	/** Undefined for the first of its trace. */
	parent?: string;
	fromNs: string;
	toNs: string;
	/** 0 where the times are whole. */
	resolutionNs: number;
	/** Those of {@link keptAttributes} that it has. */
	attributes?: Record<string, string>;
	/** It ended with an error. */
	isFailed?: true;
}

/** Attributes that say what a span is about; others may hold anything, and are not kept. */
export const keptAttributes = [
	"k8s.pod.uid",
	"k8s.pod.update_type",
	"container.id",
	"container.name",
	"sandbox.id",
	"configuration",
	"webhook",
	"key",
	"resource",
	"type",
] as const;

/** Names of spans, where Kubernetes 1.34 to 1.37 and containerd 2 write them. */
export const spanNames = {
	/** One pass of kubelet over a pod (kubernetes pkg/kubelet/kubelet.go). */
	sync: "syncPod",
	/** A request's own part in the API server (apiserver pkg/endpoints/handlers/create.go). */
	create: "Create",
	/** The write to etcd (apiserver pkg/storage/etcd3/store.go). */
	store: "Create etcd3",
	webhook: "Call mutating webhook",
	/** Containerd has a container's process started (containerd client/task.go). */
	taskStart: "client.task.Start",
} as const;

/** What kubelet asks the runtime for, by the last part of the call's name; kubelet and runtime both have a span of it. */
export const runtimeCalls = ["RunPodSandbox", "ImageStatus", "PullImage", "CreateContainer", "StartContainer"] as const;
export type RuntimeCall = (typeof runtimeCalls)[number];

/** The call of the container runtime that a span is of, such as `runtime.v1.RuntimeService/RunPodSandbox`. */
export function runtimeCallOf({ name }: Pick<RecordedSpan, "name">): RuntimeCall | undefined {
	const call = /^runtime\.v1(?:alpha2)?\.(?:Runtime|Image)Service\/(\w+)$/.exec(name)?.[1];
	return runtimeCalls.find((each) => each === call);
}
