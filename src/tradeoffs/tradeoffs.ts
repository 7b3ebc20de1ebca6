import type { Profile } from "../profile/profile.ts";
import type { Report } from "../report/report.ts";
import type { RequestTrace, Took, TradeoffCell, Tradeoffs } from "../report/tradeoffs.ts";
import { latencyCell, type WarmLatencies } from "./latency.ts";
import { coldStartCell } from "./slower.ts";

/** What the probes found out on one profile. */
export interface Observed {
	profile: Profile;
	cells: readonly TradeoffCell[];
	changed: readonly string[];
	/** How long warm requests took, where that was measured. */
	latencies?: WarmLatencies;
	traces?: readonly RequestTrace[] | undefined;
	took?: Took | undefined;
}

/** All cells of all profiles: those of the probes, and those that come of comparing the profiles with each other. */
export function tradeoffsOf(
	observed: readonly Observed[],
	{ observedAt, report }: { observedAt: string; report: Report | undefined },
): Tradeoffs {
	const profiles = observed.map(({ profile }) => profile);
	return {
		observedAt,
		profiles: observed.map((each) => ({
			profile: each.profile.name,
			cells: [
				coldStartCell(each.profile, profiles, report),
				...[latencyCell(each, observed)].filter((cell) => cell !== undefined),
				...each.cells,
			],
			changed: [...each.changed],
			...(each.traces === undefined ? {} : { traces: [...each.traces] }),
			...(each.took === undefined ? {} : { took: each.took }),
		})),
	};
}
