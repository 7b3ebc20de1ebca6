import { z } from "zod";
import { UsageError } from "../errors.ts";
import type { Report } from "../report/report.ts";
import { estimateOf } from "./estimate.ts";
import { confidenceOf } from "./looks.ts";
import { measuresOf, sampleOf } from "./samples.ts";
import { changedHint } from "./soundness.ts";
import { changePointsOf } from "./statistics/change-points.ts";

const finite = z.number().finite();

const figureSchema = z.object({
	medianMs: finite,
	/** Cold starts with a value. */
	n: z.number().int().positive(),
	/** Absent where there are too few cold starts; an end is null where values that are not known leave it open. */
	intervalMs: z.tuple([finite.nullable(), finite.nullable()]).optional(),
});

const runSchema = z.object({
	version: z.literal(1),
	/** Of what was measured, so that no run is added twice. */
	run: z.string().min(1),
	startedAt: z.string().refine((text) => !Number.isNaN(Date.parse(text)), "is not a time"),
	commit: z.string().min(1).optional(),
	/** Of the fingerprints of all profiles: another one is another cluster, Istio or node. */
	fingerprint: z.string().min(1),
	simulated: z.boolean(),
	verdict: z.enum(["pass", "inconclusive", "breach"]).optional(),
	/** Medians by profile and measure. */
	profiles: z.record(z.string(), z.record(z.string(), figureSchema)),
});

/** One line of a history. */
export type HistoryRun = z.infer<typeof runSchema>;

/** What a report does not say of its run. */
export type RunLabels = Pick<HistoryRun, "run" | "fingerprint" | "commit" | "verdict">;

/** The line of a report. */
export function historyRunOf(report: Report, labels: RunLabels): HistoryRun {
	const profiles = report.profiles.map((run) => {
		const figures = measuresOf(run).flatMap((measure) => {
			const estimate = estimateOf(sampleOf(run, measure), confidenceOf(run, 0.95));
			if (estimate === undefined) return [];
			const { medianMs, n, interval } = estimate;
			const ends = interval === undefined ? {} : { intervalMs: [endOf(interval.lo), endOf(interval.hi)] };
			return [[measure, { medianMs, n, ...ends }]];
		});
		return [run.profile.name, Object.fromEntries(figures)];
	});
	return {
		version: 1,
		startedAt: report.startedAt,
		simulated: report.simulated !== undefined,
		...labels,
		profiles: Object.fromEntries(profiles),
	};
}

const endOf = (ms: number) => (Number.isFinite(ms) ? ms : null);

/** Reads a history. Throws a `UsageError` that names the line for one that is broken, and for a run that is there twice. */
export function parseHistory(text: string, path: string): HistoryRun[] {
	const lines = text.replace(/\r?\n$/, "").split(/\r?\n/);
	if (text.trim() === "") return [];
	const seen = new Map<string, number>();
	return lines.map((line, index) => {
		const run = parseLine(line, `${path}:${index + 1}`);
		const twin = seen.get(run.run);
		if (twin !== undefined) throw new UsageError(`${path}:${index + 1}: it is the same run as in line ${twin}`);
		seen.set(run.run, index + 1);
		return run;
	});
}

/** The line of a run as a history holds it. @throws UsageError for one that no history could be read with */
export function lineOf(run: HistoryRun, path: string): string {
	const line = JSON.stringify(run);
	parseLine(line, path, changedHint);
	return `${line}\n`;
}

function parseLine(line: string, where: string, hint = "remove the line, or take the file from a backup"): HistoryRun {
	let value: unknown;
	try {
		value = JSON.parse(line);
	} catch (cause) {
		throw new UsageError(`${where}: the line is not JSON`, { hint, cause });
	}
	const parsed = runSchema.safeParse(value);
	if (parsed.success) return parsed.data;
	const [issue] = parsed.error.issues;
	const at = issue?.path.join(".") ?? "";
	throw new UsageError(`${where}: it is not a run of a history: ${at === "" ? "" : `${at}: `}${issue?.message}`, {
		hint,
	});
}

/** One measure of one profile over all runs that have it, the earliest first. */
export interface Trend {
	profile: string;
	measure: string;
	/** Of simulated clusters, whose runs are kept apart from those of real ones. */
	simulated: boolean;
	runs: { run: HistoryRun; medianMs: number }[];
	changes: TrendChange[];
}

/** A run from which on a median has another level. */
export interface TrendChange {
	startedAt: string;
	commit?: string;
	/** Means of the medians on each side, up to the next change. */
	beforeMs: number;
	afterMs: number;
	p: number;
	/** Whether the cluster, Istio or a node is another one from this run on, too. */
	isElsewhere: boolean;
}

/** The trends of all profiles and measures. Each has a false change with a chance of at most 1 %. */
export function trendsOf(history: readonly HistoryRun[]): Trend[] {
	const runs = history.toSorted((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt));
	const series = new Map<string, Trend>();
	for (const run of runs) {
		for (const [profile, figures] of Object.entries(run.profiles)) {
			for (const [measure, { medianMs }] of Object.entries(figures)) {
				const { simulated } = run;
				const key = JSON.stringify([profile, measure, simulated]);
				const trend = series.get(key) ?? { profile, measure, simulated, runs: [], changes: [] };
				trend.runs.push({ run, medianMs });
				series.set(key, trend);
			}
		}
	}
	return [...series.values()].map((trend) => ({ ...trend, changes: changesIn(trend) }));
}

function changesIn({ runs }: Trend): TrendChange[] {
	const medians = runs.map(({ medianMs }) => medianMs);
	const points = changePointsOf(medians);
	return points.flatMap(({ at, p }, index) => {
		const [here, previous] = [runs[at]?.run, runs[at - 1]?.run];
		if (here === undefined) return [];
		const beforeMs = meanOf(medians.slice(points[index - 1]?.at ?? 0, at));
		const afterMs = meanOf(medians.slice(at, points[index + 1]?.at));
		const isElsewhere = here.fingerprint !== previous?.fingerprint;
		const commit = here.commit === undefined ? {} : { commit: here.commit };
		return { startedAt: here.startedAt, ...commit, beforeMs, afterMs, p, isElsewhere };
	});
}

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
