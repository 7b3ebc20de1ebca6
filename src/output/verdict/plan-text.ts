import type { Plan, ProfilePlan } from "../../analysis/power.ts";
import type { Power } from "../../analysis/statistics/power.ts";
import { duration } from "../words/units.ts";
import { simulatedWords } from "../words/verdict-words.ts";

/** A plan for a terminal: the answer first, then its assumptions. */
export function renderPlan(plan: Plan): string {
	const { minimumEffectMs, comparisons, profiles } = plan;
	const simulated = simulatedWords(plan);
	const check = `knistio check NEW --baseline OLD --min-effect ${minimumEffectMs}ms --min-effect-share 0%`;
	return [
		...(simulated === undefined ? [] : [simulated]),
		...answerLines(plan),
		"",
		...profiles.map((profile) => profileText(profile, plan)),
		"",
		`Measure the baseline with the same number of iterations. Then judge with: ${check}`,
		`The significance level is corrected for ${comparisons} ${comparisons === 1 ? "comparison" : "comparisons"} (Holm).`,
		"The plan assumes bounds and failures as in the pilot. `knistio compare --aa` shows how much runs differ on top.",
		"",
	].join("\n");
}

function answerLines({ detectMs, power, measure, profiles, iterations, range, job, minutes }: Plan): string[] {
	const aim = `to detect +${duration(detectMs)} of ${measure} with a power of ${percent(power)}`;
	if (iterations === undefined) return [`1,000 iterations are not enough ${aim}`];
	const time = minutes === undefined ? "" : `, about ${minutesText(minutes)}`;
	const pilot = Math.min(...profiles.map((profile) => profile.pilot));
	const ends =
		range === undefined
			? []
			: [`${range.lo} to ${range.hi ?? "more than 1,000"} are likely enough, from a pilot of ${pilot}`];
	const whole = job === undefined ? [] : [`the whole job: ${powersText(job)}`];
	return [`${iterations} iterations${time}, ${aim}`, ...ends, ...whole];
}

function profileText({ profile, needed, power, obstacle }: ProfilePlan, { iterations }: Plan): string {
	if (needed === undefined) {
		return `${profile}: more than 1,000 attempts${obstacle === undefined ? "" : `: ${obstacle}`}`;
	}
	const alone = `${needed.n} attempts would be enough for it alone`;
	if (power === undefined || iterations === undefined) return `${profile}: ${alone}`;
	return `${profile}: ${powersText(power)}${needed.n === iterations ? "" : `; ${alone}`}`;
}

/** What of the simulated runs came out as it should. */
function powersText({ breach, pass }: Power): string {
	return `a slow-down is a breach in ${percent(breach)}, unchanged code passes in ${percent(pass)}`;
}

function percent(share: number): string {
	return `${(share * 100).toFixed(0)} %`;
}

function minutesText(minutes: number): string {
	if (minutes < 90) return `${Math.ceil(minutes)} min`;
	return `${Math.floor(minutes / 60)} h ${Math.round(minutes % 60)} min`;
}
