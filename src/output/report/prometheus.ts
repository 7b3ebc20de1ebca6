import type { Figures, RunFigures } from "../../analysis/figures.ts";

type Labels = Record<string, string>;
type Line = [labels: Labels, value: number];

/**
 * Metrics of a run in Prometheus' text format, for the textfile collector or a Pushgateway. Times are seconds. What was
 * not measured has no line; an interval that missing cold starts leave open ends at `+Inf` or `-Inf`.
 */
export function renderPrometheus({ report, runs }: Figures): string {
	const at = Date.parse(report.finishedAt ?? report.startedAt);
	const simulated: Labels = report.simulated === undefined ? {} : { simulated: "true" };
	const estimates = runs.flatMap((run) => estimatesOf(run, simulated));
	const attempts = runs.flatMap(({ run: { profile }, ledger }) =>
		Object.entries(ledger).map(([outcome, count]): Line => [{ profile: profile.name, outcome, ...simulated }, count]),
	);
	return [
		gauge("knistio_cold_start_median_seconds", "Median of a measure over the counted cold starts.", pick("median")),
		gauge("knistio_cold_start_median_lower_seconds", "Lower end of the median's 95 % interval.", pick("lo")),
		gauge("knistio_cold_start_median_upper_seconds", "Upper end of the median's 95 % interval.", pick("hi")),
		gauge("knistio_attempts", "Attempts of a profile by outcome; `counted` are those that the medians use.", attempts),
		gauge(
			"knistio_run_finished_timestamp_seconds",
			"When the run ended.",
			Number.isNaN(at) ? [] : [[simulated, at / 1000]],
		),
		gauge("knistio_run_complete", "1 if the run ended by itself, 0 if it was ended early.", [
			[simulated, report.endedBy === undefined ? 1 : 0],
		]),
	].join("");

	function pick(end: "median" | "lo" | "hi"): Line[] {
		return estimates.flatMap(({ labels, [end]: ms }) => (ms === undefined ? [] : [[labels, ms / 1000] as Line]));
	}
}

interface MeasureLines {
	labels: Labels;
	median: number;
	lo: number | undefined;
	hi: number | undefined;
}

function estimatesOf({ run, medians }: RunFigures, simulated: Labels): MeasureLines[] {
	return medians.flatMap(({ measure, estimate }) => {
		if (estimate === undefined) return [];
		const labels = { profile: run.profile.name, measure, ...simulated };
		return { labels, median: estimate.medianMs, lo: estimate.interval?.lo, hi: estimate.interval?.hi };
	});
}

function gauge(name: string, help: string, lines: readonly Line[]): string {
	if (lines.length === 0) return "";
	const samples = lines.map(([labels, value]) => `${name}${labelText(labels)} ${numberText(value)}\n`);
	return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${samples.join("")}`;
}

function labelText(labels: Labels): string {
	const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapedLabel(value)}"`);
	return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escapedLabel(value: string): string {
	return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

/** Milliseconds have at most microseconds behind the point, so seconds have nine digits. */
function numberText(value: number): string {
	if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
	return String(Number(value.toFixed(9)));
}
