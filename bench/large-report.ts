import { readFile } from "node:fs/promises";
import { normalDeviate, seededRandom } from "../src/analysis/statistics/random.ts";
import type { Entry } from "../src/recording/entries.ts";
import type { ColdStart, Measured, Report } from "../src/report/report.ts";
import { openReportBuilder } from "../src/timing/report-builder.ts";

/** How large a made-up report is, and which of many. */
export interface LargeReport {
	profiles: readonly string[];
	/** Cold starts of each profile. */
	perProfile: number;
	seed: number;
}

const recording = "test/recordings/native.ndjson";

/**
 * A report as large as of a long run and as rich as of a real one: every cold start is the recorded one of a pod with a
 * native sidecar, with all its instants, phases, spans and containers, in another pod and with times of its own.
 */
export async function largeReport({ profiles, perProfile, seed }: LargeReport): Promise<Report> {
	const builder = openReportBuilder();
	const lines = (await readFile(recording, "utf8")).split("\n").filter((line) => line !== "");
	for (const line of lines) builder.add(JSON.parse(line) as Entry);
	const report = builder.report();
	const [run] = report.profiles;
	const [start] = run?.coldStarts ?? [];
	if (run === undefined || start === undefined) throw new Error(`${recording} has no cold start`);
	const random = seededRandom(seed);
	return {
		...report,
		iterations: perProfile,
		profiles: profiles.map((name) => ({
			...run,
			profile: { ...run.profile, name },
			coldStarts: Array.from({ length: perProfile }, (_, index) => variant(start, index + 1, random)),
		})),
	};
}

function variant(start: ColdStart, round: number, random: () => number): ColdStart {
	const others = (times: Record<string, Measured>) =>
		Object.fromEntries(Object.entries(times).map(([name, time]) => [name, otherTime(time, random)]));
	const suffix = Math.floor(random() * 36 ** 5).toString(36);
	const sentAtMs = Date.parse(start.requestSentAt) + round * 60_000;
	return {
		...start,
		round,
		requestSentAt: new Date(sentAtMs).toISOString().replace("Z", `${String(round % 1e6).padStart(6, "0")}Z`),
		pods: start.pods.map((pod) => ({ ...pod, name: `${pod.name.slice(0, -5)}${suffix}`, uid: crypto.randomUUID() })),
		instants: others(start.instants),
		phases: others(start.phases),
		spans: others(start.spans),
		...(start.total !== undefined && { total: otherTime(start.total, random) }),
	};
}

/** Later or earlier by a fifth, with bounds as wide as before, to the microsecond as reports have them. */
function otherTime({ ms, loMs, hiMs, source }: Measured, random: () => number): Measured {
	const laterMs = ms * (Math.exp(0.2 * normalDeviate(random)) - 1);
	const [middle, lo, hi] = [ms, loMs, hiMs].map((value) => Math.round((value + laterMs) * 1000) / 1000);
	return { ms: middle ?? ms, loMs: lo ?? loMs, hiMs: hi ?? hiMs, source };
}
