import { type Pod, uidOf } from "../api/objects.ts";
import { containersOf, isRunning } from "../world/runtime.ts";
import type { World } from "../world/world.ts";

/** Memory that containers hold at rest, MiB; invented, as all of a model is. */
const restMib: Record<string, number> = { "istio-proxy": 42, "queue-proxy": 14 };
const otherMib = 6;

/** What kubelet says at `/stats/summary` of a node's pods, as far as it is about memory. */
export function summaryOf(world: World, node: string): unknown {
	const time = new Date(Number(world.nodeEpochNs(node) / 1_000_000n)).toISOString();
	const pods = world.api.list<Pod>("pods").filter((pod) => pod.spec.nodeName === node);
	return {
		node: { nodeName: node },
		pods: pods.map((pod) => ({
			podRef: { name: pod.metadata.name, namespace: pod.metadata.namespace, uid: uidOf(pod) },
			containers: containersOf(pod)
				.filter(({ name }) => isRunning(world.running.get(uidOf(pod))?.containers.get(name)))
				.map(({ name }) => ({ name, memory: { time, workingSetBytes: (restMib[name] ?? otherMib) * 2 ** 20 } })),
		})),
	};
}
