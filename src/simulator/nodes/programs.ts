import { type Container, type Pod, uidOf } from "../api/objects.ts";
import type { World } from "../world/world.ts";

/** The programs that run in a pod's containers. */
export interface Programs {
	/** Starts the container's program, if it has one. */
	start(container: Container): void;
	areRunning(): boolean;
	/** SIGTERM. */
	terminate(): void;
	/** SIGKILL: what still runs ends without an exit code of its own. */
	kill(): void;
}

/** @param onExit is called when a program has ended by itself */
export function createPrograms(
	world: World,
	{ pod, node }: { pod: Pod; node: string },
	onExit: (container: string, code: number) => void,
): Programs {
	const { clock, logs } = world;
	const running = new Set<string>();
	const terminated = new AbortController();
	const killed = new AbortController();
	const uid = uidOf(pod);
	return {
		start(container) {
			const { name } = container;
			const write = (text: string) => {
				clock.catchUp();
				logs.write(uid, name, text, world.nodeEpochNs(node));
			};
			const signals = { terminated: terminated.signal, killed: killed.signal };
			logs.open(uid, name);
			const ended = world.program(pod, container, { write, ...signals });
			if (ended === undefined) return;
			running.add(name);
			ended.then((code) => {
				clock.catchUp();
				logs.close(uid, name, world.nodeEpochNs(node));
				if (running.delete(name) && !killed.signal.aborted) onExit(name, code);
			});
		},
		areRunning: () => running.size > 0,
		terminate: () => terminated.abort(),
		kill: () => killed.abort(),
	};
}
