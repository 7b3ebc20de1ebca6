import type { Report } from "../report/report.ts";
import { estimateOf } from "./estimate.ts";
import { confidenceOf } from "./looks.ts";
import { sampleOf } from "./samples.ts";
import { medianOf, type Range } from "./statistics/median.ts";
import { ratioOfMedians } from "./statistics/medians-apart.ts";

/** What a profile's cold starts take beyond those of the first profile. */
export interface Price {
	profile: string;
	base: string;
	/** Median total divided by the first profile's. */
	ratio: number;
	/** Where the ratio of the populations' medians lies, 95 % or more; undefined where there are too few cold starts. */
	ratioRange?: Range;
	/** Difference of the two median totals. */
	totalMs: number;
	/** The phases of the critical path whose medians differ most in the same direction, largest first. */
	phases: { name: string; ms: number }[];
}

/** Phases smaller than this share of the difference explain little. */
const leastShare = 0.08;
const mostPhases = 4;

/**
 * The price of each profile beside the first. Profiles without a counted cold start are left out, and so are variants,
 * whose gains are told knob by knob.
 */
export function pricesOf({ profiles }: Report): Price[] {
	const [first, ...others] = profiles;
	const base = first && estimateOf(sampleOf(first, "total"), confidenceOf(first));
	if (first === undefined || base === undefined || base.medianMs <= 0) return [];
	return others.flatMap((run) => {
		if (run.profile.variant !== undefined) return [];
		const total = estimateOf(sampleOf(run, "total"), confidenceOf(run));
		if (total === undefined) return [];
		const range = total.interval && base.interval && ratioOfMedians(total.interval, base.interval);
		const totalMs = total.medianMs - base.medianMs;
		return {
			profile: run.profile.name,
			base: first.profile.name,
			ratio: total.medianMs / base.medianMs,
			...(range !== undefined && Number.isFinite(range.hi) && { ratioRange: range }),
			totalMs,
			phases: phasesThatExplain(first, run, totalMs),
		};
	});
}

type Run = Report["profiles"][number];

/** The phases of the critical path that differ most in the direction of the total, by medians, largest first. */
export function phasesThatExplain(first: Run, run: Run, totalMs: number): Price["phases"] {
	const [before, after] = [phaseMedians(first), phaseMedians(run)];
	// A phase that a profile does not have takes no time in it.
	const differences = [...new Set([...before.keys(), ...after.keys()])].map((name) => ({
		name,
		ms: (after.get(name) ?? 0) - (before.get(name) ?? 0),
	}));
	return differences
		.filter(({ ms }) => Math.sign(ms) === Math.sign(totalMs) && Math.abs(ms) >= leastShare * Math.abs(totalMs))
		.sort((a, b) => Math.abs(b.ms) - Math.abs(a.ms))
		.slice(0, mostPhases);
}

/** A cold start that took another way to the answer spent no time in the phases of the first one. */
function phaseMedians({ coldStarts }: Run): Map<string, number> {
	const starts = coldStarts.filter(
		({ counted, total, phases }) => counted && total !== undefined && Object.keys(phases).length > 0,
	);
	const names = new Set(starts.flatMap(({ phases }) => Object.keys(phases)));
	names.delete("unattributed");
	const median = (name: string) => medianOf(starts.map(({ phases }) => phases[name]?.ms ?? 0)) ?? 0;
	return new Map([...names].map((name) => [name, median(name)]));
}
