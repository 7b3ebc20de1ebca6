import type { ColdStart, Measured, ProfileRun, Report } from "../report/report.ts";

/** The critical path of a cold start: by finer phases where they are shown and this one has them. */
export function pathOf(start: ColdStart, isFiner: boolean): Record<string, Measured> {
	return (isFiner ? start.finer : undefined) ?? start.phases;
}

/**
 * Whether tables and pictures show the finer phases of profiles side by side: where most cold starts of each have them.
 * Names such as `sandbox` mean less there, so the two kinds never stand in one row.
 */
export function isShownFiner(runs: readonly ProfileRun[]): boolean {
	const counted = runs.map(({ coldStarts }) => coldStarts.filter((start) => start.counted));
	const measured = counted.filter(({ length }) => length > 0);
	const hasMost = (starts: readonly ColdStart[]) =>
		starts.filter(({ finer }) => finer !== undefined).length * 2 > starts.length;
	return measured.length > 0 && measured.every(hasMost) && haveSameParts(measured.flat());
}

/** Where one cold start has the parts of a phase, and another the whole of it, a name would mean two things. */
function haveSameParts(starts: readonly ColdStart[]): boolean {
	const partsOf = ({ finer = {} }: ColdStart) => `${"etcd" in finer} ${"volumes" in finer}`;
	return new Set(starts.flatMap((start) => (start.finer === undefined ? [] : [partsOf(start)]))).size === 1;
}

/** A report in whose cold starts the finer phases stand for the others; one without them has no phases there. */
export function withFinerPhases<T extends Pick<Report, "profiles">>(report: T): T {
	return { ...report, profiles: report.profiles.map(withFiner) };
}

/** The same of one profile. */
export function withFiner(run: ProfileRun): ProfileRun {
	return { ...run, coldStarts: run.coldStarts.map((start) => ({ ...start, phases: start.finer ?? {} })) };
}
