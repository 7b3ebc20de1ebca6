import type { Pod } from "../api/objects.ts";
import type { Process } from "../clock/clock.ts";
import { joinsAmbient, markRedirected, usesIstioCni } from "../istio/injection.ts";
import type { Model, Variant } from "../model/model.ts";
import type { Machine } from "../world/machine.ts";
import type { RuntimePod } from "../world/runtime.ts";
import type { World } from "../world/world.ts";

/** What a pod's sandbox needs of the pod that it is made for. */
export interface SandboxContext {
	world: World;
	machine: Machine;
	pod: Pod;
	key: string;
	variant: Variant;
	runtime: RuntimePod;
	takeIp: () => string;
}

/** How the runtime's work on a sandbox is shared out; guessed by traces of containerd 2. */
const parts = { beforeNetwork: 0.7, network: 0.15, afterNetwork: 0.15 };

/**
 * Volumes, sandbox and network. The model has one delay for all three: what waits of it is the kubelet's look at the
 * volumes, which comes every 300 ms (250 to 360 ms in the medians of today's models), and what computes is the runtime's work.
 * What Istio's CNI plugin adds is a part of the network.
 */
export function* createSandbox(context: SandboxContext): Process {
	const { world, machine, pod, key, variant, runtime, takeIp } = context;
	const { delays, truth, model } = world;
	yield delays.of("syncStart", key, variant);
	const step = usesIstioCni(world.api, pod) ? "sandboxWithCni" : "sandbox";
	const wholeMs = delays.of(step, key, variant);
	const computing = model.limits.computing.sandbox;
	const waitMs = wholeMs * (1 - computing);
	const pluginMs = waitMs * (1 - medianOf(model, "sandbox", variant) / medianOf(model, step, variant));
	const compute = (share: number) => machine.cores.compute(wholeMs * computing * share);
	yield waitMs - pluginMs;
	truth.pod(pod, "sandboxAsked");
	yield compute(parts.beforeNetwork);
	truth.pod(pod, "networkAsked");
	if (pluginMs > 0) yield pluginMs;
	yield compute(parts.network);
	truth.pod(pod, "networkReady");
	yield compute(parts.afterNetwork);
	if (joinsAmbient(world.api, pod)) markRedirected(world.api, pod);
	runtime.podIp = takeIp();
	truth.pod(pod, "sandboxReady");
}

const medianOf = (model: Model, step: "sandbox" | "sandboxWithCni", variant: Variant) =>
	(model.variants[variant]?.delays?.[step] ?? model.delays[step])[0];
