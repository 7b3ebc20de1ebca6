import { UsageError } from "../errors.ts";
import type { ProfileRun, Report } from "../report/report.ts";
import { measuresOf, sampleOf } from "./samples.ts";
import { questionLevel } from "./significance.ts";
import { type BoundedMs, medianOf } from "./statistics/median.ts";
import { jobPowerAt, leastCountForPower, type Power, type PowerQuestion } from "./statistics/power.ts";
import { spreadRange } from "./statistics/spread-range.ts";

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
	/** Attempts of every profile, so that the whole job is as sure as asked; undefined where 1,000 are not enough. */
	iterations?: number;
	/** Where `iterations` lies for 8 of 10 pilots of this size; without `hi` it may be more than 1,000. */
	range?: { lo: number; hi?: number };
	/** Of a job of that many: every profile has to pass, and a slow-down is in the profile that shows it worst. */
	job?: Power;
	/** Of the whole run, installations included; undefined where the pilot does not tell. */
	minutes?: number;
}

export interface ProfilePlan {
	profile: string;
	/** Cold starts of the pilot. */
	pilot: number;
	/** Attempts that are enough for this profile alone, and their powers; undefined where not even 1,000 are enough. */
	needed?: Power;
	/** The powers of this profile with the iterations of the job. */
	power?: Power;
	/** Why no number of attempts is enough, where the reason is known. */
	obstacle?: string;
}

/** Where both errors cost about as much: the limit is as far from no slow-down as from the one to be found. */
const defaultEffect = 0.5;

/** With fewer cold starts a pilot knows its own spread too badly to plan by. */
const leastPilot = 5;

/** Simulated comparisons for the ends of a range, which are estimates of an estimate. */
const runsOfRange = 400;

/**
 * Plans a run from a pilot of the same profiles: simulates the gate on the pilot's values, bounds and failures, with and
 * without a slow-down, for Holm's strictest step.
 *
 * Throws a `UsageError` where the pilot is too small, or the question has no answer.
 */
export function planRun(pilot: Report, question: PlanQuestion): Plan {
	const { detectMs, power, measure = "total", alpha = 0.05, seed = 1 } = question;
	const minimumEffectMs = question.minimumEffectMs ?? detectMs * defaultEffect;
	requirePossible(question, minimumEffectMs);
	// One question a profile; its phases explain and take nothing from the level.
	const comparisons = pilot.profiles.length;
	const questions = pilot.profiles.map((run): PowerQuestion => {
		const { values, missing } = sampleOf(run, measure);
		requirePilot(run, measure, values.length);
		return {
			pilot: values,
			missing,
			leftOut: leftOutOf(run, values.length + missing),
			shift: detectMs,
			minimumEffect: minimumEffectMs,
			alpha: questionLevel(alpha) / comparisons,
			failureLevel: alpha / comparisons,
			seed,
		};
	});
	const tooWide = questions.map(boundsTooWide);
	const isPossible = comparisons > 0 && tooWide.every((why) => why === undefined);
	const job = isPossible ? leastCountForPower(power, questions) : undefined;
	const profiles = pilot.profiles.map((run, index): ProfilePlan => {
		const asked = questions.slice(index, index + 1);
		const alone = comparisons === 1 || tooWide[index] !== undefined ? job : leastCountForPower(power, asked);
		const needed = tooWide[index] === undefined ? alone : undefined;
		const obstacle = needed === undefined ? (tooWide[index] ?? asked.map(failuresInTheWay)[0]) : undefined;
		return {
			profile: run.profile.name,
			pilot: asked[0]?.pilot.length ?? 0,
			...(needed !== undefined && { needed }),
			...(job !== undefined && { power: jobPowerAt(job.n, asked) }),
			...(obstacle !== undefined && { obstacle }),
		};
	});
	const simulated = pilot.simulated === undefined ? {} : { simulated: pilot.simulated.model };
	const plan: Plan = { ...simulated, detectMs, power, minimumEffectMs, measure, comparisons, profiles };
	if (job === undefined) return plan;
	const minutes = minutesFor(pilot, job.n);
	return {
		...plan,
		iterations: job.n,
		range: rangeOfCount(power, questions, job.n),
		job,
		...(minutes !== undefined && { minutes }),
	};
}

