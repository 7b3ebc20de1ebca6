import type { Cancel, Clock, Process, SimulatedNs } from "../clock/clock.ts";

/** The passes over one pod (`SyncPod`): one at a time, and never before a relist has seen what the last one did. */
export interface PodSync {
	/** Asks for a pass; one that is asked for during a pass follows it. */
	request(): void;
	isBusy(): boolean;
	/** Stops the pass for good. */
	cancel(): void;
}

/** What a pass does, and when. */
export interface PodPasses {
	mayRun(): boolean;
	/** One pass; returns whether the next one may follow at once. */
	pass(): Process<boolean>;
	/** The first relist after now, for a next pass that may not follow at once. */
	nextRelist(): SimulatedNs;
	/** Called after each pass, before the one that was asked for meanwhile. */
	onPassed(mayFollow: boolean): void;
}

export function createPodSync(clock: Clock, passes: PodPasses): PodSync {
	let isBusy = false;
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
		cancel = clock.at(Math.max(clock.now(), notBefore), () => {
			if (passes.mayRun()) cancel = clock.run(run());
		});
	}

	function* run(): Process {
		const mayFollow = yield* passes.pass();
		notBefore = mayFollow ? clock.now() : passes.nextRelist();
		isBusy = false;
		passes.onPassed(mayFollow);
		if (isAskedAgain) request();
	}

	return { request, isBusy: () => isBusy, cancel: () => cancel() };
}
