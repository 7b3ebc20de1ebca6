import { type ColdStart, type Finding, type Ledger, ledgerOf, type ProfileRun, type Report } from "../report/report.ts";
import { type BurstFigures, burstsOf } from "./bursts.ts";
import { type Crowding, crowdingOf } from "./crowds.ts";
import { type Estimate, estimateOf } from "./estimate.ts";
import { isShownFiner, withFinerPhases } from "./finer.ts";
import { type Knob, knobsOf } from "./knobs.ts";
import { confidenceOf } from "./looks.ts";
import { type Observations, observationsOf } from "./observations.ts";
import { type Price, pricesOf } from "./price.ts";
import { type FirstStart, firstStartsOf } from "./pulls.ts";
import { remarksOn } from "./remarks.ts";
import { measuresOf, sampleOf } from "./samples.ts";
import { type Summary, summarize } from "./summary.ts";
import { typicalStart } from "./typical-start.ts";

/** A report with everything that its texts say of it, so that they render and do not compute. */
export interface Figures {
	report: Report;
	runs: readonly RunFigures[];
	/** The medians side by side, each compared with the first profile's. */
	readonly summary: Summary;
	/** What each further profile costs beside the first one. */
	readonly prices: readonly Price[];
	/** What each variant saves beside its profile, largest first; empty where there is no variant. */
	readonly knobs: readonly Knob[];
}

/** The figures of one profile. */
export interface RunFigures {
	run: ProfileRun;
	ledger: Ledger;
	/** Of each measure that some counted cold start has; undefined where none has a value. */
	readonly medians: readonly { measure: string; estimate: Estimate | undefined }[];
	/** Of total; undefined where no cold start has a value. */
	readonly total: Estimate | undefined;
	/** The cold start with the median total, whose phases add up to it. */
	readonly typical: ColdStart | undefined;
	/** Whether the finer phases of its cold starts are shown, where they have them. */
	readonly isFiner: boolean;
	/** What may mislead a reader of the median of total. */
	readonly remarks: readonly Finding[];
	readonly observations: Observations;
	/** With the pull of images; empty where they were not asked for. */
	readonly firstStarts: readonly FirstStart[];
	/** Services asked in the same instant, by their number; empty where there was no burst. */
	readonly bursts: readonly BurstFigures[];
	/** Undefined where no idle services were there. */
	readonly crowding: Crowding | undefined;
}

/** Computes each figure when it is first read, and once. */
export function figuresOf(report: Report): Figures {
	const isFiner = isShownFiner(report.profiles);
	const runs = report.profiles.map((run) => figuresOfRun(run, isFiner));
	const shown = once(() => (isFiner ? withFinerPhases(report) : report));
	const summary = once(() => summarize(shown()));
	const prices = once(() => pricesOf(shown()));
	const knobs = once(() => knobsOf(report));
	return {
		report,
		runs,
		get summary() {
			return summary();
		},
		get prices() {
			return prices();
		},
		get knobs() {
			return knobs();
		},
	};
}

function figuresOfRun(run: ProfileRun, isFiner: boolean): RunFigures {
	const confidence = confidenceOf(run);
	const medians = once(() =>
		measuresOf(run).map((measure) => ({ measure, estimate: estimateOf(sampleOf(run, measure), confidence) })),
	);
	const total = once(() => estimateOf(sampleOf(run, "total"), confidence));
	const typical = once(() => typicalStart(run));
	const remarks = once(() => remarksOn(run));
	const observations = once(() => observationsOf(run));
	const bursts = once(() => burstsOf(run));
	const crowding = once(() => crowdingOf(run));
	return {
		run,
		isFiner,
		ledger: ledgerOf(run.coldStarts),
		get medians() {
			return medians();
		},
		get total() {
			return total();
		},
		get typical() {
			return typical();
		},
		get remarks() {
			return remarks();
		},
		get observations() {
			return observations();
		},
		get firstStarts() {
			return firstStartsOf(run);
		},
		get bursts() {
			return bursts();
		},
		get crowding() {
			return crowding();
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
