import { type Pod, uidOf } from "../api/objects.ts";
import type { Cancel, Process, SimulatedNs } from "../clock/clock.ts";
import type { World } from "../world/world.ts";

/** Graceful termination of one pod; a second deletion with less grace shortens it. */
export interface PodEnd {
	/** The pod has a deletionTimestamp. */
	ask(pod: Pod): void;
	/** What the grace period was for has ended. */
	hurry(): void;
	hasBegun(): boolean;
	stop(): void;
}

/** `onBegin` is called when the grace period begins, `onStopped` when the containers have stopped. */
export function createPodEnd(
	world: World,
	options: { key: string; hasProgram(): boolean; onBegin(): void; onStopped(): void },
): PodEnd {
	const { api, clock, delays } = world;
	let endsAt: SimulatedNs | undefined;
	let cancel: Cancel = () => {};
	let ending: Pod | undefined;

	function* end(pod: Pod, stopMs: number): Process {
		yield stopMs;
		options.onStopped();
		yield delays.of("cleanup", options.key);
		const resource = api.resources.byId("pods");
		const current = api.get<Pod>("pods", pod.metadata);
		if (resource !== undefined && current !== undefined && uidOf(current) === uidOf(pod)) {
			api.remove(resource, pod.metadata, { gracePeriodSeconds: 0, uid: uidOf(pod) });
		}
	}

	return {
		ask(pod) {
			const graceMs = (pod.metadata.deletionGracePeriodSeconds ?? 30) * 1000;
			const takesMs = options.hasProgram() ? graceMs : drainMs(world, pod);
			const stopMs = Math.min(graceMs, takesMs) + delays.of("containerStop", options.key);
			const wanted = clock.now() + stopMs * 1e6;
			const hasBegun = endsAt !== undefined;
			if (endsAt !== undefined && wanted >= endsAt) return;
			endsAt = wanted;
			ending = pod;
			if (!hasBegun) options.onBegin();
			cancel();
			cancel = clock.run(end(pod, stopMs));
		},
		hurry() {
			if (ending === undefined) return;
			cancel();
			cancel = clock.run(end(ending, delays.of("containerStop", options.key)));
		},
		hasBegun: () => endsAt !== undefined,
		stop: () => cancel(),
	};
}

/** How long the pod keeps running after SIGTERM: queue-proxy drains, other containers end at once. */
function drainMs({ model }: World, pod: Pod): number {
	return pod.spec.containers.some((container) => container.name === "queue-proxy") ? model.knative.drainMs : 0;
}
