import type { KubeObject } from "./object.ts";

/** What a container does, or did; the API server sends null for a time that is not set. */
interface ContainerState {
	waiting?: { reason?: string; message?: string };
	running?: { startedAt?: string | null };
	terminated?: { finishedAt?: string | null; startedAt?: string | null; reason?: string; exitCode?: number };
}

/** One of a pod's `status.containerStatuses`, as the API server sends it. */
export interface ContainerStatus {
	name: string;
	image?: string;
	imageID?: string;
	ready?: boolean;
	started?: boolean;
	restartCount?: number;
	state?: ContainerState;
	lastState?: ContainerState;
}

/** One of a pod's `spec.containers`, as far as knistio reads it. */
export interface ContainerSpec {
	name: string;
	image?: string;
	restartPolicy?: string;
	imagePullPolicy?: string;
	lifecycle?: { postStart?: unknown };
}

/** A pod, as far as knistio reads it. */
export interface Pod extends KubeObject {
	spec: { nodeName?: string; initContainers?: ContainerSpec[]; containers: ContainerSpec[] };
	status?: {
		conditions?: { type: string; status: string; lastTransitionTime?: string | null }[];
		initContainerStatuses?: ContainerStatus[];
		containerStatuses?: ContainerStatus[];
	};
}
