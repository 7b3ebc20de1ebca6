import type { Session } from "../kube/wait/task.ts";
import type { Profile } from "../profile/profile.ts";
import type { RequestTimes } from "../recording/entries.ts";
import {
	allToZero,
	ask,
	isAnswered,
	randomPause,
	type Starting,
	type Subject,
	sampleEntry,
	settle,
} from "./cold-start.ts";
import { untilFailure } from "./schedule.ts";

/** So many services of a profile are asked in the same instant. */
export interface BurstPlan {
	/** Each larger than 1, and no larger than the number of copies. */
	sizes: readonly number[];
	/** How often each size is asked. */
	repeats(size: number): number;
	/** The number of the next burst of a size under a profile, from 1, also in a later visit. */
	next(profile: Profile, size: number): number;
	/** Before each burst, and with the times of its requests after it. */
	onBurst(profile: Profile, burst: { size: number; number: number }, times?: readonly RequestTimes[]): void;
}

/** Bursts of a profile after each other, the smaller ones first; each begins when no copy has a pod. */
export async function runBursts(session: Session, starting: Starting, plan: BurstPlan): Promise<void> {
	await untilFailure(session, starting.observer, async (within) => {
		for (const subject of starting.subjects) {
			for (const size of plan.sizes) {
				for (let count = 0; count < plan.repeats(size); count++) {
					const burst = { size, number: plan.next(subject.profile, size) };
					await startBurst(within, starting, { subject, burst, plan });
				}
			}
		}
	});
}

interface OneBurst {
	subject: Subject;
	burst: { size: number; number: number };
	plan: BurstPlan;
}

async function startBurst(session: Session, starting: Starting, { subject, burst, plan }: OneBurst): Promise<void> {
	const { record } = starting;
	await allToZero(session, starting);
	plan.onBurst(subject.profile, burst);
	const pausedMs = await randomPause(session, starting);
	const services = subject.copies.slice(0, burst.size);
	const round = burst.number;
	for (const [index, service] of services.entries()) {
		const sample = { ...sampleEntry(starting, { subject, service, round }), copy: index + 1, burst };
		record({ ...sample, revision: service.revision, ...(index === 0 ? { pausedMs } : {}) });
	}
	const times = await Promise.all(services.map((service) => ask(starting, { subject, service })));
	for (const [index, { location: _, ...recorded }] of times.entries()) {
		record({ kind: "request", round, copy: index + 1, ...recorded });
	}
	plan.onBurst(subject.profile, burst, times);
	// Nobody is waited for twice: their pods became Ready at the same time.
	const settled = await Promise.all(
		services.map((service, index) => settle(session, starting, { service, isUp: isAnswered(starting, times[index]) })),
	);
	record({ kind: "sample-end", round, settledMs: Math.min(...settled) });
}
