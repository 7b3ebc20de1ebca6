import type { Report } from "../report/report.ts";
import type { ClusterTruth } from "../simulator/world/truth.ts";

/** Bounds are rounded to the microsecond. */
const roundingMs = 0.001;

/** What is wrong with a report's clocks, in sentences: bounds that do not hold, and movements of clocks that stood still. */
export function clockDefects({ clocks, profiles, findings }: Report, truth: ClusterTruth): string[] {
	const wrong = clocks.flatMap(({ clock, loMs, hiMs }) => {
		const aheadMs = aheadOf(clock, truth);
		const holds = loMs - roundingMs <= aheadMs && (hiMs === undefined || aheadMs <= hiMs + roundingMs);
		if (holds) return [];
		const upTo = hiMs === undefined ? "" : ` and at most ${hiMs}`;
		return [`the clock of ${clock} is ${aheadMs} ms ahead, and is said to be at least ${loMs}${upTo} ms`];
	});
	const starts = profiles.flatMap(({ coldStarts }) => coldStarts);
	const moved = [findings, ...starts.map((start) => start.findings)]
		.flat()
		.filter(({ code }) => code === "clock-moved")
		.map(({ message }) => `no clock was set, but: ${message}`);
	return [...wrong, ...moved];
}

/** The names of reports: `node/<name>`, and the clocks of the control plane, which here is one machine. */
function aheadOf(clock: string, { clocksAheadMs: { server, nodes } }: ClusterTruth): number {
	return clock.startsWith("node/") ? (nodes[clock.slice("node/".length)] ?? 0) : server;
}
