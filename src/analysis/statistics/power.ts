import { countAtMost } from "./difference.ts";
import { moreHitsP } from "./fisher.ts";
import { type BoundedMs, medianOf } from "./median.ts";
import { normalDeviate, seededRandom } from "./random.ts";
import { shiftRank } from "./rank-sum.ts";

/** What a plan is asked of one profile: how sure the gate shall be of a shift. */
export interface PowerQuestion {
	/** Values of the phase as a pilot measured them, each with the bounds that hold for it. */
	pilot: readonly BoundedMs[];
	/** Attempts of the pilot whose value is not known, because they failed or lack the phase. */
	missing?: number;
	/** Attempts of the pilot that are left out of the figures, because they were warm or set aside. */
	leftOut?: number;
	/** The shift that shall be found, in milliseconds. */
	shift: number;
	/** The smallest shift that the gate calls a regression. */
	minimumEffect: number;
	/** The level of one question: that of the gate divided by its questions, which is Holm's first step. */
	alpha: number;
	/** At which the gate calls more failures a breach; 0 where it does not ask. */
	failureLevel?: number;
	seed: number;
	/** Simulated comparisons for each n; 2,000 know a power of 80 % to ±1.8 points. */
	runs?: number;
}

/** Shares of simulated comparisons of n against n attempts. */
export interface Power {
	n: number;
	/** Shifted, and called a regression: surely larger than the minimum effect. */
	breach: number;
	/** Not shifted, the minimum effect ruled out (wrongly with a chance of at most 5 %), and no alarm of failures. */
	pass: number;
}

/**
 * Simulates the gate on n attempts a side, drawn from the pilot as it is and shifted.
 *
 * Values are spread a little (a smoothed bootstrap that keeps the variance), because a real run does not repeat the
 * pilot's values to the microsecond. Each keeps the bounds of the value that it was drawn from, and an attempt fails or
 * is left out as often as in the pilot. The gate takes all of that at its worst, and so does this.
 */
export function powerAt(n: number, question: PowerQuestion): Power {
	const { shift, minimumEffect, alpha, failureLevel = 0, runs = 2_000 } = question;
	const draw = drawing(question, seededRandom(question.seed + n));
	let [breaches, passes] = [0, 0];
	for (let run = 0; run < runs; run++) {
		const [a, b] = [draw(n), draw(n)];
		const [size, other] = [a.lo.length, b.lo.length];
		const rankAt = (confidence: number) => shiftRank(size, other, confidence)?.rank;
		const [significant, surelyAbove, bounded] = [rankAt(1 - alpha), rankAt(1 - 2 * alpha), rankAt(0.9)];
		const isSignificant = significant !== undefined && countAtMost(a.hi, b.lo, -shift) < significant;
		const isLarge = surelyAbove !== undefined && countAtMost(a.hi, b.lo, minimumEffect - shift) < surelyAbove;
		if (isSignificant && isLarge) breaches++;
		const known = Math.min(size - a.missing, other - b.missing);
		const isEnough = shiftRank(known, known, 1 - alpha) !== undefined;
		const isBounded =
			bounded !== undefined && size * other - countAtMost(a.lo, b.hi, minimumEffect) < bounded && isEnough;
		const isAlarm =
			failureLevel > 0 && moreHitsP({ hits: a.missing, of: n }, { hits: b.missing, of: n }) <= failureLevel;
		if (isBounded && !isAlarm) passes++;
	}
	return { n, breach: breaches / runs, pass: passes / runs };
}

/**
 * The powers of a gate that asks the same of several profiles: it passes where all of them do, and one of them is slower,
 * the one in which that is seen worst.
 */
export function jobPowerAt(n: number, questions: readonly PowerQuestion[]): Power {
	const powers = questions.map((question, index) => powerAt(n, { ...question, seed: question.seed + 7_919 * index }));
	return {
		n,
		breach: Math.min(...powers.map(({ breach }) => breach)),
		pass: powers.reduce((product, { pass }) => product * pass, 1),
	};
}

/** So many simulated runs know a power to 3.5 points at worst, of which `roughly` is three times as much. */
const roughRuns = 200;
const roughly = 0.11;

