import type { Container, Pod } from "../api/objects.ts";

/** What a program has of its container. */
export interface ContainerIo {
	/** Writes to the container's log. */
	write(text: string): void;
	/** Aborted by SIGTERM, when the pod is deleted. */
	terminated: AbortSignal;
	/** Aborted by SIGKILL, when the grace is over. */
	killed: AbortSignal;
}

/**
 * What runs in a container in earnest, beside the simulation and in real time; its exit code is the container's. Undefined
 * for a container that is only simulated: it runs until its pod ends, and its log is empty.
 */
export type Program = (pod: Pod, container: Container, io: ContainerIo) => Promise<number> | undefined;
