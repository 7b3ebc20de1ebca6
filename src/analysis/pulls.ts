import type { ColdStart, ProfileRun } from "../report/report.ts";

/** A first start, and what of it was the pull of images. */
export interface FirstStart {
	/** Why it is not cold; undefined where it was proven. */
	trouble: string | undefined;
	node: string | undefined;
	/** Undefined where it was not answered. */
	totalMs: number | undefined;
	/** For each image that was pulled; containers whose image was there are not among them. */
	pulls: readonly { container: string; ms: number }[];
}

/** The first starts of a profile, in the order of its installs; empty where they were not asked for. */
export const firstStartsOf = ({ pulls = [] }: ProfileRun): FirstStart[] => pulls.map(firstStartOf);

const phasePrefix = "pull-";

function firstStartOf({ outcome, reason, total, phases, pods }: ColdStart): FirstStart {
	const pulled = Object.entries(phases).filter(([name]) => name.startsWith(phasePrefix));
	return {
		trouble: outcome === "cold" ? undefined : (reason ?? outcome),
		node: pods[0]?.node,
		totalMs: outcome === "cold" ? total?.ms : undefined,
		pulls: pulled.map(([name, { ms }]) => ({ container: name.slice(phasePrefix.length), ms })),
	};
}
