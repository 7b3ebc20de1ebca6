import type { Cancel, Clock, SimulatedNs, Wait } from "../clock/clock.ts";
import { createHeap } from "../clock/heap.ts";

/** The cores of a machine, which everything that computes on it shares alike. */
export interface Cores {
	/** Waits for so many milliseconds of computing on one core; longer where there is more to do than cores. */
	compute(ms: number): Wait;
	/** How many things compute now. */
	busy(): number;
}

interface Work {
	/** What the work will have when it is done, in the shares of {@link createCores}. */
	doneAt: number;
	order: number;
	resume: () => void;
	isCancelled: boolean;
}

/**
 * Processor sharing: of n things that compute each has a core as long as there are enough, and otherwise `count`/n of one.
 * One thing uses one core at most.
 */
export function createCores(clock: Clock, count: number): Cores {
	const works = createHeap<Work>((a, b) => a.doneAt < b.doneAt || (a.doneAt === b.doneAt && a.order < b.order));
	/** How much each thing that computed all the time has got so far, ns. */
	let share = 0;
	let at: SimulatedNs = 0;
	let active = 0;
	let begun = 0;
	let cancelNext: Cancel = () => {};

	const rate = () => Math.min(1, count / active);

	function advance(): void {
		const now = clock.now();
		if (active > 0) share += (now - at) * rate();
		at = now;
	}

	function planNext(): void {
		cancelNext();
		for (let first = works.first(); first?.isCancelled === true; first = works.first()) works.shift();
		const next = works.first();
		if (next !== undefined) cancelNext = clock.at(at + (next.doneAt - share) / rate(), finish);
	}

	function finish(): void {
		advance();
		const done: Work[] = [];
		// Half a nanosecond is what the sums may be off by.
		for (let next = works.first(); next !== undefined && next.doneAt <= share + 0.5; next = works.first()) {
			works.shift();
			if (!next.isCancelled) done.push(next);
		}
		active -= done.length;
		planNext();
		for (const work of done) work.resume();
	}

	return {
		compute: (ms) => (resume) => {
			advance();
			const work: Work = { doneAt: share + ms * 1e6, order: begun++, resume, isCancelled: false };
			works.push(work);
			active++;
			planNext();
			return () => {
				if (work.isCancelled || work.doneAt <= share + 0.5) return;
				advance();
				work.isCancelled = true;
				active--;
				planNext();
			};
		},
		busy: () => active,
	};
}
