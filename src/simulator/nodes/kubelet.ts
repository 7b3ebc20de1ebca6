import { type KubeObject, type Pod, uidOf } from "../api/objects.ts";
import { toMicros, toSeconds } from "../clock/clock.ts";
import type { World } from "../world/world.ts";
import { createNodeImages } from "./images.ts";
import { createPodWorker, type PodWorker } from "./pod-worker.ts";

const leaseEveryMs = 10_000;

/** One node with its kubelet: takes the pods that are bound to it, relists on its own beat, renews its lease. */
export function startKubelet(world: World, node: { name: string; index: number }): void {
	const { clock, api, model } = world;
	const workers = new Map<string, PodWorker>();
	/** Pods that it is about to see. */
	const pending = new Set<string>();
	const images = createNodeImages(world.faults.isImageMissing);
	const relistNs = model.kubelet.relistMs * 1e6;
	const phaseNs = world.random.unit(`relist/${node.name}`) * relistNs;
	let isRelistPlanned = false;
	let addresses = 0;

	function nextRelist(): number {
		return phaseNs + (Math.floor((clock.now() - phaseNs) / relistNs) + 1) * relistNs;
	}

	function planRelist(): void {
		if (isRelistPlanned) return;
		isRelistPlanned = true;
		clock.at(nextRelist(), () => {
			isRelistPlanned = false;
			for (const worker of workers.values()) worker.relist();
		});
	}

	function takeIp(): string {
		addresses++;
		return `10.${128 + node.index}.${(addresses >> 8) & 255}.${addresses & 255}`;
	}

	function takeOn(pod: Pod): void {
		const uid = uidOf(pod);
		world.truth.pod(pod, "kubeletSaw");
		const options = { world, node: node.name, hostIp: "127.0.0.1", images, takeIp, onNews: planRelist, nextRelist };
		const worker = createPodWorker({ ...options, pod });
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

	registerNode(world, node.name);
	renewLease(world, node.name);
}

function registerNode(world: World, name: string): void {
	const { versions } = world.model;
	const heartbeat = toSeconds(world.nodeEpochNs(name));
	const condition = { lastHeartbeatTime: heartbeat, lastTransitionTime: heartbeat };
	const resources = { cpu: "8", memory: "16Gi", pods: "1000", "ephemeral-storage": "100Gi" };
	const node: KubeObject = {
		apiVersion: "v1",
		kind: "Node",
		metadata: {
			name,
			labels: { "kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "simulated" },
		},
		spec: {},
		status: {
			capacity: resources,
			allocatable: resources,
			conditions: [
				{
					type: "Ready",
					status: "True",
					reason: "KubeletReady",
					message: "kubelet is posting ready status",
					...condition,
				},
			],
			addresses: [
				{ type: "InternalIP", address: "127.0.0.1" },
				{ type: "Hostname", address: name },
			],
			nodeInfo: {
				kubeletVersion: `v${versions.kubernetes}`,
				kernelVersion: "simulated",
				osImage: "simulated",
				containerRuntimeVersion: "containerd://simulated",
				architecture: "simulated",
				operatingSystem: "linux",
			},
		},
	};
	world.api.create(node, { manager: "kubelet", keepsStatus: true });
}

/** Every 10 s with 4 % of jitter, as the kubelet does: it takes the time, in µs of the node's clock, and then writes. */
function renewLease(world: World, name: string): void {
	const renewTime = toMicros(world.nodeEpochNs(name));
	const key = `lease/${name}`;
	world.clock.after(world.delays.of("statusWrite", key), () => writeLease(world, name, renewTime));
	world.clock.after(leaseEveryMs * (1 + 0.04 * world.random.unit(key)), () => renewLease(world, name));
}

function writeLease(world: World, name: string, renewTime: string): void {
	const ref = { name, namespace: "kube-node-lease" };
	const spec = { holderIdentity: name, leaseDurationSeconds: 40, renewTime };
	const renewed = world.api.edit("leases.coordination.k8s.io", ref, {
		manager: "kubelet",
		change: (lease) => {
			lease.spec = spec;
		},
	});
	if (renewed === undefined) {
		const lease = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: ref, spec };
		world.api.create(lease, { manager: "kubelet" });
	}
}
