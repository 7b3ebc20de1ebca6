/** Runs that are pooled: one alone is as slow or as fast as its hour, and later runs would be held against that. */
export const pooledRuns = 5;

/**
 * What is kept when a run has ended without a breach, each the oldest first.
 *
 * `recent` follows the branch. `anchor` is the first runs for good: it does not follow, so that many small steps are
 * seen as one.
 *
 * @template T
 * @param {{ recent: readonly T[], anchor: readonly T[] }} kept
 * @param {T} run
 * @returns {{ recent: T[], anchor: T[] }}
 */
export function keep({ recent, anchor }, run) {
	return {
		recent: [...recent, run].slice(-pooledRuns),
		anchor: anchor.length < pooledRuns ? [...anchor, run] : [...anchor],
	};
}

/**
 * Whether a report can be part of a baseline: it came to its end, and every profile has a cold start that counts.
 *
 * @param {any} report as parsed from somebody's JSON
 */
export function isUsable(report) {
	const profiles = report?.profiles;
	return (
		Array.isArray(profiles) &&
		profiles.length > 0 &&
		report.endedBy === undefined &&
		profiles.every((run) => Array.isArray(run?.coldStarts) && run.coldStarts.some((start) => start?.counted === true))
	);
}
