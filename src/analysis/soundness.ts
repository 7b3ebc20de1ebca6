import { InconclusiveError, UsageError } from "../errors.ts";
import type { Report } from "../report/report.ts";

/** For what no run of knistio writes. */
export const changedHint =
	"it was changed after the run; measure again, or rebuild the report from its recording by `knistio replay`";

/** @throws InconclusiveError for the report of a run that was cut short: nothing should rest on it */
export function requireWhole({ endedBy }: Report, what: string, hint: string): void {
	if (endedBy !== undefined) throw new InconclusiveError(`${what}: the run ended early: ${endedBy}`, { hint });
}

/**
 * Refuses a report that no run of knistio writes, and that would be judged wrongly without a word.
 *
 * Throws a `UsageError` for two profiles of one name, of which one would be left out, and for a time below 0.
 */
export function refuseUnsound({ profiles }: Report, what: string): void {
	const names = new Set<string>();
	for (const { profile, coldStarts } of profiles) {
		if (names.has(profile.name)) {
			throw new UsageError(`${what} has two profiles named ${profile.name}`, {
				hint: "give each a name of its own, and measure again",
			});
		}
		names.add(profile.name);
		const negative = coldStarts.find(({ total }) => total !== undefined && total.ms < 0);
		if (negative === undefined) continue;
		throw new UsageError(
			`${what}: ${profile.name}, round ${negative.round}: a total of ${negative.total?.ms} ms is impossible`,
			{ hint: changedHint },
		);
	}
}
