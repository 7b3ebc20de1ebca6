import { sampleOf } from "../analysis/samples.ts";
import { shiftBetween } from "../analysis/shift.ts";
import { medianOf, type Range } from "../analysis/statistics/median.ts";
import { quantileEstimate } from "../analysis/statistics/quantile.ts";
import type { Profile } from "../profile/profile.ts";
import type { ProfileRun, Report } from "../report/report.ts";
import type { Amount, TradeoffCell } from "../report/tradeoffs.ts";
import { notTested, seen } from "./cells.ts";

/** The one that the others are compared with: nothing of Istio is in or under its pods. */
export function referenceOf<P extends Profile>(profiles: readonly P[]): P | undefined {
	return profiles.find(({ promises, istio }) => promises.sidecar === "none" && !istio.components.ztunnel);
}

const noReference = "there is no profile without a proxy beside it to compare with, such as minimal";

/** How much longer something takes than with the reference. */
interface Difference {
	ms: number;
	range: Range | undefined;
	/** What matters: a difference that is surely smaller counts as none. */
	leastMs: number;
	/** In words, with its numbers. */
	evidence: string;
	amounts: readonly Amount[];
}

/** Slower is observed where the whole range says so, and refuted where the whole range is too small to matter. */
function cellOf(column: string, { ms, range, leastMs, evidence, amounts }: Difference): TradeoffCell {
	const shown: Amount = {
		name: "difference",
		value: ms,
		unit: "ms",
		...(range === undefined ? {} : finite(range)),
	};
	const all = [shown, ...amounts];
	if (range === undefined) return notTested(column, `too few to tell: ${evidence}`, all);
	if (range.lo > 0 && ms >= leastMs) return seen(column, true, { evidence, amounts: all });
	if (range.hi < leastMs) return seen(column, false, { evidence, amounts: all });
	return notTested(column, `too close to tell: ${evidence}`, all);
}

const finite = ({ lo, hi }: Range) => ({
	...(Number.isFinite(lo) ? { lo } : {}),
	...(Number.isFinite(hi) ? { hi } : {}),
});

/** A cold start that is longer by less is nothing to choose a profile by; the gate ignores as much. */
const leastColdStart = { ms: 100, share: 0.1 };

