import type { ColdStart, ProfileRun } from "../report/report.ts";
import { medianOf } from "./statistics/median.ts";
import { mannWhitney } from "./statistics/rank-sum.ts";

/** Cold starts beside a like number of pods of other copies. */
export interface DrainingGroup {
	/** How many pods were there, as a range: `0–2`. */
	upTo: string;
	/** Of `total`. */
	medianMs: number;
	n: number;
}

/** What the pods of other copies, which were still going away, did to the cold starts of a profile. */
export interface Draining {
	fewer: DrainingGroup;
	more: DrainingGroup;
	/** Two-sided, Mann–Whitney. */
	p: number;
}

/** How the copies of a profile's service were used. */
export interface Rotation {
	/** How many copies were started. */
	copies: number;
	/** The most pods of other copies that were there at a counted cold start. */
	mostDraining: number;
	/** At how many counted cold starts a pod of another copy began to be removed; undefined where the report does not say. */
	disturbed: { starts: number; of: number } | undefined;
	/** Undefined where too few cold starts differ to tell whether they matter. */
	difference: Draining | undefined;
}

/** Undefined where there was one copy. */
export function rotationOf(run: ProfileRun): Rotation | undefined {
	const starts = run.coldStarts.filter(({ counted, copy }) => counted && copy !== undefined);
	if (starts.length === 0) return undefined;
	return {
		copies: new Set(starts.map(({ copy }) => copy)).size,
		mostDraining: Math.max(...starts.map(({ draining = 0 }) => draining)),
		disturbed: disturbedOf(starts),
		difference: drainingOf(run),
	};
}

/** Reports of earlier versions do not say it. */
function disturbedOf(starts: readonly ColdStart[]): Rotation["disturbed"] {
	const known = starts.flatMap(({ removalsBegun }) => removalsBegun ?? []);
	if (known.length < starts.length) return undefined;
	return { starts: known.filter((removals) => removals > 0).length, of: starts.length };
}

/** Two smaller groups cannot differ significantly. */
const leastOfGroup = 4;

/**
 * Compares the counted cold starts of copies in rotation: those beside fewer pods of other copies with those beside more.
 * Undefined where there was one copy, or where too few cold starts differ in it to tell.
 */
export function drainingOf({ coldStarts }: ProfileRun): Draining | undefined {
	const starts = coldStarts.flatMap(({ counted, total, draining }) =>
		counted && total !== undefined && draining !== undefined ? [{ ms: total.ms, draining }] : [],
	);
	const middle = medianOf(starts.map(({ draining }) => draining));
	if (middle === undefined) return undefined;
	// Most cold starts have the same number beside them, which is the median: those with fewer are compared with them.
	const [fewer, more] = [
		starts.filter(({ draining }) => draining < middle),
		starts.filter((each) => each.draining >= middle),
	];
	if (Math.min(fewer.length, more.length) < leastOfGroup) return undefined;
	const p = mannWhitney(
		fewer.map(({ ms }) => ms),
		more.map(({ ms }) => ms),
	)?.p;
	return p === undefined ? undefined : { fewer: groupOf(fewer), more: groupOf(more), p };
}

function groupOf(starts: readonly { ms: number; draining: number }[]): DrainingGroup {
	const counts = starts.map(({ draining }) => draining);
	const [least, most] = [Math.min(...counts), Math.max(...counts)];
	return {
		upTo: least === most ? `${least}` : `${least}–${most}`,
		medianMs: medianOf(starts.map(({ ms }) => ms)) ?? Number.NaN,
		n: starts.length,
	};
}
