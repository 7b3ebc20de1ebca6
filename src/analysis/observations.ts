import type { ColdStart, ProfileRun } from "../report/report.ts";
import { type Rotation, rotationOf } from "./draining.ts";

/** What a reader of a profile's figures must know about its attempts. */
export interface Observations {
	/** Attempts that the figures leave out, apart from the warm-up. */
	notCounted: readonly ColdStart[];
	/** Findings of single cold starts, one of each code, with the rounds that have it. */
	findings: readonly { code: string; message: string; rounds: readonly number[] }[];
	/** Events of the pods; one that was lost makes bounds wide. */
	events: { seen: number; expected: number };
	/** Spans `pod_creating` of counted cold starts, and how many of them ended with the answer and not with Ready. */
	podCreating: { n: number; endedByAnswer: number };
	/** Undefined where there was one copy of the service. */
	rotation: Rotation | undefined;
}

/** Sums up the attempts of a profile. */
export function observationsOf(run: ProfileRun): Observations {
	const { coldStarts } = run;
	const podCreating = coldStarts.flatMap(({ counted, spans }) => (counted ? (spans.pod_creating ?? []) : []));
	return {
		notCounted: coldStarts.filter(({ counted, round }) => !counted && round > 0),
		findings: findingsOf(coldStarts),
		events: {
			seen: coldStarts.reduce((sum, { events }) => sum + events.seen, 0),
			expected: coldStarts.reduce((sum, { events }) => sum + events.expected, 0),
		},
		podCreating: {
			n: podCreating.length,
			endedByAnswer: podCreating.filter(({ endedBy }) => endedBy === "request-end").length,
		},
		rotation: rotationOf(run),
	};
}

function findingsOf(coldStarts: readonly ColdStart[]): Observations["findings"] {
	const found = new Map<string, { message: string; rounds: Set<number> }>();
	for (const { round, findings } of coldStarts) {
		for (const { code, message } of findings) {
			const known = found.get(code) ?? { message, rounds: new Set<number>() };
			known.rounds.add(round);
			found.set(code, known);
		}
	}
	return [...found].map(([code, { message, rounds }]) => ({ code, message, rounds: [...rounds] }));
}
