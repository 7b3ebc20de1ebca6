import type { Container, Pod } from "../api/objects.ts";
import type { Process } from "../clock/clock.ts";
import type { Variant } from "../model/model.ts";
import { type Machine, takeStep } from "../world/machine.ts";
import type { RuntimeContainer, RuntimePod } from "../world/runtime.ts";
import type { World } from "../world/world.ts";
import type { NodeImages } from "./images.ts";

/** Knative's Revisions; their Services are what istiod tells every sidecar about. */
const revisions = "revisions.serving.knative.dev";

/** What starting a container needs of the pod that it belongs to. */
export interface StartContext {
	world: World;
	machine: Machine;
	pod: Pod;
	key: string;
	variant: Variant;
	images: NodeImages;
	runtime: RuntimePod;
	/** Records an Event about the pod. */
	record(reason: string, message: string, container: string, type?: "Normal" | "Warning"): void;
	onStarted(container: string): void;
	/** Runs something beside the start of further containers, until the pod ends. */
	alongside(process: Process): void;
	onWaiting(container: string, reason: { reason: string; message: string }): void;
}

/** Pulls, creates and starts one container; the Event of each step is recorded a little after it. */
export function* startContainer(context: StartContext, container: Container): Process {
	const { world, machine, pod, key, variant, runtime, record } = context;
	const { clock, delays, truth, model } = world;
	const { computing } = model.limits;
	const { name } = container;
	if (!(yield* provideImage(context, container))) return;
	yield* takeStep(machine, delays.ofContainer(name, "create", key, variant) ?? 0, computing.create);
	truth.container(pod, name, "created");
	yield delays.of("eventAfter", `${key}/${name}`);
	record("Created", `Created container: ${name}`, name);
	yield* takeStep(machine, delays.ofContainer(name, "start", key, variant) ?? 0, computing.start);
	const id = world.random.uuid(`container/${key}/${name}`).replaceAll("-", "").repeat(2);
	const running: RuntimeContainer = { name, id, startedAt: clock.now(), ableAt: never, passesAt: never };
	runtime.containers.set(name, running);
	context.alongside(becomeAble(context, running));
	truth.container(pod, name, "started");
	context.onStarted(name);
	const eventAfterMs = delays.of("eventAfter", `${key}/${name}`);
	yield eventAfterMs * shareOfAnswer;
	truth.container(pod, name, "startAnswered");
	yield eventAfterMs * (1 - shareOfAnswer);
	record("Started", `Started container ${name}`, name);
	if (container.lifecycle?.postStart !== undefined) yield* awaitHook(context, running);
}

/** Of the time from a container's start to its event most goes by until the runtime has answered. */
const shareOfAnswer = 0.75;

const never = Number.POSITIVE_INFINITY;

/** What a container's process does until it can serve. */
function* becomeAble(context: StartContext, container: RuntimeContainer): Process {
	const { world, machine, key, variant, runtime } = context;
	const { clock, delays, faults, model } = world;
	const { name } = container;
	yield* takeStep(machine, delays.ofContainer(name, "ready", key, variant) ?? 0, model.limits.computing.ready);
	const laterMs =
		faults.containerReadyDelayMs(name) +
		ownReadyMs(context.pod, name) +
		(name === "istio-proxy" ? configurationMs(context) : 0);
	if (laterMs > 0) yield laterMs;
	container.ableAt = clock.now();
	container.passesAt = container.ableAt + (delays.ofContainer(name, "probed", key, variant) ?? 0) * 1e6;
	for (const tell of [...runtime.onAble]) tell();
}

/** How long istio-proxy needs for the configuration of other revisions, which it gets whether it calls them or not. */
function configurationMs({ world, pod }: StartContext): number {
	const own = pod.metadata.labels?.["serving.knative.dev/revision"] === undefined ? 0 : 1;
	return Math.max(0, world.api.count(revisions) - own) * world.model.limits.proxyPerRevisionMs;
}

/** An application that takes longer until it can serve says so in its environment. */
function ownReadyMs({ spec }: Pod, container: string): number {
	const env = spec.containers.find(({ name }) => name === container)?.env ?? [];
	return Number(env.find(({ name }) => name === "SIMULATED_READY_MS")?.value ?? 0);
}

/**
 * A postStart hook blocks the pod's next containers. The only one that Istio sets, for holdApplicationUntilProxyStarts,
 * asks again and again whether the proxy is ready, after a first wait (istio/istio pilot-agent, `wait`).
 */
function* awaitHook({ world, pod, key, variant }: StartContext, container: RuntimeContainer): Process {
	const { clock, delays, truth } = world;
	const { name } = container;
	yield delays.of("hookExec", `${key}/${name}`, variant);
	do yield world.model.sidecar.hookPeriodMs;
	while (clock.now() < container.ableAt);
	truth.container(pod, name, "hookEnded");
}

function* provideImage(context: StartContext, { name, image, imagePullPolicy }: Container): Process<boolean> {
	const { world, pod, key, images, record } = context;
	world.truth.container(pod, name, "turnedTo");
	if (images.has(image) && imagePullPolicy !== "Always") {
		world.truth.container(pod, name, "pulled");
		yield world.delays.of("eventAfter", `${key}/${name}`);
		record("Pulled", `Container image "${image}" already present on machine`, name);
		return true;
	}
	world.truth.container(pod, name, "pulling");
	record("Pulling", `Pulling image "${image}"`, name);
	const pullMs = world.delays.of("imagePull", key);
	const beganAt = world.clock.now();
	yield context.machine.imagePulls.occupy(pullMs);
	if (!images.canPull(image)) {
		failPull(context, name, image);
		return false;
	}
	images.add(image);
	world.truth.container(pod, name, "pulled");
	yield world.delays.of("eventAfter", `${key}/${name}`);
	const waitedMs = (world.clock.now() - beganAt) / 1e6;
	const took = `${Math.round(pullMs)}ms (${Math.round(waitedMs)}ms including waiting)`;
	record("Pulled", `Successfully pulled image "${image}" in ${took}. Image size: 1 bytes.`, name);
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
