import type { Amount, TradeoffCell } from "../report/tradeoffs.ts";

const withAmounts = (amounts: readonly Amount[]) => (amounts.length === 0 ? {} : { amounts: [...amounts] });

/** A cell for what was looked for: it is there, or it is not. */
export function seen(
	column: string,
	isThere: boolean,
	{ evidence, amounts = [] }: { evidence: string; amounts?: readonly Amount[] },
): TradeoffCell {
	return {
		column,
		answer: isThere ? "observed" : "refuted",
		evidence,
		...withAmounts(amounts),
	};
}

/** A cell that nobody may rely on. @param why it could not be tested */
export function notTested(column: string, why: string, amounts: readonly Amount[] = []): TradeoffCell {
	return {
		column,
		answer: "not-tested",
		evidence: why,
		...withAmounts(amounts),
	};
}