/** The smallest n, up to `largest`, at which both shares of the job reach `power`; undefined where none does. */
export function leastCountForPower(
	power: number,
	questions: readonly PowerQuestion[],
	largest = 1_000,
): Power | undefined {
	const leastAt = (n: number, asked: readonly PowerQuestion[]) => {
		const { breach, pass } = jobPowerAt(n, asked);
		return Math.min(breach, pass);
	};
	const isEnough = (n: number) => {
		// A few runs tell that a power is far away; all of them are for those that are near.
		const rough = leastAt(
			n,
			questions.map((question) => ({ ...question, runs: Math.min(roughRuns, question.runs ?? roughRuns) })),
		);
		return Math.abs(rough - power) > roughly ? rough > power : leastAt(n, questions) >= power;
	};
	let lo = 3;
	let hi = 8;
	while (!isEnough(hi)) {
		if (hi >= largest) return undefined;
		lo = hi;
		hi = Math.min(largest, hi * 2);
	}
	while (hi - lo > 1) {
		const middle = Math.floor((lo + hi) / 2);
		if (isEnough(middle)) hi = middle;
		else lo = middle;
	}
	return jobPowerAt(hi, questions);
}

/** What a side of a comparison is judged by: every value at its lower and at its upper bound, in ascending order. */
interface Side {
	lo: Float64Array;
	hi: Float64Array;
	missing: number;
}

/** Stands for the bounds of a value that is not known. */
const unknownMs = 1e9;

function drawing({ pilot, missing = 0, leftOut = 0 }: PowerQuestion, random: () => number): (n: number) => Side {
	const next = smoothedDraw(
		pilot.map(({ ms }) => ms),
		random,
	);
	const attempts = pilot.length + missing + leftOut;
	// Of numbers alone, since a plan draws from them millions of times.
	const below = Float64Array.from(pilot, ({ ms, loMs }) => ms - loMs);
	const above = Float64Array.from(pilot, ({ ms, hiMs }) => hiMs - ms);
	const isSharp = missing === 0 && [below, above].every((widths) => widths.every((width) => width === 0));
	return (n) => {
		const [lo, hi] = [new Float64Array(n), new Float64Array(isSharp ? 0 : n)];
		let [known, unknown] = [0, 0];
		for (let attempt = 0; attempt < n; attempt++) {
			const kind = attempts === pilot.length ? 0 : random() * attempts;
			if (kind >= pilot.length + missing) continue;
			const at = known + unknown;
			if (kind >= pilot.length) {
				unknown++;
				lo[at] = -unknownMs;
				hi[at] = unknownMs;
				continue;
			}
			known++;
			const { value, index } = next();
			lo[at] = value - (below[index] ?? 0);
			if (!isSharp) hi[at] = value + (above[index] ?? 0);
		}
		const ascending = lo.subarray(0, known + unknown).sort();
		return { lo: ascending, hi: isSharp ? ascending : hi.subarray(0, known + unknown).sort(), missing: unknown };
	};
}

/** Draws values spread like the pilot's, with its mean and variance, that hardly ever repeat; `index` is that of its origin. */
export function smoothedDraw(pilot: readonly number[], random: () => number): () => { value: number; index: number } {
	const n = pilot.length;
	const centre = pilot.reduce((sum, value) => sum + value, 0) / n;
	const variance = pilot.reduce((sum, value) => sum + (value - centre) ** 2, 0) / Math.max(1, n - 1);
	const middle = medianOf(pilot) ?? 0;
	const deviation = 1.4826 * (medianOf(pilot.map((value) => Math.abs(value - middle))) ?? 0);
	// Silverman's rule with the smaller of the two spreads, so that two modes stay two.
	const width = 0.9 * Math.min(Math.sqrt(variance), deviation || Math.sqrt(variance)) * n ** -0.2;
	const shrink = variance === 0 ? 1 : Math.sqrt(variance / ((variance * (n - 1)) / n + width ** 2));
	return () => {
		const index = Math.floor(random() * n);
		const value = pilot[index] ?? centre;
		return { value: centre + shrink * (value - centre + width * normalDeviate(random)), index };
	};
}
