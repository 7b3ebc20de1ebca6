import type { Profile } from "../profile/profile.ts";
import { containerOf, isPhase, usualPhases } from "../report/phases.ts";
import { editDistance, nearest, nearestFew } from "../text/nearest.ts";
import { type Budget, isOutcomeMeasure, outcomeMeasures } from "./budget.ts";
import { budgetError } from "./parse-budget.ts";

/** The names that a budget may use, known before anything is installed. */
export interface KnownNames {
	profiles: readonly string[];
	/** Whether there is such a phase; `container_startup_<container>` has no closed list. */
	isPhase: (name: string) => boolean;
	/** Names to propose for a mistyped one. */
	phases: readonly string[];
	/** Whether the profile promises that this phase cannot occur in it: it is that of a container that its pods lack. */
	lacks?: (profile: string, phase: string) => boolean;
}

/** A budget of one profile, whose names are known. */
export interface ResolvedBudget extends Budget {
	profile: string;
}

/**
 * Matches budgets to profiles and phases; a budget without a profile becomes one for each of `run` that it can be about.
 *
 * Throws a `UsageError` with the nearest name for one that is not known, and for a budget that can be about nothing.
 */
export function resolveBudgets(
	budgets: readonly Budget[],
	run: readonly string[],
	known: KnownNames,
): ResolvedBudget[] {
	return budgets.flatMap((budget) => {
		for (const use of usesOf(budget)) requireKnown(budget, use, known);
		const profiles = budget.profile === undefined ? run : [budget.profile];
		const resolved = profiles.map((profile) => ({ ...budget, profile }));
		const useful = resolved.filter((each) => whyVoid(each, known) === undefined);
		const [first] = resolved;
		if (useful.length === 0 && first !== undefined) refuseVoid(first, known);
		return useful;
	});
}

/** Why a budget could never be judged, or would always come out the same. */
function whyVoid({ profile, measure, limit, at }: ResolvedBudget, { lacks = () => false }: KnownNames) {
	const pods = (name: string, phase: string) => `the pods of ${name} have no container for "${phase}"`;
	if (lacks(profile, measure)) return { at: at.measure, message: pods(profile, measure) };
	if (limit.kind !== "profile") return undefined;
	if (lacks(limit.profile, limit.measure)) return { at: at.limit, message: pods(limit.profile, limit.measure) };
	if (limit.profile !== profile || limit.measure !== measure) return undefined;
	return { at: at.limit, message: `${profile}.${measure} is compared with itself` };
}

function refuseVoid(budget: ResolvedBudget, known: KnownNames): void {
	const why = whyVoid(budget, known);
	if (why === undefined) return;
	const hint = "`knistio profiles show` tells what a profile's pods have; name another profile or phase";
	throw budgetError(budget, why.at, { message: why.message, hint });
}

/** A container may have any name, but one that is a slip away from a usual one is that one mistyped. */
export function isLikelyPhase(name: string): boolean {
	if (!isPhase(name)) return false;
	const isSlip = (usual: string) => !name.startsWith(usual) && editDistance(name, usual) <= 2;
	return usualPhases.includes(name) || !usualPhases.some(isSlip);
}

/** Whether a profile promises pods without the container whose phase this is. */
export function lacksContainer({ promises }: Profile, phase: string): boolean {
	const container = containerOf(phase);
	if (container === "istio-proxy") return promises.sidecar === "none";
	return (
		(container === "istio-init" || container === "istio-validation") && !promises.initContainers.includes(container)
	);
}

/** What to do about the name of a phase that there is not. There are too many of them to list. @param outcomes that may be named too */
export function phaseHint(name: string, phases: readonly string[], outcomes: readonly string[] = []): string {
	const meant = nearestFew(name, [...phases, ...outcomes]).map((each) => `"${each}"`);
	const all = "`knistio phases` lists all phases";
	if (meant.length === 0) return outcomes.length === 0 ? all : `${all}; outcomes are ${outcomes.join(", ")}`;
	const last = meant.pop();
	return `did you mean ${meant.length === 0 ? "" : `${meant.join(", ")} or `}${last}? ${all}`;
}

interface NameUse {
	what: "profile" | "phase" | "phase or outcome";
	name: string;
	at: number;
}

function usesOf({ profile, measure, limit, at }: Budget): NameUse[] {
	const uses: NameUse[] = [{ what: "phase or outcome", name: measure, at: at.measure }];
	if (profile !== undefined) uses.unshift({ what: "profile", name: profile, at: at.profile });
	if (limit.kind === "profile") {
		uses.push({ what: "profile", name: limit.profile, at: at.limit });
		uses.push({ what: "phase", name: limit.measure, at: at.limit + limit.profile.length + 1 });
	}
	return uses;
}

function requireKnown(budget: Budget, { what, name, at }: NameUse, known: KnownNames): void {
	if (what === "profile" ? known.profiles.includes(name) : known.isPhase(name)) return;
	if (what === "phase or outcome" && isOutcomeMeasure(name)) return;
	const message = `there is no ${what} "${name}"`;
	if (what !== "profile") {
		const outcomes = what === "phase" ? [] : outcomeMeasures;
		throw budgetError(budget, at, { message, hint: phaseHint(name, known.phases, outcomes) });
	}
	const meant = nearest(name, known.profiles);
	const listing = `known: ${known.profiles.join(", ") || "none"}`;
	const hint = meant === undefined ? listing : `did you mean "${meant}"? (${listing})`;
	throw budgetError(budget, at, { message, hint });
}
