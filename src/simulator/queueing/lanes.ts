import type { Cancel, Clock, Wait } from "../clock/clock.ts";

/** Places where one thing is done after another, in the order in which they were asked for. */
export interface Lanes {
	/** Waits until one is free, and then occupies it for so many milliseconds. */
	occupy(ms: number): Wait;
	/** How many wait for a free one. */
	waiting(): number;
}

interface Turn {
	ms: number;
	resume: () => void;
	isCancelled: boolean;
}

/** So many lanes: with one, everything is done one after another. */
export function createLanes(clock: Clock, count: number): Lanes {
	const queue: Turn[] = [];
	let free = count;

	function startNext(): void {
		const turn = free > 0 ? queue.shift() : undefined;
		if (turn === undefined) return;
		free--;
		clock.after(turn.ms, () => {
			free++;
			if (!turn.isCancelled) turn.resume();
			startNext();
		});
		startNext();
	}

	return {
		occupy:
			(ms) =>
			(resume): Cancel => {
				const turn: Turn = { ms, resume, isCancelled: false };
				queue.push(turn);
				startNext();
				return () => {
					turn.isCancelled = true;
					const position = queue.indexOf(turn);
					if (position >= 0) queue.splice(position, 1);
				};
			},
		waiting: () => queue.length,
	};
}
