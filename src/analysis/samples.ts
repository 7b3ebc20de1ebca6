import type { ColdStart, Measured, ProfileRun } from "../report/report.ts";
import type { BoundedMs, Range } from "./statistics/median.ts";

/** What a profile's cold starts say about one measure: `total`, a phase or a span. */
export interface Sample {
	/** Of the counted cold starts, in the order they were measured. */
	values: readonly Measured[];
	/** Of the values, by position. */
	rounds: readonly number[];
	/**
	 * Cold starts of which the value is not known: counted but without this measure, failed, or not proven cold. A
	 * verdict has to hold whatever they would have been, or slow starts could leave the statistics by failing.
	 */
	missing: number;
}

/** A measure of one cold start, by the names of a budget: of phases that have finer parts, the whole. */
export function measureOf(start: ColdStart, name: string): Measured | undefined {
	return name === "total" ? start.total : (start.phases[name] ?? start.spans[name] ?? start.finer?.[name]);
}

/** All values of a measure and how many are missing; round 0, the warm-up, is neither. */
export function sampleOf(run: ProfileRun, name: string): Sample {
	const values: Measured[] = [];
	const rounds: number[] = [];
	let missing = 0;
	for (const start of run.coldStarts) {
		const value = start.counted ? measureOf(start, name) : undefined;
		if (value !== undefined) {
			values.push(value);
			rounds.push(start.round);
		} else if (start.counted) missing++;
		else if (start.round > 0 && (start.outcome === "failed" || start.outcome === "unresolved")) missing++;
	}
	return { values, rounds, missing };
}

/** The measures that some counted cold start has: `total`, then phases and spans in their order. */
export function measuresOf(run: ProfileRun): string[] {
	const phases = new Set<string>();
	const spans = new Set<string>();
	let hasTotal = false;
	for (const start of run.coldStarts) {
		if (!start.counted) continue;
		if (start.total !== undefined) hasTotal = true;
		for (const name in start.phases) phases.add(name);
		for (const name in start.spans) spans.add(name);
	}
	return [...new Set([...(hasTotal ? ["total"] : []), ...phases, ...spans])];
}

/** Stands for a time without bounds: eleven days, far from any cold start yet near enough to subtract exactly. */
const unboundedMs = 1e9;

/** The values with the missing ones added, each of which may be anything. */
export function withMissing({ values, missing }: Sample): BoundedMs[] {
	const unknown: BoundedMs = { ms: 0, loMs: -unboundedMs, hiMs: unboundedMs };
	return [...values, ...new Array<BoundedMs>(missing).fill(unknown)];
}

/** Whether a range says nothing: missing values leave both of its ends open. */
export const isOpen = ({ lo, hi }: Range): boolean =>
	lo === Number.NEGATIVE_INFINITY && hi === Number.POSITIVE_INFINITY;

/** Turns ends that a missing value stands at into infinite ones. */
export function openEnds({ lo, hi }: Range): Range {
	return {
		lo: lo < -unboundedMs / 4 ? Number.NEGATIVE_INFINITY : lo,
		hi: hi > unboundedMs / 4 ? Number.POSITIVE_INFINITY : hi,
	};
}
