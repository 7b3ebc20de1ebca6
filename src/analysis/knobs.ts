import type { Variant } from "../profile/profile.ts";
import { ledgerOf, type ProfileRun, type Report } from "../report/report.ts";
import { type Change, compareReports } from "./comparison.ts";
import { type Price, phasesThatExplain } from "./price.ts";
import { usualQuestion } from "./significance.ts";
import type { Range } from "./statistics/median.ts";

/** What turning one knob did to the time of a cold start. */
export interface Knob extends Variant {
	/** The variant's name. */
	profile: string;
	/** Its title, or its name. */
	title: string;
	/**
	 * Faster or slower than its profile, by the rule of the table; no difference that this many cold starts show; too few
	 * of them to say anything; a knob that the simulated cluster does not have; nothing measured.
	 */
	outcome: "saves" | "costs" | "no-difference" | "unknown" | "not-simulated" | "not-measured";
	/** Of `total`, negative where the variant is slower; undefined where one side has no value. */
	savedMs?: number;
	/** Where the saving lies, 95 %; undefined where there are too few cold starts. */
	interval?: Range;
	/** Where a difference comes from: the phases that changed most with it, largest first, as milliseconds more. */
	phases?: Price["phases"];
	/** Why nothing was measured. */
	reason?: string;
	/** Whether it had an install of its own, so that the cluster may have changed meanwhile. */
	isApart: boolean;
}

/** The order in which outcomes are told: what saves most first, what says nothing last. */
const outcomes: readonly Knob["outcome"][] = [
	"saves",
	"no-difference",
	"costs",
	"unknown",
	"not-simulated",
	"not-measured",
];

/**
 * What each variant of a report saves of its profile's `total`, largest first. A difference is one if the table of the
 * medians says so: it is tested together with the report's other profiles, or else with the other variants (Holm).
 */
export function knobsOf(report: Report): Knob[] {
	const measured = report.profiles.flatMap((run) => {
		const { variant } = run.profile;
		const isSetAside = report.unmeasured?.some(({ profile }) => profile === run.profile.name) === true;
		return variant === undefined || isSetAside ? [] : [knobOf(report, run, variant)];
	});
	const missing = (report.unmeasured ?? []).map(
		({ profile, variant, reason = "the run ended before its turn" }): Knob => ({
			...variant,
			profile,
			title: profile,
			outcome: "not-measured",
			reason,
			isApart: false,
		}),
	);
	const place = ({ outcome }: Knob) => outcomes.indexOf(outcome);
	return [...measured, ...missing].sort((a, b) => place(a) - place(b) || (b.savedMs ?? 0) - (a.savedMs ?? 0));
}

function knobOf(report: Report, run: ProfileRun, variant: Variant): Knob {
	const { name: profile, title = profile } = run.profile;
	const { blocks = 1, turns = [] } = report.order ?? {};
	const isApart = blocks === 1 && !turns.some((names) => names.includes(profile) && names.includes(variant.of));
	const knob = { ...variant, profile, title, isApart };
	const base = report.profiles.find((other) => other.profile.name === variant.of);
	const change = base && changeOf(report, run, base);
	if (base === undefined || change === undefined)
		return { ...knob, outcome: "not-measured", reason: whyNot(base, run, variant) };
	const { ms, interval: shift, isSignificant } = change;
	const interval = shift === undefined ? undefined : { lo: -shift.hi, hi: -shift.lo };
	const found = { ...knob, savedMs: -ms, ...(interval !== undefined && { interval }) };
	if (isSignificant) {
		return { ...found, outcome: ms < 0 ? "saves" : "costs", phases: phasesThatExplain(base, run, ms) };
	}
	if (run.findings.some(({ code }) => code === "not-simulated")) return { ...knob, outcome: "not-simulated" };
	const isBounded = interval !== undefined && Number.isFinite(interval.lo) && Number.isFinite(interval.hi);
	return { ...found, outcome: isBounded ? "no-difference" : "unknown" };
}

/** The variant's change of `total`, as the report's table has it where its first column is the variant's profile. */
function changeOf(report: Report, run: ProfileRun, base: ProfileRun): Change | undefined {
	const family = report.profiles.filter((other) => other === run || other.profile.variant?.of === base.profile.name);
	const profiles = report.profiles[0] === base ? report.profiles : [base, ...family.filter((other) => other !== base)];
	const [table] = compareReports([{ label: "", report: { ...report, profiles } }], { by: "profile" });
	const total = table?.rows.find(({ measure }) => measure === usualQuestion);
	return total?.cells[profiles.indexOf(run)]?.change;
}

function whyNot(base: ProfileRun | undefined, run: ProfileRun, { of }: Variant): string {
	const { attempted, counted } = ledgerOf(run.coldStarts);
	if (counted === 0) return `none of ${attempted} attempts counted`;
	if (base === undefined) return `${of} is not in this report, so there is nothing to compare with`;
	return `${of} has no cold start that counts, so there is nothing to compare with`;
}
