import { medianOf } from "../../analysis/statistics/median.ts";
import type { ColdStartView, WaitingView } from "../../progress.ts";
import { endOf } from "../../report/phases.ts";
import type { ColdStart, Report } from "../../report/report.ts";
import type { LiveStart } from "../../timing/live-start.ts";

/** Medians of a profile's cold starts so far; the warm-up stands in while there are no others. */
export interface Usual {
	totalMs?: number;
	phases: ReadonlyMap<string, number>;
	/** From an answer to the next cold start. */
	zeroMs?: number;
}

/** What a profile's cold starts in a report usually take. */
export function usualOf({ profiles }: Pick<Report, "profiles">, profile: string): Usual {
	const cold = (profiles.find((run) => run.profile.name === profile)?.coldStarts ?? []).filter(
		({ outcome }) => outcome === "cold",
	);
	const counted = cold.filter((start) => start.counted);
	const starts: readonly ColdStart[] = counted.length > 0 ? counted : cold;
	const totalMs = medianOf(starts.flatMap(({ total }) => total?.ms ?? []));
	const names = new Set(starts.flatMap(({ phases }) => Object.keys(phases)));
	const phases = [...names].flatMap((name) => {
		const median = medianOf(starts.flatMap(({ phases }) => phases[name]?.ms ?? []));
		return median === undefined ? [] : [[name, median] as const];
	});
	return { ...(totalMs === undefined ? {} : { totalMs }), phases: new Map(phases) };
}

/** A cold start under way as people see it. @param now ns of the client's clock */
export function viewOf(start: LiveStart, usual: Usual, now: bigint): Omit<ColdStartView, "title"> {
	const { containers, answer, trouble, waiting } = start;
	const beganAt = answer?.sentAt === undefined ? start.beganAt : BigInt(answer.sentAt);
	const shown = containers.map(({ since, ...container }) => ({
		...container,
		...(since === undefined ? {} : { sinceMs: msBetween(beganAt, since) }),
	}));
	if (answer === undefined) {
		return {
			elapsedMs: msBetween(beganAt, now),
			containers: shown,
			...given({ usualMs: usual.totalMs, trouble }),
			...(waiting && { waiting: waitingView(waiting, usual, now) }),
		};
	}
	return {
		elapsedMs: msBetween(beganAt, BigInt(answer.lastByteAt ?? answer.at)),
		answer: answer.error ?? `HTTP ${answer.status}`,
		containers: shown,
		waiting: {
			// Of several copies, another one is asked next, and nobody waits for this one's end.
			...(start.copy === undefined
				? { phase: "back to zero", until: "no pod is left" }
				: { phase: "last events", until: "kubelet has told all of this pod" }),
			forMs: msBetween(BigInt(answer.at), now),
			...given({ usualMs: usual.zeroMs }),
		},
	};
}

function waitingView({ phase, since }: NonNullable<LiveStart["waiting"]>, usual: Usual, now: bigint): WaitingView {
	const until = endOf(phase);
	return { phase, until, forMs: msBetween(since, now), ...given({ usualMs: usual.phases.get(phase) }) };
}

/** ms between two times in ns. */
export const msBetween = (from: bigint, to: bigint) => Number((to - from) / 1000n) / 1000;

/** Leaves out what is not known. */
function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
	return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
		[K in keyof T]?: Exclude<T[K], undefined>;
	};
}
