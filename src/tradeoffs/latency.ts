import { medianInterval, type Range } from "../analysis/statistics/median.ts";
import { quantileEstimate } from "../analysis/statistics/quantile.ts";
import type { Profile } from "../profile/profile.ts";
import type { Amount, TradeoffCell } from "../report/tradeoffs.ts";
import { notTested, seen } from "./cells.ts";
import { cellOfDifference, isWithoutProxy } from "./slower.ts";

/** How long warm requests took in one visit, ms, in order of time. */
export interface WarmLatencies {
	ownMs: readonly number[];
	/** The same image without a proxy, asked in turns with the service, a block of requests each. */
	besideMs: readonly number[];
	/** Of each two blocks that follow each other, how much longer the service's median is. */
	shiftsMs: readonly number[];
	/** The rate of all requests together. */
	perSecond: number;
}

/** What is known of a profile's warm requests. */
export interface Latencies {
	profile: Profile;
	/** Undefined where they were not measured. */
	latencies?: WarmLatencies;
}

/** Less than this is nothing that a caller feels. */
const leastLatencyMs = 0.3;
const column = "latency";

/**
 * The cell "response latency" of a profile: how much longer a warm request takes than one to the same image without a
 * proxy, which took turns with it in the same visit; p50, p90 and p99 of both with their ranges; and the policy's own share.
 */
export function latencyCell({ profile, latencies }: Latencies, all: readonly Latencies[]): TradeoffCell | undefined {
	if (latencies === undefined) return undefined;
	const { ownMs, besideMs, shiftsMs, perSecond } = latencies;
	const [own, beside] = [quantiles(ownMs), quantiles(besideMs)];
	const amounts = [...own, ...beside.map((each) => ({ ...each, name: `${besideMark}${each.name}` }))];
	const words = (shown: readonly Amount[]) => shown.map(amountWords).join(", ");
	const asked = `warm requests take ${words(own)} (${ownMs.length} on one connection, without the activator)`;
	const compared = `those to the same image without a proxy ${words(beside)} (${besideMs.length} on another one)`;
	const shift = shiftOf(latencies);
	if (shift === undefined) return notTested(column, `too few to tell: ${asked}; ${compared}`, amounts);
	const turns = `compared in ${shiftsMs.length} pairs of blocks that took turns, ${perSecond} requests a second: the median pair differs by ${amountWords(shift)}`;
	const evidence = [asked, compared, turns];
	if (isWithoutProxy(profile)) return controlCell(shift, { evidence, amounts });
	const share = policyShare(shift, profile, all);
	if (share !== undefined) evidence.push(share.words);
	return cellOfDifference(column, {
		ms: shift.value,
		range: rangeOf(shift),
		leastMs: leastLatencyMs,
		evidence: evidence.join("; "),
		amounts: [...amounts, ...(share === undefined ? [] : [share.amount])],
	});
}

/** Before the names of the numbers of requests without a proxy. */
export const besideMark = "without a proxy, ";

/** Both have no proxy: what differs is the method's own error, and nothing that the profile costs. */
function controlCell(
	shift: Amount,
	{ evidence, amounts }: { evidence: readonly string[]; amounts: readonly Amount[] },
): TradeoffCell {
	const range = rangeOf(shift);
	const shown = [shift, ...amounts];
	if (range === undefined) return notTested(column, `too few to tell: ${evidence.join("; ")}`, shown);
	const holdsZero = range.lo <= 0 && range.hi >= 0;
	const control = holdsZero
		? "both are of the same shape (an A/A control), and 0 is in the range, as it must be"
		: "both are of the same shape (an A/A control), and yet 0 is not in the range: so much of a difference is the method's own error";
	const all = [...evidence, control].join("; ");
	if (Math.max(Math.abs(range.lo), Math.abs(range.hi)) < leastLatencyMs) {
		return seen(column, false, { evidence: all, amounts: shown });
	}
	return notTested(column, `too uncertain to tell: ${all}`, shown);
}

/** The median of the pairs' differences, with its range. */
function shiftOf({ shiftsMs }: WarmLatencies): Amount | undefined {
	const estimate = medianInterval(shiftsMs);
	if (estimate === undefined) return undefined;
	const { median, interval } = estimate;
	const range = interval === undefined ? {} : { lo: interval.lo, hi: interval.hi };
	return { name: "difference", value: median, unit: "ms", ...range };
}

function rangeOf({ lo, hi }: Amount): Range | undefined {
	return lo === undefined || hi === undefined ? undefined : { lo, hi };
}

/**
 * What the policy check takes: the profile's difference beside that of a profile which differs by its policy alone. What
 * the cluster did between the two visits is in neither, for each is a difference within one.
 */
function policyShare(own: Amount, profile: Profile, all: readonly Latencies[]) {
	if (profile.policy.length === 0) return undefined;
	const twin = all.find((each) => each.profile.policy.length === 0 && isAlikeButForPolicy(each.profile, profile));
	const base = twin?.latencies === undefined ? undefined : shiftOf(twin.latencies);
	const range = base === undefined ? undefined : differenceOf(own, base);
	if (twin === undefined || base === undefined || range === undefined) return undefined;
	const amount: Amount = { name: "policy check", value: own.value - base.value, unit: "ms", ...range };
	return {
		amount,
		words: `the policy's own share beside the difference of ${twin.profile.name}: ${amountWords(amount)}`,
	};
}

/** Whether the two put the same around and into a pod, but for policies and whom they ask. */
function isAlikeButForPolicy(one: Profile, other: Profile): boolean {
	const rest = ({ istio, namespaceLabels, meshCompatibilityMode, security, podAnnotations }: Profile) =>
		JSON.stringify([istio.components, istio.values, namespaceLabels, meshCompatibilityMode, security, podAnnotations]);
	return rest(one) === rest(other);
}

/** Each range is wrong with a chance of 5 %; the difference lies where both say. */
function differenceOf(own: Amount, base: Amount): Range | undefined {
	if (own.lo === undefined || own.hi === undefined || base.lo === undefined || base.hi === undefined) return undefined;
	return { lo: own.lo - base.hi, hi: own.hi - base.lo };
}

function quantiles(values: readonly number[]): Amount[] {
	const bounded = values.map((ms) => ({ ms, loMs: ms, hiMs: ms }));
	return [0.5, 0.9, 0.99].flatMap((p): Amount[] => {
		const estimate = quantileEstimate(bounded, p, 0.975);
		if (estimate === undefined || estimate.lower === undefined || estimate.upper === undefined) return [];
		const { quantile, lower, upper } = estimate;
		return [{ name: `p${p * 100}`, value: quantile, unit: "ms", lo: lower, hi: upper }];
	});
}

function amountWords({ name, value, lo, hi }: Amount): string {
	const range = lo === undefined || hi === undefined ? "" : ` [${lo.toFixed(2)}, ${hi.toFixed(2)}]`;
	return `${name === "difference" ? "" : `${name} `}${value.toFixed(2)} ms${range}`;
}