/** The cell "longer cold start" of a profile, from the report of a run; undefined report where none was given. */
export function coldStartCell(
	profile: Profile,
	profiles: readonly Profile[],
	report: Report | undefined,
): TradeoffCell {
	const column = "cold-start";
	if (report === undefined)
		return notTested(column, "no cold starts were measured here; give a run's report by --report");
	const reference = referenceOf(profiles);
	if (reference === undefined) return notTested(column, noReference);
	const runOf = (name: string): ProfileRun | undefined => report.profiles.find((run) => run.profile.name === name);
	const [run, base] = [runOf(profile.name), runOf(reference.name)];
	const lacking = run === undefined ? profile.name : base === undefined ? reference.name : undefined;
	if (run === undefined || base === undefined) return notTested(column, `the report has no cold starts of ${lacking}`);
	const [sample, before] = [sampleOf(run, "total"), sampleOf(base, "total")];
	const own = medianOf(sample.values.map(({ ms }) => ms));
	const others = medianOf(before.values.map(({ ms }) => ms));
	const shift = shiftBetween(before, sample, 0.95);
	if (own === undefined || others === undefined || shift === undefined) {
		return notTested(column, "the report has no cold start of it that counts");
	}
	const amounts: Amount[] = [{ name: "p50", value: own, unit: "ms" }];
	const from = `in the report of ${report.startedAt}`;
	if (profile.name === reference.name) {
		const evidence = `the others are compared with it: median ${seconds(own)} of ${sample.values.length} ${from}`;
		return seen(column, false, { evidence, amounts });
	}
	const evidence = `median ${seconds(own)} of ${sample.values.length}, beside ${seconds(others)} of ${before.values.length} in ${reference.name}, ${from}`;
	const leastMs = Math.max(leastColdStart.ms, leastColdStart.share * others);
	return cellOf(column, {
		ms: shift.ms,
		range: shift.interval,
		leastMs,
		evidence,
		amounts,
	});
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;

/** Less than this is nothing that a caller feels, and within what two runs of one profile differ by. */
const leastLatencyMs = 0.3;

/** What is known of a profile's warm requests. */
export interface Latencies {
	profile: Profile;
	/** In order of time; undefined where they were not measured. */
	latenciesMs?: readonly number[];
}

/** The cell "response latency" of a profile: its median beside the reference's, and p50, p90 and p99 with their ranges. */
export function latencyCell({ profile, latenciesMs }: Latencies, all: readonly Latencies[]): TradeoffCell | undefined {
	const column = "latency";
	if (latenciesMs === undefined) return undefined;
	const amounts = [0.5, 0.9, 0.99].flatMap((p) => quantileAmount(latenciesMs, p));
	const own = amounts.find(({ name }) => name === "p50");
	const words = `warm requests take ${amounts.map(amountWords).join(", ")} (${latenciesMs.length} on one connection, without the activator)`;
	const reference = referenceOf(all.map((each) => each.profile));
	const others = all.find((each) => each.profile.name === reference?.name)?.latenciesMs;
	const base = others === undefined ? undefined : quantileAmount(others, 0.5)[0];
	if (own === undefined || base === undefined || reference === undefined) {
		return notTested(column, `${noReference}; ${words}`, amounts);
	}
	if (profile.name === reference.name) {
		return seen(column, false, { evidence: `the others are compared with it: ${words}`, amounts });
	}
	const ms = own.value - base.value;
	const share = policyShare(own, profile, all);
	const evidence = [
		words,
		`beside a median of ${base.value.toFixed(2)} ms with ${reference.name}, ${apart}`,
		...(share === undefined ? [] : [share.words]),
	].join("; ");
	const shown = [...amounts, ...(share === undefined ? [] : [share.amount])];
	return cellOf(column, { ms, range: differenceOf(own, base), leastMs: leastLatencyMs, evidence, amounts: shown });
}

/** Profiles cannot take turns within a minute: each needs an install of its own. */
const apart = "measured in another visit and not in turns, so that what the cluster did meanwhile is in the difference";

/** What the policy check takes of a median: the profile's beside that of a profile which differs by its policy alone. */
function policyShare(own: Amount, profile: Profile, all: readonly Latencies[]) {
	if (profile.policy.length === 0) return undefined;
	const twin = all.find((each) => each.profile.policy.length === 0 && isAlikeButForPolicy(each.profile, profile));
	const base = twin?.latenciesMs === undefined ? undefined : quantileAmount(twin.latenciesMs, 0.5)[0];
	const range = base === undefined ? undefined : differenceOf(own, base);
	if (twin === undefined || base === undefined || range === undefined) return undefined;
	const amount: Amount = { name: "policy check", value: own.value - base.value, unit: "ms", ...range };
	return { amount, words: `the policy's own share beside ${twin.profile.name}: ${amountWords(amount)}` };
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

function quantileAmount(values: readonly number[], p: number): Amount[] {
	const bounded = values.map((ms) => ({ ms, loMs: ms, hiMs: ms }));
	const estimate = quantileEstimate(bounded, p, 0.975);
	if (estimate === undefined || estimate.lower === undefined || estimate.upper === undefined) return [];
	const { quantile, lower, upper } = estimate;
	return [{ name: `p${p * 100}`, value: quantile, unit: "ms", lo: lower, hi: upper }];
}

function amountWords({ name, value, lo, hi }: Amount): string {
	const range = lo === undefined || hi === undefined ? "" : ` [${lo.toFixed(2)}, ${hi.toFixed(2)}]`;
	return `${name} ${value.toFixed(2)} ms${range}`;
}
