import type { Finding, ProfileRun } from "../model/report.ts";
import { driftOf } from "../statistics/drift.ts";
import { isFirstSlow, outliersOf } from "../statistics/outliers.ts";
import { gridOf, twoModesOf } from "../statistics/shape.ts";
import { type Sample, sampleOf } from "./measure.ts";

/** A trend is told below this chance of an accident. */
const driftLevel = 0.01;

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
		twoModes(values),
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
	if (trend === undefined || trend.p > driftLevel) return undefined;
	return {
		code: "drift",
		message: `cold starts become ${trend.tau > 0 ? "slower" : "faster"} from round to round (p = ${trend.p.toPrecision(1)})`,
		hint: "the cluster changes while it is measured; `bench --blocks` makes the change fall on all profiles alike",
	};
}

function grid(values: readonly number[]): Finding | undefined {
	const stepMs = gridOf(values);
	if (stepMs === undefined) return undefined;
	return {
		code: "grid",
		message: `values lie ${stepMs / 1000} s apart, as if something waited for a tick`,
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
		hint: "one median describes neither; the activator can change how it reaches pods (mesh-compatibility-mode)",
	};
}
