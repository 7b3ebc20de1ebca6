import { clientNow, elapsedMs } from "../clock/client-clock.ts";
import { growCrowd } from "../knative/crowd.ts";
import type { ObjectRef } from "../kube/api/cluster.ts";
import type { Session } from "../kube/wait/task.ts";
import type { Profile } from "../profile/profile.ts";
import type { Round } from "./rounds.ts";
import { type ColdStarts, runColdStarts } from "./schedule.ts";

/** Cold starts are measured again while so many idle services are there. */
export interface CrowdPlan {
	/** Rising; without 0, which is the profile's own cold starts. */
	sizes: readonly number[];
	namespace: string;
	image: string;
	/** Before the services of a size are added. */
	onCrowd(profile: Profile, size: number): void;
	/** Each batch that was added, to be removed with what the visit deployed. */
	onAdded(services: readonly ObjectRef[]): void;
}

/**
 * For each size, the smaller ones first: adds idle services until there are so many, and runs the visit's rounds again.
 */
export async function runCrowds(session: Session, starts: ColdStarts, plan: CrowdPlan): Promise<void> {
	const [first] = starts.subjects;
	if (first === undefined) return;
	let there = 0;
	for (const size of plan.sizes) {
		plan.onCrowd(first.profile, size);
		const { namespace, image } = plan;
		const addingFrom = clientNow(starts.clock);
		plan.onAdded(await growCrowd(session, { namespace, image, profile: first.profile, from: there + 1, to: size }));
		starts.record({ kind: "crowd", size, tookMs: elapsedMs(starts.clock, addingFrom) });
		there = size;
		// A crowd is no new install: nothing has to be warmed up.
		const rounds: Round[] = starts.rounds.filter(({ round }) => round > 0);
		await runColdStarts(session, { ...starts, rounds, crowd: size, ended: new Set(), isEnough: () => false });
	}
}
