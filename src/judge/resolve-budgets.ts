import { nearest } from "../nearest.ts";
import { type Budget, isOutcomeMeasure, outcomeMeasures } from "./budget.ts";
import { budgetError } from "./parse-budget.ts";

/** The names that a budget may use, known before anything is installed. */
export interface KnownNames {
	profiles: readonly string[];
	/** Whether there is such a phase; `container_startup_<container>` has no closed list. */
	isPhase: (name: string) => boolean;
	/** Names to propose for a mistyped one. */
	phases: readonly string[];
}

/** A budget of one profile, whose names are known. */
export interface ResolvedBudget extends Budget {
	profile: string;
}

/**
 * Matches budgets to profiles and phases; a budget without a profile becomes one for each of `run`.
 *
 * Throws a `UsageError` with the nearest name for one that is not known.
 */
export function resolveBudgets(
	budgets: readonly Budget[],
	run: readonly string[],
	known: KnownNames,
): ResolvedBudget[] {
	return budgets.flatMap((budget) => {
		for (const use of usesOf(budget)) requireKnown(budget, use, known);
		const profiles = budget.profile === undefined ? run : [budget.profile];
		return profiles.map((profile) => ({ ...budget, profile }));
	});
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
	const names = what === "profile" ? known.profiles : [...known.phases, ...(what === "phase" ? [] : outcomeMeasures)];
	const meant = nearest(name, names);
	const listing = `known: ${names.join(", ") || "none"}`;
	throw budgetError(budget, at, {
		message: `there is no ${what} "${name}"`,
		hint: meant === undefined ? listing : `did you mean "${meant}"? (${listing})`,
	});
}
