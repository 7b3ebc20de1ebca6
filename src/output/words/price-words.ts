import type { Price } from "../../analysis/price.ts";
import { oneLine } from "../../text/one-line.ts";
import { formatRatio } from "./amounts.ts";
import { duration, signedDuration } from "./units.ts";

/** A sentence for each profile beside the first: how many times as long it takes, and which phases that is. */
export function priceSentences(prices: readonly Price[]): string[] {
	return prices.map(sentence);
}

function sentence({ profile, base, ratio, ratioRange, totalMs, phases }: Price): string {
	const factor = formatRatio(ratio, ratioRange);
	const where = phases.map(({ name, ms }) => `${duration(Math.abs(ms))} ${oneLine(name)}`).join(", ");
	const reason = where === "" ? "" : `: ${totalMs < 0 ? "saves " : ""}${where}`;
	return `${oneLine(profile)} takes ${factor} as long to start as ${oneLine(base)} (${signedDuration(totalMs)})${reason}`;
}