function requirePossible({ power, detectMs }: PlanQuestion, minimumEffectMs: number): void {
	if (!(power > 0 && power < 1)) {
		throw new UsageError(`a power of ${power} is not possible: it must be between 0 and 1`, { hint: "0.8 is usual" });
	}
	if (!(detectMs > 0)) throw new UsageError("a slow-down to detect is larger than 0 ms", { hint: "such as 200ms" });
	if (minimumEffectMs < detectMs) return;
	throw new UsageError(
		`a slow-down of ${detectMs} ms cannot be found by a check whose minimum effect is ${minimumEffectMs} ms`,
		{ hint: "give a --min-effect well below --detect; half of it is the default" },
	);
}

/** How many attempts it takes if the true spread is as small, or as large, as the pilot's size allows. */
function rangeOfCount(power: number, questions: readonly PowerQuestion[], n: number): { lo: number; hi?: number } {
	const at = (end: "lo" | "hi") =>
		leastCountForPower(
			power,
			questions.map((question) => ({ ...question, pilot: spreadBy(question.pilot, end), runs: runsOfRange })),
		)?.n;
	const hi = at("hi");
	return { lo: Math.min(n, at("lo") ?? n), ...(hi !== undefined && { hi: Math.max(n, hi) }) };
}

/** The same values further from or nearer to their mean, each with its own bounds. */
function spreadBy(values: readonly BoundedMs[], end: "lo" | "hi"): BoundedMs[] {
	const factor = spreadRange(values.map(({ ms }) => ms))?.[end] ?? 1;
	const mean = values.reduce((sum, { ms }) => sum + ms, 0) / values.length;
	return values.map(({ ms, loMs, hiMs }) => {
		const by = (factor - 1) * (ms - mean);
		return { ms: ms + by, loMs: loMs + by, hiMs: hiMs + by };
	});
}

/** Why no number of cold starts is an answer, where the times themselves are known too roughly for one. */
function boundsTooWide({ pilot, shift, minimumEffect }: PowerQuestion): string | undefined {
	const below = medianOf(pilot.map(({ ms, loMs }) => ms - loMs)) ?? 0;
	const above = medianOf(pilot.map(({ ms, hiMs }) => hiMs - ms)) ?? 0;
	const halfWidthMs = below + above;
	if (halfWidthMs < Math.min(minimumEffect, shift - minimumEffect)) return undefined;
	const what = 2 * halfWidthMs >= shift ? "the bounds alone are wider than --detect" : "the bounds alone are too wide";
	return `${what}: a difference is known to ±${Math.ceil(halfWidthMs)} ms at best, however many cold starts there are`;
}

function failuresInTheWay({ pilot, missing = 0 }: PowerQuestion): string | undefined {
	if (missing === 0) return undefined;
	return `${missing} of ${pilot.length + missing} attempts of the pilot failed or have no value, and the gate takes these at their worst`;
}

function requirePilot(run: ProfileRun, measure: string, count: number): void {
	if (count >= leastPilot) return;
	const measured = measuresOf(run);
	const hint = measured.includes(measure)
		? "measure a pilot with more cold starts: raise --iterations of `bench`"
		: `measured: ${measured.join(", ") || "nothing"}`;
	throw new UsageError(
		`the pilot has ${count} cold starts of ${run.profile.name} with ${measure}; ${leastPilot} are the least to plan by, 20 are good`,
		{ hint },
	);
}

/** Attempts in measured rounds that are in no figure. */
function leftOutOf(run: ProfileRun, known: number): number {
	return Math.max(0, run.coldStarts.filter(({ round, counted }) => round > 0 || counted).length - known);
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
