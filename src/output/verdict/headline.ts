import type { Movement } from "../../gate/baseline.ts";
import type { Judgement } from "../../gate/judge.ts";
import { tallyPhases } from "../../gate/phase-tally.ts";
import { overallStatus, type Verdict } from "../../gate/verdict.ts";
import { signedDuration, spell } from "../words/units.ts";
import { amountWords, mediansWords } from "../words/verdict-words.ts";

/**
 * The result in one line: the worst verdict with its profile, its size, the phase that explains it and what to do; then
 * how many other verdicts failed.
 */
export function headlineOf(judgement: Judgement): string {
	const [worst] = judgement.verdicts;
	if (worst === undefined) return "there was nothing to judge";
	if (overallStatus(judgement.verdicts) === "pass") return passWords(judgement.verdicts);
	const where = worst.profile === "" ? "" : `${worst.profile}: `;
	return `${where}${sentenceOf(worst, judgement.moved)}${othersWords(judgement.verdicts)}`;
}

function passWords(verdicts: readonly Verdict[]): string {
	const all = verdicts.length === 1 ? "the verdict passes" : `all ${verdicts.length} verdicts pass`;
	const asked = verdicts.find(({ unit }) => unit === "shift") ?? verdicts[0];
	if (asked === undefined) return all;
	const where = asked.profile === "" ? "" : `${asked.profile}: `;
	return `${where}${statement(asked)}; ${all}`;
}

/** What one verdict says, without its profile. */
export function sentenceOf(verdict: Verdict, moved?: Movement): string {
	if (verdict.status === "inconclusive") return `${unsureWords(verdict)}${neededWords(verdict, "; ")}`;
	const { kind, unit, status } = verdict;
	if (status !== "breach" || moved === undefined || moved.profile !== verdict.profile || moved.ms <= 0) {
		return statement(verdict);
	}
	const phase = moved.isQuestion ? undefined : `${moved.measure} ${signedDuration(moved.ms)}`;
	if (kind === "baseline" && unit === "shift") {
		const culprit = phase === undefined ? "" : `, of which ${phase}`;
		return `${statement(verdict)}${culprit}; see every phase with \`knistio compare BASELINE REPORT\``;
	}
	return `${statement(verdict)}${phase === undefined ? "" : `; ${phase} against the baseline`}`;
}

/** What was found, and what was expected. */
function statement(verdict: Verdict): string {
	const { kind, measure, limit, found, expected, reason, unit } = verdict;
	if (kind === "data" || found === undefined) return reason;
	if (kind === "baseline") {
		if (unit !== "shift" || limit === undefined) return reason;
		return `${measure} ${amountWords(verdict)}${mediansWords(verdict)}, limit ${signedDuration(limit)}`;
	}
	const tally = tallyWords(verdict);
	return tally ?? `${measure} ${amountWords(verdict)}${mediansWords(verdict)}, expected ${expected}`;
}

/** `0 of 30 took > 4s (limit <= 0)`; undefined for other statistics. */
function tallyWords({ unit, found, n, missing, expected, measure }: Verdict): string | undefined {
	if (found === undefined || (unit !== "count" && unit !== "share")) return undefined;
	const [, , beyond, limit] = expected.match(/^(share|count)\s*(?:\(([^)]*)\))?\s*([<>].*)$/) ?? [];
	if (limit === undefined) return undefined;
	const of = n + missing;
	const hits = unit === "count" ? found : Math.round(found * of);
	const what =
		beyond === undefined ? `attempts ${measure === "failed" ? "failed" : `were ${measure}`}` : `took ${beyond}`;
	return `${hits} of ${of} ${what} (limit ${limit})`;
}

function unsureWords(verdict: Verdict): string {
	const { kind, measure, found, interval, limit, medians, reason, unit, expected } = verdict;
	if (kind === "data") return measure === "run" ? `${measure}: ${reason}` : reason;
	if (found === undefined) return kind === "budget" ? `${measure}: ${expected}: ${reason}` : `${measure}: ${reason}`;
	if (kind === "budget") {
		const tally = tallyWords(verdict);
		if (tally !== undefined && verdict.needed !== undefined && reason.includes("needed")) {
			return `${tally}: ${verdict.needed} are needed to show it`;
		}
		return `${tally ?? `${measure} ${amountWords(verdict)}, expected ${expected}`}: ${reason}`;
	}
	if (unit !== "shift" || limit === undefined) return reason;
	const [before = 0, after = 0] = medians ?? [];
	if (interval?.hi === Number.POSITIVE_INFINITY) return reason;
	const isBounded = interval !== undefined && verdict.needed !== undefined;
	if (!isBounded || reason.includes("cannot show")) {
		const times = before > 0 && after >= 2 * before ? `${(after / before).toFixed(1)} × slower, but ` : "";
		return `${measure} ${signedDuration(found)}: ${times}${reason}`;
	}
	if (found >= limit) return `${measure} ${amountWords(verdict)}: ${reason} of ${signedDuration(limit)}`;
	return `${measure} ${signedDuration(found)} could still be ${signedDuration(interval.hi)} (limit ${signedDuration(limit)})`;
}

/** `about 60 cold starts per side would decide it (now 10), about 45 min`; empty if no number would, or if the reason says it. */
export function neededWords({ needed, neededMinutes, n, medians, reason }: Verdict, before = ""): string {
	if (needed === undefined) return "";
	const time = neededMinutes === undefined ? "" : `about ${roughly(neededMinutes)}`;
	if (reason.includes("needed")) return time === "" ? "" : `${before}they take ${time}`;
	const side = medians === undefined ? "" : " per side";
	return `${before}about ${needed} cold starts${side} would decide it (now ${n})${time === "" ? "" : `, ${time}`}`;
}

/** In whole minutes if it is one or more, because the next run may be faster or slower. */
function roughly(minutes: number): string {
	return spell((minutes < 1 ? minutes : Math.round(minutes)) * 60_000);
}

function othersWords(verdicts: readonly Verdict[]): string {
	const [worst, ...rest] = verdicts;
	const count = (status: Verdict["status"]) => rest.filter((verdict) => verdict.status === status).length;
	const more = [
		...(count("breach") === 0 ? [] : [`${count("breach")} more breach${count("breach") === 1 ? "" : "es"}`]),
		...(count("inconclusive") === 0
			? []
			: [`${count("inconclusive")}${worst?.status === "inconclusive" ? " more" : ""} inconclusive`]),
	];
	return more.length === 0 ? "" : ` (${more.join(", ")})`;
}

/** What the phases of each profile did: which moved, how many are undecided, how many are surely no slower. */
export function phaseLines(movements: readonly Movement[]): string[] {
	return tallyPhases(movements).map(({ profile, moved, undecided, notSlower }) => {
		const named = moved.slice(0, 3).map(({ measure, ms }) => `${measure} ${signedDuration(ms)}`);
		const more = moved.length - named.length;
		const words = [
			...(moved.length === 0
				? []
				: [`${moved.length} moved (${named.join(", ")}${more > 0 ? ` and ${more} more` : ""})`]),
			...(undecided === 0 ? [] : [`${undecided} undecided`]),
			...(notSlower === 0 ? [] : [`${notSlower} no slower`]),
		];
		return `${profile}: ${words.join(", ")}`;
	});
}
