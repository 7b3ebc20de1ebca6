import type { Plan, ProfilePlan } from "../../analysis/power.ts";
import { duration } from "../words/units.ts";
import { simulatedWords } from "../words/verdict-words.ts";

/** A plan for a terminal: the answer first, then its assumptions. */
export function renderPlan(plan: Plan): string {
	const { detectMs, power, minimumEffectMs, measure, comparisons, profiles, iterations, minutes } = plan;
	const simulated = simulatedWords(plan);
	const aim = `to detect +${duration(detectMs)} of ${measure} with a power of ${percent(power)}`;
	const time = minutes === undefined ? "" : `, about ${minutesText(minutes)}`;
	const answer =
		iterations === undefined ? `1,000 iterations are not enough ${aim}` : `${iterations} iterations${time}, ${aim}`;
	const check = `knistio check NEW --baseline OLD --min-effect ${minimumEffectMs}ms --min-effect-share 0%`;
	return [
		...(simulated === undefined ? [] : [simulated]),
		answer,
		"",
		...profiles.map(profileText),
		"",
		`Measure the baseline with the same number of iterations. Then judge with: ${check}`,
		`The significance level is corrected for ${comparisons} ${comparisons === 1 ? "comparison" : "comparisons"} (Holm). The plan assumes that times vary as in the pilot.`,
		"",
	].join("\n");
}

function profileText({ profile, pilot, needed, iterations }: ProfilePlan): string {
	const from = `from a pilot of ${pilot}`;
	if (needed === undefined || iterations === undefined) return `${profile}: more than 1,000 cold starts, ${from}`;
	const powers = `${percent(needed.breach)} of runs with the slow-down breach, ${percent(needed.pass)} of runs without it pass`;
	const attempts = iterations === needed.n ? "" : ` (${iterations} attempts)`;
	return `${profile}: ${needed.n} cold starts${attempts}, ${from}: ${powers}`;
}

function percent(share: number): string {
	return `${(share * 100).toFixed(0)} %`;
}

function minutesText(minutes: number): string {
	if (minutes < 90) return `${Math.ceil(minutes)} min`;
	return `${Math.floor(minutes / 60)} h ${Math.round(minutes % 60)} min`;
}
