import type { Container, Pod } from "../api/objects.ts";
import type { Process } from "../clock/clock.ts";
import type { Variant } from "../model/model.ts";
import type { RuntimePod } from "../world/runtime.ts";
import type { World } from "../world/world.ts";
import type { NodeImages } from "./images.ts";

/** What starting a container needs of the pod that it belongs to. */
export interface StartContext {
	world: World;
	pod: Pod;
	key: string;
	variant: Variant;
	images: NodeImages;
	runtime: RuntimePod;
	/** Records an Event about the pod. */
	record(reason: string, message: string, container: string, type?: "Normal" | "Warning"): void;
	onStarted(container: string): void;
	onWaiting(container: string, reason: { reason: string; message: string }): void;
}

/** Pulls, creates and starts one container; the Event of each step is recorded a little after it. */
export function* startContainer(context: StartContext, container: Container): Process {
	const { world, pod, key, variant, runtime, record } = context;
	const { clock, delays, truth } = world;
	const { name } = container;
	if (!(yield* provideImage(context, container))) return;
	yield delays.ofContainer(name, "create", key, variant) ?? 0;
	truth.container(pod, name, "created");
	yield delays.of("eventAfter", `${key}/${name}`);
	record("Created", `Created container: ${name}`, name);
	yield delays.ofContainer(name, "start", key, variant) ?? 0;
	const usualMs = (delays.ofContainer(name, "ready", key, variant) ?? 0) + world.faults.containerReadyDelayMs(name);
	const readyMs = usualMs + ownReadyMs(container);
	const id = world.random.uuid(`container/${key}/${name}`).replaceAll("-", "").repeat(2);
	const ableAt = clock.now() + readyMs * 1e6;
	const passesAt = ableAt + (delays.ofContainer(name, "probed", key, variant) ?? 0) * 1e6;
	runtime.containers.set(name, { name, id, startedAt: clock.now(), ableAt, passesAt });
	truth.container(pod, name, "started");
	context.onStarted(name);
	yield delays.of("eventAfter", `${key}/${name}`);
	record("Started", `Started container ${name}`, name);
	if (container.lifecycle?.postStart !== undefined) yield* awaitHook(context, { name, ableAt });
}

/** An application that takes longer until it can serve says so in its environment. */
function ownReadyMs({ env = [] }: Container): number {
	return Number(env.find(({ name }) => name === "SIMULATED_READY_MS")?.value ?? 0);
}

/**
 * A postStart hook blocks the pod's next containers. The only one that Istio sets, for holdApplicationUntilProxyStarts,
 * asks again and again whether the proxy is ready, after a first wait (istio/istio pilot-agent, `wait`).
 */
function* awaitHook(
	{ world, pod, key, variant }: StartContext,
	{ name, ableAt }: { name: string; ableAt: number },
): Process {
	const { clock, delays, truth } = world;
	yield delays.of("hookExec", `${key}/${name}`, variant);
	do yield world.model.sidecar.hookPeriodMs;
	while (clock.now() < ableAt);
	truth.container(pod, name, "hookEnded");
}

function* provideImage(
	context: StartContext,
	{ name, image, imagePullPolicy }: Container,
): Generator<number, boolean, void> {
	const { world, pod, key, images, record } = context;
	if (images.has(image) && imagePullPolicy !== "Always") {
		world.truth.container(pod, name, "pulled");
		yield world.delays.of("eventAfter", `${key}/${name}`);
		record("Pulled", `Container image "${image}" already present on machine`, name);
		return true;
	}
	world.truth.container(pod, name, "pulling");
	record("Pulling", `Pulling image "${image}"`, name);
	const pullMs = world.delays.of("imagePull", key);
	yield pullMs;
	if (!images.canPull(image)) {
		failPull(context, name, image);
		return false;
	}
	images.add(image);
	world.truth.container(pod, name, "pulled");
	yield world.delays.of("eventAfter", `${key}/${name}`);
	const took = `${Math.round(pullMs)}ms`;
	record(
		"Pulled",
		`Successfully pulled image "${image}" in ${took} (${took} including waiting). Image size: 1 bytes.`,
		name,
	);
	return true;
}

function failPull({ world, record, onWaiting }: StartContext, name: string, image: string): void {
	const message = `failed to pull and unpack image "${image}": failed to resolve reference "${image}": not found`;
	record("Failed", `Failed to pull image "${image}": rpc error: code = NotFound desc = ${message}`, name, "Warning");
	record("Failed", "Error: ErrImagePull", name, "Warning");
	world.clock.after(0, () => onWaiting(name, { reason: "ErrImagePull", message }));
	const backOff = {
		reason: "ImagePullBackOff",
		message: `Back-off pulling image "${image}": ErrImagePull: ${message}`,
	};
	world.clock.after(10_000, () => onWaiting(name, backOff));
}
