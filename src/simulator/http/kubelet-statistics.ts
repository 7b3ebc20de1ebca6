import { type Pod, uidOf } from "../api/objects.ts";
import { containersOf, isRunning } from "../world/runtime.ts";
import type { World } from "../world/world.ts";

/** Memory that containers hold at rest, MiB; invented, as all of a model is. */
const restMib: Record<string, number> = { "istio-proxy": 42, "queue-proxy": 14 };
const otherMib = 6;
/** Processor time that containers take to start, and then in each second, ms; invented too. */
const startCpuMs: Record<string, number> = { "istio-proxy": 450, "queue-proxy": 40 };
const otherCpuMs = 10;
const restCpuMsPerSecond = 3;

/** What kubelet says at `/stats/summary` of a node's pods, as far as it is about memory and processor time. */
export function summaryOf(world: World, node: string): unknown {
	const time = new Date(Number(world.nodeEpochNs(node) / 1_000_000n)).toISOString();
	const pods = world.api.list<Pod>("pods").filter((pod) => pod.spec.nodeName === node);
	return {
		node: { nodeName: node },
		pods: pods.map((pod) => ({
			podRef: { name: pod.metadata.name, namespace: pod.metadata.namespace, uid: uidOf(pod) },
			containers: containersOf(pod)
				.filter(({ name }) => isRunning(world.running.get(uidOf(pod))?.containers.get(name)))
				.map(({ name }) => ({
					name,
					cpu: { time, usageCoreNanoSeconds: Math.round(1e6 * cpuMsOf(world, uidOf(pod), name)) },
					memory: { time, workingSetBytes: (restMib[name] ?? otherMib) * 2 ** 20 },
				})),
		})),
	};
}

/** Since the container's start; kubelet's readings are taken when they are asked for. */
function cpuMsOf(world: World, uid: string, name: string): number {
	const startedAt = world.running.get(uid)?.containers.get(name)?.startedAt ?? world.clock.now();
	const forS = (world.clock.now() - startedAt) / 1e9;
	return (startCpuMs[name] ?? otherCpuMs) + restCpuMsPerSecond * forS;
}
