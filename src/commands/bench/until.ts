import { estimateOf } from "../../analysis/estimate.ts";
import { stoppedEarly } from "../../analysis/looks.ts";
import { sampleOf } from "../../analysis/samples.ts";
import { type Precision, precisionOf } from "../../gate/until.ts";
import { duration } from "../../output/words/units.ts";
import type { Finding, ProfileRun } from "../../report/report.ts";
import type { Recorder } from "./recorder.ts";

/** How well `bench --until` wants a median known, and after how many cold starts it gives up. */
export interface UntilOptions {
	halfWidthMs: number;
	iterations: number;
}

/**
 * What `bench --until` asks after each round: whether the profile's median is known well enough for its rounds to end.
 * It leaves a finding that says what it looked at and what that costs, also where the precision was not reached.
 */
export function openUntil(
	recorder: Pick<Recorder, "report" | "record">,
	{ halfWidthMs, iterations }: UntilOptions,
): (profile: string) => boolean {
	const looks = new Map<string, Look[]>();
	return (profile) => {
		const report = recorder.report();
		const run = report.profiles.find((candidate) => candidate.profile.name === profile);
		const round = run?.coldStarts.at(-1)?.round;
		if (run === undefined || round === undefined) return false;
		const precision = precisionOf({ ...report, profiles: [run] }, { halfWidthMs });
		const taken = looks.get(profile) ?? [];
		if (precision.look !== undefined) taken.push({ round, precision });
		looks.set(profile, taken);
		if (!precision.isReached && round < iterations) return false;
		const finding = precision.isReached ? reached(run, taken) : missed(taken, { halfWidthMs, iterations });
		recorder.record({ kind: "finding", finding });
		return precision.isReached;
	};
}

interface Look {
	round: number;
	precision: Precision;
}

function reached(run: ProfileRun, looks: readonly Look[]): Finding {
	const { lo = Number.NaN, hi = Number.NaN } = estimateOf(sampleOf(run, "total"))?.interval ?? {};
	const atOnce = `a run that had not looked before would know it to ±${duration((hi - lo) / 2)} at 95 %`;
	return {
		code: stoppedEarly,
		message: `stopped by --until: ${known(looks)}. Every look has to be surer than 95 %, which costs cold starts: ${atOnce}`,
	};
}

function missed(looks: readonly Look[], { halfWidthMs, iterations }: UntilOptions): Finding {
	const found = looks.length === 0 ? "the first look comes after 8 cold starts" : known(looks);
	return {
		code: "until-missed",
		message: `--until ±${duration(halfWidthMs)} was not reached in ${iterations} cold starts: ${found}`,
		hint: "raise --iterations",
	};
}

/** `after 16 cold starts the median of total is known to ±42 ms at 99.6 % (looked at after 8, 11, 16)`. */
function known(looks: readonly Look[]): string {
	const last = looks.at(-1);
	const { widest, confidence = Number.NaN } = last?.precision ?? {};
	const halfWidth = widest?.halfWidthMs ?? Number.POSITIVE_INFINITY;
	const how = Number.isFinite(halfWidth) ? `known to ±${duration(halfWidth)}` : "not known within any bounds";
	const rounds = looks.map(({ round }) => round).join(", ");
	const sureness = `${Math.floor(confidence * 1000) / 10} %`;
	return `after ${last?.round} cold starts the median of total is ${how} at ${sureness} (looked at after ${rounds})`;
}
