import type { Movement } from "./baseline.ts";

/** What the phases of a profile did against the baseline. */
export interface PhaseTally {
	profile: string;
	/** By more than chance; the one that moved furthest first. */
	moved: readonly Movement[];
	/** How many may have become slower by more than the limit, or not: there is too little data. */
	undecided: number;
	/** How many are surely not slower by more than the limit. */
	notSlower: number;
}

/** Counts the phases of each profile; what the gate asks about is a verdict and is left out. */
export function tallyPhases(movements: readonly Movement[]): PhaseTally[] {
	const profiles = [...new Set(movements.map(({ profile }) => profile))];
	return profiles.flatMap((profile): PhaseTally[] => {
		const phases = movements.filter((movement) => movement.profile === profile && !movement.isQuestion);
		if (phases.length === 0) return [];
		const moved = phases.filter(({ isSignificant }) => isSignificant);
		const rest = phases.filter(({ isSignificant }) => !isSignificant);
		const undecided = rest.filter(({ interval, limitMs }) => interval === undefined || interval.hi >= limitMs).length;
		return [{ profile, moved, undecided, notSlower: rest.length - undecided }];
	});
}
