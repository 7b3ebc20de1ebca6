import type { Cancel, Clock, Process, SimulatedNs } from "../clock/clock.ts";

/** The passes over one pod (`SyncPod`): one at a time, and never before a relist has seen what the last one did. */
export interface PodSync {
	/** Asks for a pass; one that is asked for while another waits or goes on follows it. */
	request(): void;
	/** Whether a pass goes on; one that waits for a relist does not. */
	isRunning(): boolean;
	/** Stops the pass for good. */
	cancel(): void;
}

/** What a pass does, and when. */
export interface PodPasses {
	mayRun(): boolean;
	/** One pass; returns in how many ms the kubelet looks at the pod, or undefined if only when it looks at all. */
	pass(): Process<number | undefined>;
	/** The first relist after now, for a next pass that waits for it. */
	nextRelist(): SimulatedNs;
	/** The look that a pass waits for. */
	look(): void;
	/** Called after a pass that is not followed by a look of its own. */
	onPassed(): void;
}

export function createPodSync(clock: Clock, passes: PodPasses): PodSync {
	let isBusy = false;
	let isRunning = false;
	let isAskedAgain = false;
	/** A pass sees only what a relist after the last pass has seen. */
	let notBefore: SimulatedNs = 0;
	let cancel: Cancel = () => {};

	function request(): void {
		if (!passes.mayRun()) return;
		if (isBusy) {
			isAskedAgain = true;
			return;
		}
		isBusy = true;
		isAskedAgain = false;
		const waits = clock.now() < notBefore;
		cancel = clock.at(Math.max(clock.now(), notBefore), () => {
			if (waits) passes.look();
			if (passes.mayRun()) cancel = clock.run(run());
		});
	}

	function* run(): Process {
		isRunning = true;
		const lookMs = yield* passes.pass();
		notBefore = lookMs === undefined ? passes.nextRelist() : clock.now() + lookMs * 1e6;
		isRunning = false;
		isBusy = false;
		if (lookMs === undefined) passes.onPassed();
		else clock.at(notBefore, passes.look);
		if (isAskedAgain) request();
	}

	return { request, isRunning: () => isRunning, cancel: () => cancel() };
}
