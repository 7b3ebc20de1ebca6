import type { ColdStart, ProfileRun } from "../report/report.ts";

/**
 * The counted cold start with the median total (of an even number, the faster of the two in the middle). Its phases add
 * up to its total, which medians of phases do not. Undefined where no counted cold start has a total.
 */
export function typicalStart({ coldStarts }: ProfileRun): ColdStart | undefined {
	const timed = coldStarts.flatMap((start) =>
		start.counted && start.total !== undefined ? [{ start, ms: start.total.ms }] : [],
	);
	timed.sort((a, b) => a.ms - b.ms || a.start.round - b.start.round);
	return timed[Math.ceil(timed.length / 2) - 1]?.start;
}
