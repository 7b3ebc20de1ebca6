import { type Pod, uidOf } from "../api/objects.ts";
import type { SimulatedNs } from "../clock/clock.ts";
import { createMachine } from "../world/machine.ts";
import type { World } from "../world/world.ts";
import { createNodeImages } from "./images.ts";
import { startNode } from "./node.ts";
import { createPodWorker, type PodWorker } from "./pod-worker.ts";

/** One node with its kubelet: runs the pods that are bound to it, relists periodically, renews its lease. */
export function startKubelet(world: World, node: { name: string; index: number }): void {
	const { clock, api } = world;
	const workers = new Map<string, PodWorker>();
	/** Uids of pods whose creation has not reached the kubelet yet. */
	const pending = new Set<string>();
	const machine = world.machines.get(node.name) ?? createMachine(clock, world.model);
	const images = createNodeImages(world.faults.isImageMissing);
	const relists = createRelists(world, node.name, () => {
		for (const worker of workers.values()) worker.relist();
	});
	let addresses = 0;

	function takeIp(): string {
		addresses++;
		return `10.${128 + node.index}.${(addresses >> 8) & 255}.${addresses & 255}`;
	}

	function takeOn(pod: Pod): void {
		const uid = uidOf(pod);
		world.truth.pod(pod, "kubeletSaw");
		const options = { world, node: node.name, machine, hostIp: "127.0.0.1", images, takeIp };
		const worker = createPodWorker({ ...options, pod, requestRelist: relists.plan, nextRelist: relists.next });
		workers.set(uid, worker);
		if (pod.metadata.deletionTimestamp !== undefined) worker.update(pod);
	}

	api.watch("pods", ({ type, object }) => {
		const pod = object as Pod;
		if (pod.spec.nodeName !== node.name) return;
		const uid = uidOf(pod);
		if (type === "DELETED") {
			workers.get(uid)?.stop();
			workers.delete(uid);
			return;
		}
		const worker = workers.get(uid);
		if (worker !== undefined) worker.update(pod);
		else if (!pending.has(uid)) {
			pending.add(uid);
			clock.after(world.delays.of("kubeletSees", `${pod.metadata.namespace}/${pod.metadata.name}`), () => {
				pending.delete(uid);
				const current = api.get<Pod>("pods", pod.metadata);
				if (current !== undefined && uidOf(current) === uid) takeOn(current);
			});
		}
	});

	startNode(world, node.name);
}

/** Relists at a fixed period from an offset of the node's own; only a relist that may find something is planned. */
function createRelists(world: World, node: string, relist: () => void): { plan: () => void; next: () => SimulatedNs } {
	const { clock } = world;
	const periodNs = world.model.kubelet.relistMs * 1e6;
	const phaseNs = world.random.unit(`relist/${node}`) * periodNs;
	const next = () => phaseNs + (Math.floor((clock.now() - phaseNs) / periodNs) + 1) * periodNs;
	let isPlanned = false;
	const plan = () => {
		if (isPlanned) return;
		isPlanned = true;
		clock.at(next(), () => {
			isPlanned = false;
			relist();
		});
	};
	return { plan, next };
}
