import type { ColdStart, Finding } from "../report/report.ts";

/** How the reason begins why a start with a pull is not counted. */
export const pulledPrefix = "image pulled for";

/**
 * Where every cold start of a profile was kept apart for a pull, a reader of "n = 0" must know the cause. The warm-ups are
 * no sign of it: the first start after an install may well pull.
 */
export function alwaysPulled(starts: readonly ColdStart[]): Finding[] {
	const cold = starts.filter(({ round, outcome }) => round > 0 && outcome === "cold");
	const reasons = cold.map(({ reason = "" }) => reason).filter((reason) => reason.startsWith(pulledPrefix));
	if (cold.length === 0 || reasons.length < cold.length) return [];
	return [
		{
			code: "always-pulled",
			message: `no cold start counts, because each of them pulled an image: ${[...new Set(reasons)].join("; ")}`,
			hint: "imagePullPolicy is Always, by a latest tag, a setting or the admission plugin AlwaysPullImages, or each start came to a node without the image: set IfNotPresent (for Istio --istio-set values.global.imagePullPolicy=IfNotPresent), and give --image with a tag that is not latest, or by digest",
		},
	];
}
