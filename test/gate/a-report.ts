import { profileSchema } from "../../src/profile/profile.ts";
import type { ColdStart, Measured, Report } from "../../src/report/report.ts";

/** A measured time: sharp, or known to ± `aroundMs`. */
export function measured(ms: number, aroundMs = 0): Measured {
	return { ms, loMs: ms - aroundMs, hiMs: ms + aroundMs, source: aroundMs > 100 ? "status" : "watch" };
}

/** A counted cold start of the given times. */
export function aColdStart(
	round: number,
	times: { total?: Measured; phases?: Record<string, Measured>; spans?: Record<string, Measured> },
	overrides: Partial<ColdStart> = {},
): ColdStart {
	return {
		round,
		outcome: "cold",
		counted: true,
		requestSentAt: `2026-11-23T10:${String(Math.floor(round / 2) % 60).padStart(2, "0")}:${round % 2 === 0 ? "00" : "30"}.000000000Z`,
		pods: [],
		instants: {},
		phases: {},
		spans: {},
		findings: [],
		events: { seen: 4, expected: 4 },
		...times,
		...overrides,
	};
}

/** An attempt that is not counted. */
export function anAttempt(round: number, outcome: "warm" | "failed" | "unresolved"): ColdStart {
	return aColdStart(round, {}, { outcome, counted: false, reason: "made up" });
}

export interface ProfileSketch {
	/** Totals in milliseconds, one cold start each; `phases` and `spans` go with them by position. */
	totals?: readonly number[];
	aroundMs?: number;
	phases?: Record<string, readonly number[]>;
	spans?: Record<string, readonly number[]>;
	extra?: readonly ColdStart[];
	fingerprint?: Record<string, string>;
}

/** A report that satisfies its schema, from a sketch of each profile. */
export function aReport(profiles: Record<string, ProfileSketch>, overrides: Partial<Report> = {}): Report {
	return {
		schemaVersion: 1,
		knistio: "0.1.0",
		startedAt: "2026-11-23T10:00:00Z",
		finishedAt: "2026-11-23T10:30:00Z",
		cluster: { context: "kind-ci" },
		iterations: 20,
		profiles: Object.entries(profiles).map(([name, sketch]) => ({
			profile: profileSchema.parse({
				name,
				istio: { components: {} },
				meshCompatibilityMode: "auto",
				promises: { sidecar: "any" },
			}),
			fingerprint: sketch.fingerprint ?? { istio: "1.27.1" },
			coldStarts: [...startsOf(sketch), ...(sketch.extra ?? [])],
			findings: [],
		})),
		clocks: [],
		findings: [],
		...overrides,
	};
}

function startsOf({ totals = [], aroundMs = 0, phases = {}, spans = {} }: ProfileSketch): ColdStart[] {
	const at = (group: Record<string, readonly number[]>, index: number) =>
		Object.fromEntries(
			Object.entries(group).flatMap(([name, values]) => {
				const value = values[index];
				return value === undefined ? [] : [[name, measured(value, aroundMs)]];
			}),
		);
	return totals.map((total, index) =>
		aColdStart(index + 1, {
			total: measured(total, aroundMs),
			phases: at(phases, index),
			spans: at(spans, index),
		}),
	);
}

/** Evenly spread values around a middle: n of them, from −spread to +spread. */
export function around(middle: number, spread: number, n: number): number[] {
	return Array.from({ length: n }, (_, index) => middle + spread * (n === 1 ? 0 : (2 * index) / (n - 1) - 1));
}
