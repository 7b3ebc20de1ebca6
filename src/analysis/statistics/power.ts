import { countAtMost } from "./difference.ts";
import { medianOf, sorted } from "./median.ts";
import { normalDeviate, seededRandom } from "./random.ts";
import { shiftRank } from "./rank-sum.ts";

/** What a plan is asked: how sure the gate shall be of a shift. */
export interface PowerQuestion {
	/** Values of the phase as a pilot measured them. */
	pilot: readonly number[];
	/** The shift that shall be found, in the unit of the values. */
	shift: number;
	/** The smallest shift that the gate calls a regression. */
	minimumEffect: number;
	/** The level of one question: that of the gate divided by its questions, which is Holm's first step. */
	alpha: number;
	seed: number;
	/** Simulated comparisons for each n; 2,000 know a power of 80 % to ±1.8 points. */
	runs?: number;
}

/** Shares of simulated comparisons of n against n cold starts. */
export interface Power {
	n: number;
	/** Shifted, and called a regression: surely larger than the minimum effect. */
	breach: number;
	/** Not shifted, and the minimum effect ruled out, wrongly with a chance of at most 5 %. */
	pass: number;
}

/**
 * Simulates the gate on samples of n drawn from the pilot, as it is and shifted.
 *
 * Draws are spread a little (a smoothed bootstrap that keeps the variance), because a real run does not repeat the
 * pilot's values to the microsecond.
 */
export function powerAt(n: number, question: PowerQuestion): Power {
	const { shift, minimumEffect, runs = 2_000 } = question;
	const random = seededRandom(question.seed + n);
	const draw = smoothedDraw(question.pilot, random);
	const significant = shiftRank(n, n, 1 - question.alpha)?.rank;
	const surelyAbove = shiftRank(n, n, 1 - 2 * question.alpha)?.rank;
	const bounded = shiftRank(n, n, 0.9)?.rank;
	let [breaches, passes] = [0, 0];
	for (let run = 0; run < runs; run++) {
		const a = sorted(Array.from({ length: n }, draw));
		const b = sorted(Array.from({ length: n }, draw));
		const isSignificant = significant !== undefined && countAtMost(a, b, -shift) < significant;
		const isLarge = surelyAbove !== undefined && countAtMost(a, b, minimumEffect - shift) < surelyAbove;
		if (isSignificant && isLarge) breaches++;
		if (bounded !== undefined && n * n - countAtMost(a, b, minimumEffect) < bounded) passes++;
	}
	return { n, breach: breaches / runs, pass: passes / runs };
}

/** The smallest n, up to `largest`, at which both shares reach `power`; undefined where none does. */
export function leastCountForPower(power: number, question: PowerQuestion, largest = 1_000): Power | undefined {
	const isEnough = (found: Power) => Math.min(found.breach, found.pass) >= power;
	let lo = 3;
	let hi = 8;
	while (!isEnough(powerAt(hi, question))) {
		if (hi >= largest) return undefined;
		lo = hi;
		hi = Math.min(largest, hi * 2);
	}
	while (hi - lo > 1) {
		const middle = Math.floor((lo + hi) / 2);
		if (isEnough(powerAt(middle, question))) hi = middle;
		else lo = middle;
	}
	return powerAt(hi, question);
}

/** Draws values spread like the pilot's, with its mean and variance, that hardly ever repeat. */
export function smoothedDraw(pilot: readonly number[], random: () => number): () => number {
	const n = pilot.length;
	const centre = pilot.reduce((sum, value) => sum + value, 0) / n;
	const variance = pilot.reduce((sum, value) => sum + (value - centre) ** 2, 0) / Math.max(1, n - 1);
	const middle = medianOf(pilot) ?? 0;
	const deviation = 1.4826 * (medianOf(pilot.map((value) => Math.abs(value - middle))) ?? 0);
	// Silverman's rule with the smaller of the two spreads, so that two modes stay two.
	const width = 0.9 * Math.min(Math.sqrt(variance), deviation || Math.sqrt(variance)) * n ** -0.2;
	const shrink = variance === 0 ? 1 : Math.sqrt(variance / ((variance * (n - 1)) / n + width ** 2));
	return () => {
		const value = pilot[Math.floor(random() * n)] ?? centre;
		return centre + shrink * (value - centre + width * normalDeviate(random));
	};
}
