import type { Clock, SimulatedNs } from "../clock/clock.ts";

/** Something that is not done for each change, but for all changes of a while together. */
export interface Batches {
	/** A change that the next batch takes along. */
	note(): Noted;
}

/** A change that was noted. */
export interface Noted {
	isDone(): boolean;
	/** Calls back when its batch is done, at once if it is: how much later than without any other change, ms. */
	onDone(callback: (lateMs: number) => void): void;
}

interface Batch {
	beganAt: SimulatedNs;
	doneAt: SimulatedNs | undefined;
	callbacks: (() => void)[];
}

/** Done once nothing has changed for a while, or a longest time after the first change: istiod's debouncing. */
export function createDebounce(clock: Clock, { quietMs, longestMs }: { quietMs: number; longestMs: number }): Batches {
	return createBatches(clock, {
		planned: (batch) => Math.min(clock.now() + quietMs * 1e6, batch.beganAt + longestMs * 1e6),
		aloneMs: quietMs,
	});
}

/** Done at once, but not sooner than a period after the last time: kube-proxy's `minSyncPeriod`. */
export function createMinimalPeriod(clock: Clock, periodMs: number): Batches {
	let lastAt = Number.NEGATIVE_INFINITY;
	return createBatches(clock, {
		planned: () => {
			lastAt = Math.max(clock.now(), lastAt + periodMs * 1e6);
			return lastAt;
		},
		aloneMs: 0,
		isPlannedOnce: true,
	});
}

/** `planned` says when a batch will be done as things are; each further change may move that. */
function createBatches(
	clock: Clock,
	options: { planned: (batch: Batch) => SimulatedNs; aloneMs: number; isPlannedOnce?: boolean },
): Batches {
	let open: Batch | undefined;
	let cancel = () => {};

	function finish(batch: Batch): void {
		open = undefined;
		batch.doneAt = clock.now();
		for (const callback of batch.callbacks) callback();
	}

	return {
		note() {
			const notedAt = clock.now();
			const isNew = open === undefined;
			const batch = open ?? { beganAt: notedAt, doneAt: undefined, callbacks: [] };
			open = batch;
			if (isNew || options.isPlannedOnce !== true) {
				cancel();
				cancel = clock.at(options.planned(batch), () => finish(batch));
			}
			return {
				isDone: () => batch.doneAt !== undefined,
				onDone(callback) {
					const tell = () => callback(((batch.doneAt ?? notedAt) - notedAt) / 1e6 - options.aloneMs);
					if (batch.doneAt === undefined) batch.callbacks.push(tell);
					else tell();
				},
			};
		},
	};
}
