import { falseDiscoveryRates } from "./statistics/false-discovery.ts";
import { holm } from "./statistics/holm.ts";

/** A difference that was tested, and what the test is worth among the others. */
export interface Tested {
	/** Of the test alone, two-sided. */
	p: number;
	/** Whether it answers "did it get slower": `total`, unless the user asks for something else. */
	isQuestion: boolean;
	/** Whether it says where a difference of the whole comes from, which is known to be there. */
	isExplanation: boolean;
	/** Of an explanation the rate of false discoveries; else a p-value of its family, to be held against the level. */
	adjustedP: number;
	isSignificant: boolean;
}

/** The measure that is asked about, unless the user asks for others. */
export const usualQuestion = "total";

/** Of the level, for the questions. */
const questionShare = 0.8;

/** The rate of false discoveries among explanations, as a multiple of the level: 10 % at 5 %. */
const discoveryFactor = 2;

/** The level that all questions of a judgement share. */
export function questionLevel(alpha: number): number {
	return questionShare * alpha;
}

/**
 * Tells which of all differences are significant; a group is what one column of a table compares. The one rule of
 * `check`, `compare` and the table of `bench`: of the same files they say the same.
 *
 * "Did it get slower" is asked of few measures and is protected against any false alarm, with most of the level (Holm).
 * "Where" is searched for only where the answer is yes: among the many phases of such a group one in ten that are named
 * may be false (Benjamini and Hochberg). Elsewhere the phases share the rest of the level (Holm), so that no more than
 * `alpha` of judgements of unchanged code name anything.
 */
export function weigh(groups: readonly (readonly Tested[])[], alpha: number): void {
	const all = groups.flat();
	const questions = all.filter(({ isQuestion }) => isQuestion);
	const others = all.filter(({ isQuestion }) => !isQuestion);
	share(questions, questionShare, alpha);
	share(others, 1 - questionShare, alpha);
	const explanations = groups
		.filter((group) => group.some(({ isQuestion, isSignificant }) => isQuestion && isSignificant))
		.flatMap((group) => group.filter(({ isQuestion }) => !isQuestion));
	for (const [index, rate] of falseDiscoveryRates(explanations.map(({ p }) => p)).entries()) {
		const test = explanations[index];
		if (test === undefined) continue;
		test.isExplanation = true;
		test.adjustedP = rate;
		test.isSignificant = rate <= discoveryFactor * alpha;
	}
}

/** Gives a family a share of the level; its p-values are made comparable to the whole. */
function share(tests: readonly Tested[], part: number, alpha: number): void {
	for (const [index, p] of holm(tests.map(({ p }) => p)).entries()) {
		const test = tests[index];
		if (test === undefined) continue;
		test.adjustedP = Math.min(1, p / part);
		test.isSignificant = test.adjustedP <= alpha;
	}
}
