import type { KubeObject } from "../api/objects.ts";
import { toMicros, toSeconds } from "../clock/clock.ts";
import type { World } from "../world/world.ts";

const leaseEveryMs = 10_000;

/** Registers a node that is ready, and keeps its lease renewed. */
export function startNode(world: World, name: string): void {
	registerNode(world, name);
	renewLease(world, name);
}

function registerNode(world: World, name: string): void {
	const { versions } = world.model;
	const heartbeat = toSeconds(world.nodeEpochNs(name));
	const condition = { lastHeartbeatTime: heartbeat, lastTransitionTime: heartbeat };
	const resources = {
		cpu: String(world.model.limits.cores),
		memory: "16Gi",
		pods: String(world.faults.podsPerNode()),
		"ephemeral-storage": "100Gi",
	};
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
