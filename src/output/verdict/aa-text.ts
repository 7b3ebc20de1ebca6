import type { AaCheck, AaProfile } from "../../analysis/aa-check.ts";
import { duration } from "../words/units.ts";

/** An A/A check for a terminal: the answer first, then a line for each profile. */
export function renderAaCheck(check: AaCheck): string {
	return [...answerLines(check), "", ...check.profiles.map(profileText), ""].join("\n");
}

function answerLines({ runs, isSimulated, profiles, isDifferent, limitMs }: AaCheck): string[] {
	if (profiles.length === 0) return ["no profile has cold starts in two of the reports: nothing can be said"];
	const answer = isDifferent
		? `${runs} runs of the same thing differ by more than chance allows: a gate would call luck a slow-down`
		: `${runs} runs of the same thing differ by no more than chance allows`;
	const limit =
		limitMs === undefined
			? "no limit can be given: there are too few cold starts, or too many without a value"
			: `a gate here needs --min-effect ${Math.ceil(limitMs)}ms or more: with that, each run passes against each other`;
	const more = runs < 5 ? [`${runs} runs are few to learn the spread between runs from: five are good`] : [];
	const simulated = isSimulated ? ["SIMULATED: these runs say nothing of a real cluster"] : [];
	return [...simulated, answer, limit, ...more];
}

function profileText({
	profile,
	n,
	mediansMs,
	apartMs,
	adjustedP,
	isDifferent,
	limitMs,
	limitShare,
}: AaProfile): string {
	const medians = mediansMs.map(duration).join(", ");
	const limit = limitMs === undefined ? "unknown" : duration(limitMs);
	const share = limitShare === undefined ? "" : ` (${(100 * limitShare).toFixed(1)} %)`;
	const how = isDifferent ? "more than chance" : "no more than chance";
	const p = adjustedP < 0.001 ? "p < 0.001" : `p ${adjustedP.toFixed(3)}`;
	return `${profile}: medians ${medians} of ${n.join(", ")} cold starts; up to ${duration(apartMs)} apart, ${how} (${p}); limit ${limit}${share}`;
}
