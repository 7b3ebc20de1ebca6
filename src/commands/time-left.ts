/** Estimates how long a run will still take, from how long its parts took so far. */
export interface TimeLeft {
	/** A profile is being installed. */
	begin(nowMs: number): void;
	/** A sample has been taken. */
	sampled(nowMs: number): void;
	/** Undefined until two samples of one profile are there to tell how long a round takes. */
	leftMs(): number | undefined;
}

/** @param profiles how many there are @param rounds of each, the warm-up included */
export function openTimeLeft(profiles: number, rounds: number): TimeLeft {
	const intervals: number[] = [];
	const installs: number[] = [];
	let begunMs: number | undefined;
	let lastMs: number | undefined;
	let done = 0;
	const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
	return {
		begin(nowMs) {
			begunMs = nowMs;
			lastMs = undefined;
		},
		sampled(nowMs) {
			done++;
			if (lastMs !== undefined) intervals.push(nowMs - lastMs);
			else if (begunMs !== undefined) installs.push(nowMs - begunMs);
			lastMs = nowMs;
		},
		leftMs() {
			if (intervals.length === 0) return undefined;
			const roundsLeft = profiles * rounds - done;
			const installsLeft = profiles - Math.ceil(done / rounds);
			// The first sample of a profile is part of its installation here.
			return (roundsLeft - installsLeft) * mean(intervals) + installsLeft * mean(installs);
		},
	};
}
