import type { ColdStart, ProfileRun } from "../report/report.ts";
import { type Estimate, estimateOf } from "./estimate.ts";
import { sampleOf } from "./samples.ts";
import { type Slope, slopeOf } from "./statistics/slope.ts";

/** The cold starts of a profile among so many idle services. */
export interface CrowdFigures {
	/** 0 are the profile's own cold starts. */
	size: number;
	/** Of `total`; undefined where no cold start counts. */
	total: Estimate | undefined;
	attempted: number;
	counted: number;
}

/** How the cold starts of a profile change with the number of idle services. */
export interface Crowding {
	crowds: readonly CrowdFigures[];
	/** Milliseconds of `total` for each idle service; undefined where only one size was measured. */
	slope: Slope | undefined;
}

/** Undefined where there was no crowd. */
export function crowdingOf(run: ProfileRun): Crowding | undefined {
	if (run.crowds === undefined || run.crowds.length === 0) return undefined;
	const alone = { size: 0, coldStarts: run.coldStarts.filter(({ round }) => round > 0) };
	const all = [alone, ...run.crowds].filter(({ coldStarts }) => coldStarts.length > 0).sort((a, b) => a.size - b.size);
	const points = all.flatMap(({ size, coldStarts }) =>
		coldStarts.flatMap(({ counted, total }) => (counted && total !== undefined ? [{ x: size, y: total.ms }] : [])),
	);
	const figures = (size: number, coldStarts: ColdStart[]): CrowdFigures => ({
		size,
		total: estimateOf(sampleOf({ ...run, coldStarts }, "total")),
		attempted: coldStarts.length,
		counted: coldStarts.filter(({ counted }) => counted).length,
	});
	return { crowds: all.map(({ size, coldStarts }) => figures(size, coldStarts)), slope: slopeOf(points) };
}
