import type { ProfileRun } from "../report/report.ts";

/**
 * The number of the look that a run takes after a round, from 1; undefined after a round without a look. They are few,
 * each about 1.4 times as far as the one before: 8, 11, 16, 23, 32, 45, 64 …
 */
export function lookAfter(round: number): number | undefined {
	for (let look = 1; ; look++) {
		const at = Math.round(8 * 2 ** ((look - 1) / 2));
		if (at === round) return look;
		if (at > round) return undefined;
	}
}

/** The confidence of look k, 1 − 0.05/(k(k+1)): the chances of all looks to be wrong add up to 5 % at most. */
export function confidenceOfLook(look: number): number {
	return 1 - 0.05 / (look * (look + 1));
}

/** Of an interval, where nothing else is asked for. */
export const usualConfidence = 0.95;

/** The code of the finding that a run leaves which stopped early. */
export const stoppedEarly = "stopped-early";

/**
 * The confidence to give a profile's intervals: that of the look at which its rounds stopped, where they stopped because
 * an interval was narrow. The usual interval of such a run holds less often than it says.
 */
export function confidenceOf(run: ProfileRun, usual = usualConfidence): number {
	if (!run.findings.some(({ code }) => code === stoppedEarly)) return usual;
	const look = lookAfter(run.coldStarts.reduce((last, { round }) => Math.max(last, round), 0));
	return look === undefined ? usual : Math.max(usual, confidenceOfLook(look));
}
