import { runsOf } from "../analysis/pool.ts";
import { sampleOf } from "../analysis/samples.ts";
import { holm } from "../analysis/statistics/holm.ts";
import { medianOf } from "../analysis/statistics/median.ts";
import { mannWhitney } from "../analysis/statistics/rank-sum.ts";
import { leastRuns, runSpread } from "../analysis/statistics/run-spread.ts";
import type { Finding, Report } from "../report/report.ts";

/** Below this chance of an accident pooled baselines are said to differ. */
const accidentLevel = 0.01;

/** The values of a measure in each report that has it, one list a run. */
function valuesByRun(reports: readonly Report[], profile: string, measure: string): number[][] {
	const runs = runsOf(reports, profile).map((run) => sampleOf(run, measure).values.map(({ ms }) => ms));
	return runs.filter((values) => values.length > 0);
}

/**
 * How much slower one more run of unchanged code may be, by how three baselines or more differ among themselves, in
 * milliseconds. Undefined for fewer.
 */
export function runSpreadOf(reports: readonly Report[], profile: string, measure: string): number | undefined {
	return reports.length < leastRuns ? undefined : runSpread(valuesByRun(reports, profile, measure));
}

/** Says where pooled baselines are not alike: their cold starts are then no sample of one thing. */
export function remarksOnRuns(reports: readonly Report[], profiles: readonly string[]): Finding[] {
	return profiles.flatMap((profile): Finding[] => {
		const runs = valuesByRun(reports, profile, "total");
		const pairs = runs.flatMap((a, index) => runs.slice(index + 1).map((b) => [a, b] as const));
		const ps = holm(pairs.map(([a, b]) => mannWhitney(a, b)?.p ?? 1));
		if (!ps.some((p) => p <= accidentLevel)) return [];
		const medians = runs.map((values) => medianOf(values) ?? 0);
		const apartMs = Math.max(...medians) - Math.min(...medians);
		return [
			{
				code: "baselines-differ",
				message: `total in ${profile}: the pooled baselines differ among themselves, by up to ${Math.round(apartMs)} ms`,
				hint:
					runs.length < 3
						? "pool three or more, so that the spread between runs widens the limit, or measure both versions in turns in one run"
						: "the limit allows for the spread between runs; measuring both versions in turns in one run has none",
			},
		];
	});
}
