import { type Burst, type ColdStart, type Ledger, ledgerOf, type ProfileRun } from "../report/report.ts";
import { parseTime } from "../text/timestamp.ts";
import { measureOf } from "./samples.ts";
import { medianOf } from "./statistics/median.ts";

/** What became of services that were asked in the same instant, all bursts of one size together. */
export interface BurstFigures {
	/** How many at once; 1 are the profile's own cold starts. */
	size: number;
	bursts: number;
	ledger: Ledger;
	/** Of `total`; undefined where no cold start counts. */
	medianMs: number | undefined;
	slowestMs: number | undefined;
	/** From a burst's first request to its last answer, the median of the bursts; undefined where an answer is missing. */
	allAnsweredMs: number | undefined;
	/** First to last request handed to the kernel, the most of all bursts. */
	spreadMs: number | undefined;
	/** The phases that take longer than with one service alone, by their medians, the largest growth first. */
	growth: readonly { phase: string; byMs: number }[];
	/** Why attempts do not count, and how many of each. */
	reasons: readonly { reason: string; count: number }[];
}

/** A line for each size, the smallest first; empty where there was no burst. */
export function burstsOf(run: ProfileRun): BurstFigures[] {
	const bursts = run.bursts ?? [];
	if (bursts.length === 0) return [];
	const alone = run.coldStarts.filter(({ round }) => round > 0);
	const sizes = [...new Set(bursts.map(({ size }) => size))].sort((a, b) => a - b);
	const ofSize = (size: number) => bursts.filter((burst) => burst.size === size);
	return [
		...(alone.length === 0 ? [] : [{ ...figuresOf(1, alone, []), bursts: alone.length }]),
		...sizes.map((size) => withBursts(figuresOf(size, ofSize(size).flatMap(startsOf), alone), ofSize(size))),
	];
}

const startsOf = ({ coldStarts }: Burst) => coldStarts;
const countedOf = (starts: readonly ColdStart[]) => starts.filter(({ counted }) => counted);

function figuresOf(size: number, starts: readonly ColdStart[], alone: readonly ColdStart[]): BurstFigures {
	const totals = countedOf(starts).flatMap(({ total }) => total?.ms ?? []);
	return {
		size,
		bursts: 0,
		ledger: ledgerOf(starts),
		medianMs: medianOf(totals),
		slowestMs: totals.length === 0 ? undefined : Math.max(...totals),
		allAnsweredMs: undefined,
		spreadMs: undefined,
		growth: growthOf(countedOf(starts), countedOf(alone)),
		reasons: reasonsOf(starts),
	};
}

function withBursts(figures: BurstFigures, bursts: readonly Burst[]): BurstFigures {
	const times = bursts.map(timesOf);
	const answered = times.flatMap(({ allAnsweredMs }) => allAnsweredMs ?? []);
	const spreads = times.flatMap(({ spreadMs }) => spreadMs ?? []);
	return {
		...figures,
		bursts: bursts.length,
		allAnsweredMs: answered.length < bursts.length ? undefined : medianOf(answered),
		spreadMs: spreads.length < bursts.length ? undefined : Math.max(...spreads),
	};
}

interface BurstTimes {
	allAnsweredMs: number | undefined;
	spreadMs: number | undefined;
}

function timesOf({ coldStarts }: Burst): BurstTimes {
	const starts = coldStarts.flatMap(({ requestSentAt, outcome, total }) => {
		const sentAt = parseTime(requestSentAt);
		return sentAt === undefined ? [] : [{ sentAt, tookMs: outcome === "failed" ? undefined : total?.ms }];
	});
	const [one] = starts;
	if (one === undefined || starts.length < coldStarts.length) return { allAnsweredMs: undefined, spreadMs: undefined };
	const first = starts.reduce((least, { sentAt }) => (sentAt < least ? sentAt : least), one.sentAt);
	const after = starts.map(({ sentAt, tookMs }) => ({ sentMs: Number(sentAt - first) / 1e6, tookMs }));
	const ends = after.flatMap(({ sentMs, tookMs }) => (tookMs === undefined ? [] : [sentMs + tookMs]));
	return {
		spreadMs: Math.max(...after.map(({ sentMs }) => sentMs)),
		allAnsweredMs: ends.length < starts.length ? undefined : Math.max(...ends),
	};
}

/** A phase that only some cold starts have is no part of it: its median would be of other ones. */
function growthOf(starts: readonly ColdStart[], alone: readonly ColdStart[]): BurstFigures["growth"] {
	if (alone.length === 0 || starts.length === 0) return [];
	const phases = Object.keys(starts[0]?.phases ?? {}).filter((phase) => phase !== "unattributed");
	const median = (of: readonly ColdStart[], phase: string) => {
		const values = of.map((start) => measureOf(start, phase)?.ms);
		return values.every((value) => value !== undefined) ? medianOf(values as number[]) : undefined;
	};
	return phases
		.flatMap((phase) => {
			const [now, before] = [median(starts, phase), median(alone, phase)];
			return now === undefined || before === undefined || now <= before ? [] : [{ phase, byMs: now - before }];
		})
		.sort((a, b) => b.byMs - a.byMs);
}

function reasonsOf(starts: readonly ColdStart[]): BurstFigures["reasons"] {
	const counts = new Map<string, number>();
	for (const { counted, outcome, reason } of starts) {
		if (counted) continue;
		const text = reason ?? outcome;
		counts.set(text, (counts.get(text) ?? 0) + 1);
	}
	return [...counts].map(([reason, count]) => ({ reason, count })).sort((a, b) => b.count - a.count);
}
