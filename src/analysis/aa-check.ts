import { UsageError } from "../errors.ts";
import type { Report } from "../report/report.ts";
import type { LabelledReport } from "./comparison.ts";
import { refuseDifferent } from "./likeness.ts";
import { poolOf, runsOf } from "./pool.ts";
import { type Sample, sampleOf } from "./samples.ts";
import { medianMs, shiftBetween } from "./shift.ts";
import { questionLevel, usualQuestion } from "./significance.ts";
import { refuseUnsound, requireWhole } from "./soundness.ts";
import { holm } from "./statistics/holm.ts";
import { shiftRank } from "./statistics/rank-sum.ts";

/** Two or more runs of one thing, held against each other. */
export interface AaCheck {
	runs: number;
	/** Whether one of them is of a simulated cluster. */
	isSimulated: boolean;
	profiles: AaProfile[];
	/** Whether some pair of runs differs by more than chance allows, wrongly with a chance of at most 5 % in all. */
	isDifferent: boolean;
	/** Of all profiles, the largest; undefined where some profile has too few cold starts, or open ends. */
	limitMs?: number;
}

export interface AaProfile {
	profile: string;
	/** Cold starts with a total in each run. */
	n: number[];
	mediansMs: number[];
	/** The two runs that are furthest apart: their difference in milliseconds, and its p among all pairs (Holm). */
	apartMs: number;
	adjustedP: number;
	isDifferent: boolean;
	/** The limit with which every run would have passed against every other; undefined where none is known. */
	limitMs?: number;
	/** The same as a share of the pooled median. */
	limitShare?: number;
}

/**
 * Whether runs of the same thing differ by more than chance allows, and how wide a gate's limit has to be there.
 *
 * Each pair of runs is asked what a gate asks, of `total`: Mann–Whitney with Holm over all pairs and profiles. The limit
 * is the largest upper end among all pairs in both directions, each wrong with a chance of 5 %: a gate with that limit
 * would have passed every one of these runs. Throws a `UsageError` for fewer than two reports, the same report twice, and
 * reports of different things.
 */
export function aaCheck(reports: readonly LabelledReport[], alpha = 0.05): AaCheck {
	requireAlike(reports);
	const all = reports.map(({ report }) => report);
	const names = [...new Set(all.flatMap(({ profiles }) => profiles.map(({ profile }) => profile.name)))];
	const found = names.map((profile) => pairsOf(all, { profile, level: questionLevel(alpha) / names.length }));
	const ps = holm(found.flatMap(({ pairs }) => pairs.map(({ p }) => p)));
	let taken = 0;
	const profiles = found.flatMap(({ pairs, ...rest }): AaProfile[] => {
		const adjusted = ps.slice(taken, taken + pairs.length);
		taken += pairs.length;
		const [furthest] = pairs.toSorted((a, b) => Math.abs(b.ms) - Math.abs(a.ms));
		if (furthest === undefined) return [];
		const adjustedP = Math.min(1, (Math.min(...adjusted) * alpha) / questionLevel(alpha));
		const limitMs = Math.max(...pairs.map(({ upperMs }) => upperMs));
		const pooled = poolOf(all, rest.profile);
		const median = pooled === undefined ? undefined : medianMs(sampleOf(pooled, usualQuestion));
		return [
			{
				...rest,
				apartMs: Math.abs(furthest.ms),
				adjustedP,
				isDifferent: adjustedP <= alpha,
				...(Number.isFinite(limitMs) && { limitMs }),
				...(Number.isFinite(limitMs) && median !== undefined && median > 0 && { limitShare: limitMs / median }),
			},
		];
	});
	const limits = profiles.map(({ limitMs }) => limitMs ?? Number.POSITIVE_INFINITY);
	const limitMs = profiles.length < names.length || limits.length === 0 ? undefined : Math.max(...limits);
	return {
		runs: reports.length,
		isSimulated: all.some(({ simulated }) => simulated !== undefined),
		profiles,
		isDifferent: profiles.some(({ isDifferent }) => isDifferent),
		...(limitMs !== undefined && Number.isFinite(limitMs) && { limitMs }),
	};
}

function requireAlike(reports: readonly LabelledReport[]): void {
	const [first, ...rest] = reports;
	if (first === undefined || rest.length === 0) {
		throw new UsageError("--aa compares two or more runs of the same thing", {
			hint: "measure the same code twice, and give both reports",
		});
	}
	const seen = new Map<string, string>();
	for (const { label, report } of reports) {
		refuseUnsound(report, label);
		requireWhole(report, label, "no gate passes such a run: give runs that came to their end");
		const text = JSON.stringify(report);
		const twin = seen.get(text);
		if (twin !== undefined) {
			throw new UsageError(`${label} is the same report as ${twin}`, { hint: "measure again, and give both reports" });
		}
		seen.set(text, label);
	}
	for (const { report } of rest) refuseDifferent([first.report], report, { allowed: [] });
}

interface Pair {
	ms: number;
	p: number;
	/** Of the slow-down in the worse direction; infinite where it is not known. */
	upperMs: number;
}

/** @param asked.level of a gate's question, whose answer needs so many cold starts that a difference could be shown */
function pairsOf(reports: readonly Report[], { profile, level }: { profile: string; level: number }) {
	const samples = runsOf(reports, profile).map((run) => sampleOf(run, usualQuestion));
	const pairs = samples.flatMap((a, index) => samples.slice(index + 1).flatMap((b) => pairOf(a, b, level) ?? []));
	return {
		profile,
		n: samples.map(({ values }) => values.length),
		mediansMs: samples.flatMap((sample) => medianMs(sample) ?? []),
		pairs,
	};
}

function pairOf(a: Sample, b: Sample, level: number): Pair | undefined {
	const shift = shiftBetween(a, b, 0.9);
	if (shift === undefined) return undefined;
	const { ms, p, interval } = shift;
	const n = Math.min(a.values.length, b.values.length);
	const isEnough = interval !== undefined && shiftRank(n, n, 1 - level) !== undefined;
	const upperMs = !isEnough ? Number.POSITIVE_INFINITY : Math.max(interval.hi, -interval.lo);
	return { ms, p, upperMs };
}
