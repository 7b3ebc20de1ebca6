import type { HistoryRun, Trend, TrendChange } from "../../analysis/history.ts";
import { duration, signedDuration } from "../words/units.ts";

/** Trends for a terminal: a line for each, and one for each change of its level. */
export function renderHistory(trends: readonly Trend[], runs: number): string {
	if (trends.length === 0) return "the history has no run with a cold start\n";
	const lines = trends.flatMap((trend) => [
		trendLine(trend),
		...trend.changes.map((change) => `  ${changeLine(change)}`),
	]);
	const note =
		"a change is found falsely in at most 1 % of trends without one (permutation test, seeded); 6 runs are the least";
	return [`${runs} runs`, ...lines, "", note, ""].join("\n");
}

function trendLine({ profile, measure, simulated, runs, changes }: Trend): string {
	const [first, last] = [runs[0]?.medianMs ?? 0, runs.at(-1)?.medianMs ?? 0];
	const found = changes.length === 0 ? "no change" : `${changes.length} ${changes.length === 1 ? "change" : "changes"}`;
	const of = `${profile} ${measure}${simulated ? " (simulated)" : ""}`;
	return `${of}: ${duration(first)} → ${duration(last)} in ${runs.length} runs, ${found}`;
}

function changeLine({ startedAt, commit, beforeMs, afterMs, p, isElsewhere }: TrendChange): string {
	const at = commit === undefined ? startedAt : `${startedAt}, commit ${commit}`;
	const elsewhere = isElsewhere ? "; the fingerprint changed at this run, too" : "";
	return `${signedDuration(afterMs - beforeMs)} from ${duration(beforeMs)} to ${duration(afterMs)} at ${at} (p ${p.toFixed(3)})${elsewhere}`;
}

const colours = { pass: "brightgreen", inconclusive: "yellow", breach: "red" } as const;

/** The last run as shields.io reads it from an endpoint. */
export function renderBadge(last: HistoryRun): string {
	const totals = Object.entries(last.profiles).flatMap(([profile, { total }]) =>
		total === undefined ? [] : [`${profile} ${duration(total.medianMs)}`],
	);
	const badge = {
		schemaVersion: 1,
		label: last.simulated ? "cold start (simulated)" : "cold start",
		message: totals.length === 0 ? "not measured" : totals.join(", "),
		color: totals.length === 0 || last.verdict === undefined ? "lightgrey" : colours[last.verdict],
	};
	return `${JSON.stringify(badge)}\n`;
}
