/** Estimates how long a run will still take, from how long its parts took so far. */
export interface TimeLeft {
	/** A visit begins: a profile is being installed. */
	begin(nowMs: number): void;
	/** A sample has been taken. */
	sampled(nowMs: number): void;
	/**
	 * Undefined until two samples of one visit are there to tell how long a cold start takes, and where that time is over.
	 * @param nowMs without it, as it was after the last sample
	 */
	leftMs(nowMs?: number): number | undefined;
}

/** @param visits how many samples each has, the warm-ups included */
export function openTimeLeft(visits: readonly number[]): TimeLeft {
	const planned = visits.reduce((sum, samples) => sum + samples, 0);
	const intervals: number[] = [];
	const installs: number[] = [];
	let begunMs: number | undefined;
	let lastMs: number | undefined;
	let [begun, done] = [0, 0];
	const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
	return {
		begin(nowMs) {
			begun++;
			begunMs = nowMs;
			lastMs = undefined;
		},
		sampled(nowMs) {
			done++;
			if (lastMs !== undefined) intervals.push(nowMs - lastMs);
			else if (begunMs !== undefined) installs.push(nowMs - begunMs);
			lastMs = nowMs;
		},
		leftMs(nowMs) {
			if (intervals.length === 0) return undefined;
			const installsLeft = visits.length - begun;
			// The first sample of a visit is part of its installation here.
			const leftMs = (planned - done - installsLeft) * mean(intervals) + installsLeft * mean(installs);
			// More samples than were planned: how many more there are is not known.
			if (leftMs < 0) return undefined;
			const since = lastMs ?? begunMs;
			if (nowMs === undefined || since === undefined) return leftMs;
			return leftMs > nowMs - since ? leftMs - (nowMs - since) : undefined;
		},
	};
}
