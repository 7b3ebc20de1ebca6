import type { ProfileRun, Report } from "../report/report.ts";

/** The runs of a profile in several reports, one a report. */
export function runsOf(reports: readonly Report[], profile: string): ProfileRun[] {
	return reports.flatMap((report) => report.profiles.filter((run) => run.profile.name === profile));
}

/** The runs of a profile in several reports as one; undefined where no report has it. */
export function poolOf(reports: readonly Report[], profile: string): ProfileRun | undefined {
	const [first, ...rest] = runsOf(reports, profile);
	if (first === undefined) return undefined;
	return { ...first, coldStarts: [first, ...rest].flatMap((run) => run.coldStarts) };
}
