import type { RecordedSpan } from "../recording/spans.ts";

/** A pod whose start may have been traced. */
export interface PodStart {
	uid: string;
	namespace: string;
	name: string;
	/** Its spans lie between these, in ns since the epoch; a clock of the cluster may be off, so there is room around. */
	fromNs: bigint;
	toNs: bigint;
}

/** Where spans come from. */
export interface TraceSource {
	/** Such as `Jaeger at http://jaeger:16686`. */
	name: string;
	/**
	 * All spans of the traces that tell of the pod: of kubelet's passes over it, and of its creation at the API server.
	 * @throws UsageError that says what is wrong with the source's answer
	 */
	spansOf(pod: PodStart, signal: AbortSignal): Promise<RecordedSpan[]>;
}

/** What a source needs of the outside world. */
export interface Outside {
	/** @throws the network's error, or a timeout's */
	get(url: string, request: { timeoutMs: number; signal?: AbortSignal }): Promise<{ status: number; body: string }>;
	/** A file's text. */
	readFile(path: string): Promise<string>;
}

/** The operations that a backend is asked for, and the attribute that names the pod. */
export function questionsOf({ uid, namespace, name }: PodStart) {
	return [
		{ service: "kubelet", operation: "syncPod", key: "k8s.pod.uid", value: uid },
		{ service: "apiserver", operation: "Create etcd3", key: "key", value: `/pods/${namespace}/${name}` },
	];
}
