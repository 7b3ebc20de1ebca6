import { type Finding, type Ledger, ledgerOf, type ProfileRun, type Report } from "../report/report.ts";
import { type Estimate, estimateOf } from "./estimate.ts";
import { type Observations, observationsOf } from "./observations.ts";
import { remarksOn } from "./remarks.ts";
import { measuresOf, sampleOf } from "./samples.ts";
import type { Range } from "./statistics/median.ts";
import { ratioOfMedians } from "./statistics/medians-apart.ts";
import { type Summary, summarize } from "./summary.ts";

/** A report with everything that its texts say of it, so that they render and do not compute. */
export interface Figures {
	report: Report;
	runs: readonly RunFigures[];
	/** The medians side by side, each compared with the first profile's. */
	readonly summary: Summary;
	/** How many times as long each further profile takes in total as the first one. */
	readonly ratios: readonly Ratio[];
}

/** The figures of one profile. */
export interface RunFigures {
	run: ProfileRun;
	ledger: Ledger;
	/** Of each measure that some counted cold start has; undefined where none has a value. */
	readonly medians: readonly { measure: string; estimate: Estimate | undefined }[];
	/** What may mislead a reader of the median of total. */
	readonly remarks: readonly Finding[];
	readonly observations: Observations;
}

/** The ratio of two medians of total. */
export interface Ratio {
	profile: string;
	/** The profile that it is compared with. */
	base: string;
	ratio: number;
	/** Undefined where one of the medians has none. */
	interval?: Range;
}

/** Computes each figure when it is first read, and once. */
export function figuresOf(report: Report): Figures {
	const runs = report.profiles.map(figuresOfRun);
	const summary = once(() => summarize(report));
	const ratios = once(() => ratiosOf(report));
	return {
		report,
		runs,
		get summary() {
			return summary();
		},
		get ratios() {
			return ratios();
		},
	};
}

function figuresOfRun(run: ProfileRun): RunFigures {
	const medians = once(() =>
		measuresOf(run).map((measure) => ({ measure, estimate: estimateOf(sampleOf(run, measure)) })),
	);
	const remarks = once(() => remarksOn(run));
	const observations = once(() => observationsOf(run));
	return {
		run,
		ledger: ledgerOf(run.coldStarts),
		get medians() {
			return medians();
		},
		get remarks() {
			return remarks();
		},
		get observations() {
			return observations();
		},
	};
}

function once<T>(compute: () => T): () => T {
	let computed: { value: T } | undefined;
	return () => {
		computed ??= { value: compute() };
		return computed.value;
	};
}

function ratiosOf({ profiles }: Report): Ratio[] {
	const [first, ...rest] = profiles.map((run) => ({
		name: run.profile.name,
		total: estimateOf(sampleOf(run, "total")),
	}));
	return rest.flatMap(({ name, total }): Ratio[] => {
		if (first?.total === undefined || total === undefined || !(first.total.medianMs > 0)) return [];
		const [own, others] = [total.interval, first.total.interval];
		const interval = own === undefined || others === undefined ? undefined : ratioOfMedians(own, others);
		const ratio = total.medianMs / first.total.medianMs;
		return [{ profile: name, base: first.name, ratio, ...(interval !== undefined && { interval }) }];
	});
}
