import { UsageError } from "../errors.ts";
import { ledgerOf, type ProfileRun, type Report } from "../report/report.ts";
import { measuresOf, sampleOf } from "./samples.ts";
import { questionLevel } from "./significance.ts";
import { leastCountForPower, type Power } from "./statistics/power.ts";

/** What a run shall be able to show. */
export interface PlanQuestion {
	/** The slow-down that `check` shall find, in milliseconds. */
	detectMs: number;
	/** How surely, 0 … 1: that a slow-down of `detectMs` is a breach, and that none is a pass. */
	power: number;
	/** The smallest shift that `check` will call a regression; half of `detectMs` unless given. */
	minimumEffectMs?: number;
	measure?: string;
	alpha?: number;
	seed?: number;
}

export interface Plan {
	/** Set where the pilot comes from a simulated cluster: its model. */
	simulated?: string;
	detectMs: number;
	power: number;
	minimumEffectMs: number;
	measure: string;
	/** How many comparisons Holm has to allow for. */
	comparisons: number;
	profiles: ProfilePlan[];
	/** Cold starts of every profile, so that each has enough; undefined where one has no answer. */
	iterations?: number;
	/** Of the whole run, installations included; undefined where the pilot does not tell. */
	minutes?: number;
}

export interface ProfilePlan {
	profile: string;
	/** Cold starts of the pilot. */
	pilot: number;
	/** Cold starts that count, and the powers they have; undefined where not even 1,000 are enough. */
	needed?: Power;
	/** Attempts for that many to count, as in the pilot. */
	iterations?: number;
}

/** Where both errors cost about as much: the limit is as far from no slow-down as from the one to be found. */
const defaultEffect = 0.5;

/** With fewer cold starts a pilot knows its own spread too badly to plan by. */
const leastPilot = 5;

/**
 * Plans a run from a pilot of the same profiles: simulates the gate on the pilot's values, with and without a
 * slow-down, for Holm's strictest step.
 *
 * Throws a `UsageError` where the pilot is too small, or the question has no answer.
 */
export function planRun(pilot: Report, question: PlanQuestion): Plan {
	const { detectMs, power, measure = "total", alpha = 0.05, seed = 1 } = question;
	if (!(power > 0 && power < 1)) {
		throw new UsageError(`a power of ${power} is none: it lies between 0 and 1`, { hint: "0.8 is usual" });
	}
	if (!(detectMs > 0)) throw new UsageError("a slow-down to detect is larger than 0 ms", { hint: "such as 200ms" });
	const minimumEffectMs = question.minimumEffectMs ?? detectMs * defaultEffect;
	if (minimumEffectMs >= detectMs) {
		throw new UsageError(
			`a slow-down of ${detectMs} ms cannot be found by a check whose minimum effect is ${minimumEffectMs} ms`,
			{ hint: "give a --min-effect well below --detect; half of it is the default" },
		);
	}
	// One question a profile; its phases explain and take nothing from the level.
	const comparisons = pilot.profiles.length;
	const profiles = pilot.profiles.map((run): ProfilePlan => {
		const values = sampleOf(run, measure).values.map((value) => value.ms);
		requirePilot(run, measure, values.length);
		const simulated = {
			pilot: values,
			shift: detectMs,
			minimumEffect: minimumEffectMs,
			alpha: questionLevel(alpha) / comparisons,
			seed,
		};
		const needed = leastCountForPower(power, simulated);
		const plan = { profile: run.profile.name, pilot: values.length };
		return needed === undefined ? plan : { ...plan, needed, iterations: Math.ceil(needed.n / countedShare(run)) };
	});
	const simulated = pilot.simulated === undefined ? {} : { simulated: pilot.simulated.model };
	const plan: Plan = { ...simulated, detectMs, power, minimumEffectMs, measure, comparisons, profiles };
	const iterations = profiles.map((profile) => profile.iterations);
	if (iterations.length === 0 || iterations.some((count) => count === undefined)) return plan;
	plan.iterations = Math.max(...iterations.map((count) => count ?? 0));
	const minutes = minutesFor(pilot, plan.iterations);
	return minutes === undefined ? plan : { ...plan, minutes };
}

function requirePilot(run: ProfileRun, measure: string, count: number): void {
	if (count >= leastPilot) return;
	throw new UsageError(
		`the pilot has ${count} cold starts of ${run.profile.name} with ${measure}; ${leastPilot} are the least to plan by, 20 are good`,
		{ hint: `measured: ${measuresOf(run).join(", ") || "nothing"}` },
	);
}

/** Of the attempts in measured rounds, those that counted. */
function countedShare(run: ProfileRun): number {
	const { attempted, counted } = ledgerOf(run.coldStarts.filter((start) => start.round > 0 || start.counted));
	return counted / attempted;
}

/** As long an attempt as the pilot's took on average, for all profiles, and its installations once more. */
function minutesFor(pilot: Report, iterations: number): number | undefined {
	const starts = pilot.profiles.map((run) => run.coldStarts.map((start) => Date.parse(start.requestSentAt)));
	const sent = starts.flat().filter((time) => !Number.isNaN(time));
	if (sent.length < 2) return undefined;
	const installMs = pilot.profiles.reduce((sum, run) => sum + (run.installMs ?? 0), 0);
	const spanMs = Math.max(...sent) - Math.min(...sent);
	// Between the first and the last request all but the first profile were installed.
	const laterInstallsMs = installMs - (pilot.profiles[0]?.installMs ?? 0);
	const attemptMs = Math.max(0, spanMs - laterInstallsMs) / (sent.length - 1);
	return (iterations * pilot.profiles.length * attemptMs + installMs) / 60_000;
}
