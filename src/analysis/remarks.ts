import type { Finding, ProfileRun } from "../report/report.ts";
import { type DrainingGroup, drainingOf } from "./draining.ts";
import { type Sample, sampleOf } from "./samples.ts";
import { driftOf } from "./statistics/drift.ts";
import { medianOf } from "./statistics/median.ts";
import { isFirstSlow, outliersOf } from "./statistics/outliers.ts";
import { mannWhitney } from "./statistics/rank-sum.ts";
import { gridOf, twoModesOf } from "./statistics/shape.ts";

/** A trend, or two kinds, are reported below this chance of an accident. */
const accidentLevel = 0.01;

/**
 * What is odd about the cold starts of a profile and may mislead a reader of their median. Nothing is dropped for it,
 * and no verdict changes.
 */
export function remarksOn(run: ProfileRun, measure = "total"): Finding[] {
	const sample = sampleOf(run, measure);
	const values = sample.values.map((value) => value.ms);
	const isSlow = isFirstSlow(values);
	const remarks = [
		isSlow ? slowFirst(sample) : undefined,
		outliers(sample, values, isSlow),
		drift(values),
		grid(values),
		measure === "total" ? drained(run) : undefined,
		measure === "total" ? (twoWays(run) ?? twoModes(values)) : twoModes(values),
	].filter((remark) => remark !== undefined);
	return remarks.map(({ message, ...rest }) => ({ ...rest, message: `${measure} in ${run.profile.name}: ${message}` }));
}

function slowFirst({ rounds }: Sample): Finding {
	return {
		code: "slow-first",
		message: `the first cold start, round ${rounds[0]}, is far slower than the others`,
		hint: "something was still warming up: an image, a cache or a freshly started component",
	};
}

function outliers({ rounds }: Sample, values: readonly number[], isFirstTold: boolean): Finding | undefined {
	const far = outliersOf(values).filter((index) => !(isFirstTold && index === 0));
	if (far.length === 0) return undefined;
	const named = far.map((index) => `round ${rounds[index]} (${Math.round(values[index] ?? 0)} ms)`);
	return {
		code: "outliers",
		message: `${named.join(", ")} ${far.length === 1 ? "lies" : "lie"} far from the rest`,
		hint: "the median hardly minds them; look into the recording for what happened there",
	};
}

function drift(values: readonly number[]): Finding | undefined {
	const trend = driftOf(values);
	if (trend === undefined || trend.p > accidentLevel) return undefined;
	return {
		code: "drift",
		message: `cold starts become ${trend.tau > 0 ? "slower" : "faster"} from round to round (p = ${trend.p.toPrecision(1)})`,
		hint: "the cluster changes while it is measured; `bench --blocks` makes the change fall on all profiles alike",
	};
}

/** What is known to happen once in so many ms. */
const ticks: Record<number, string> = {
	1000: "kubelet, which up to 1.35 looks at its containers once a second, or a startup probe, which it sends as often",
	2000: "the autoscaler, which decides every 2 s",
	10000: "kubelet's readiness probe of queue-proxy, which is sent every 10 s, or a back-off of as long",
};

function grid(values: readonly number[]): Finding | undefined {
	const stepMs = gridOf(values);
	if (stepMs === undefined) return undefined;
	return {
		code: "grid",
		message: `values lie ${stepMs / 1000} s apart, as if something waited for ${ticks[stepMs] ?? "a tick"}`,
		hint: "a median on a grid moves in leaps; judge a share instead, such as share(> 4s)",
	};
}

function twoModes(values: readonly number[]): Finding | undefined {
	const modes = twoModesOf(values);
	if (modes === undefined) return undefined;
	const group = ({ median, n }: { median: number; n: number }) => `${n} around ${Math.round(median)} ms`;
	return {
		code: "two-modes",
		message: `there are two kinds of cold starts: ${group(modes.lower)}, ${group(modes.upper)}`,
		hint: `one median describes neither; a likely cause is that ${stickyActivator}`,
	};
}

const stickyActivator =
	"the activator stops to probe pods after a first failure, and waits for Ready from then on (knative/serving#15477); pin mesh-compatibility-mode";

/** Fewer of one kind are outliers. */
const leastOfKind = 3;

/** The two ways to an answer, where one of them is the slower. */
function twoWays(run: ProfileRun): Finding | undefined {
	const starts = run.coldStarts.filter(({ counted, total }) => counted && total !== undefined);
	const totals = (isProbed: boolean) =>
		starts.filter(({ phases }) => "probing" in phases === isProbed).map(({ total }) => total?.ms ?? Number.NaN);
	const [probed, waited] = [totals(true), totals(false)];
	if (Math.min(probed.length, waited.length) < leastOfKind) return undefined;
	const p = mannWhitney(probed, waited)?.p ?? 1;
	if (p > accidentLevel) return undefined;
	const group = (values: number[]) => `${values.length} around ${Math.round(medianOf(values) ?? 0)} ms`;
	return {
		code: "two-modes",
		message: `there are two kinds of cold starts: ${group(probed)} were answered as the activator's own probe found the pod, ${group(waited)} only when it was Ready`,
		hint: `one median describes neither; ${stickyActivator}`,
	};
}

/** Copies in rotation must not disturb each other: cold starts beside fewer and beside more of their pods are compared. */
function drained(run: ProfileRun): Finding | undefined {
	const difference = drainingOf(run);
	if (difference === undefined || difference.p > accidentLevel) return undefined;
	const { fewer, more, p } = difference;
	const group = ({ upTo, medianMs, n }: DrainingGroup) => `${n} beside ${upTo} around ${Math.round(medianMs)} ms`;
	return {
		code: "draining-matters",
		message: `cold starts take another time where more pods of other copies are still there: ${group(fewer)}, ${group(more)} (p = ${p.toPrecision(1)})`,
		hint: "the nodes have little room for it; measure with --copies 1, which waits until no other pod is there",
	};
}
