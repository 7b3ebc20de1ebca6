import { duration } from "../../words/units.ts";

/** A measured time: the best estimate, its bounds in milliseconds, and where it comes from. */
export interface Time {
	ms: number;
	loMs: number;
	hiMs: number;
	source: string;
	/** Where it begins, in milliseconds after the request; undefined if the report does not say. */
	fromMs?: number;
}

/** A phase or a span, as each of a profile's waterfalls has it. */
export interface Measure {
	name: string;
	/** From where to where. */
	text: string;
	/** The colour of its bars. */
	fill: string;
}

/** One attempt, with a time or nothing for each measure of its profile. */
export interface Sample {
	round: number;
	outcome: string;
	isCounted: boolean;
	/** Why it is not cold, or not counted. */
	reason?: string;
	total?: Time;
	phases: (Time | undefined)[];
	spans: (Time | undefined)[];
	findings: string[];
}

/** All attempts of a profile, in the order they were measured. */
export interface ProfileSamples {
	/** The critical path in order of time. */
	phases: Measure[];
	spans: Measure[];
	samples: Sample[];
}

/** A time in words: `4.021 s ±0.5 ms`. */
export const timeWords = (time: Time): string => `${duration(time.ms)} ${errorWords(time)}`;

/** How well a time is known: half of the range that it lies in. */
export const errorWords = ({ loMs, hiMs }: Time): string => `±${duration((hiMs - loMs) / 2)}`;

/** An attempt in words. */
export function sampleWords({ round, outcome, isCounted, reason, total, findings }: Sample): string {
	const what = round === 0 ? "warm-up after an install" : `round ${round}`;
	const counted = isCounted ? outcome : `${outcome}, not counted`;
	const time = total === undefined ? "no total" : `total ${timeWords(total)}`;
	return [`${what}: ${counted}, ${time}`, ...(reason === undefined ? [] : [reason]), ...findings].join("; ");
}
