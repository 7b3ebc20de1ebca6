import { windowSeconds } from "../knative/own/window.ts";
import { measuredLabel } from "../knative/service.ts";
import { objectOf } from "../kube/untrusted.ts";
import type { Profile } from "../profile/profile.ts";

/** What decides how many copies it takes for one of them to be at zero whenever it is wanted. */
export interface CopiesNeeded {
	/** From a pod's creation to Ready, in whole seconds. */
	startupSeconds: number;
	/** The revision's `timeoutSeconds`, for which queue-proxy drains, but no longer than 30 s. */
	timeoutSeconds: number;
	/** Profiles that take turns, each with its own pods. */
	profiles: number;
	/** Cold starts of each profile; more copies than these are of no use. */
	starts: number;
}

/** More at once would be a load on a small node, and on its own measurement. */
export const mostCopies = 10;
/** What a cold start takes beside the start-up: late events, the beginning of a removal, a random part of a second. */
const besideSeconds = 4;
/** The autoscaler decides every 2 s, and kubelet needs a moment to remove a pod. */
const decisionSeconds = 2;
const longestDrainSeconds = 30;

/** As many copies of the service as it takes that nobody waits for one to reach zero. */
export function copiesFor({ startupSeconds, timeoutSeconds, profiles, starts }: CopiesNeeded): number {
	const toZeroSeconds = windowSeconds + decisionSeconds + Math.min(timeoutSeconds, longestDrainSeconds);
	const coldStartSeconds = Math.max(startupSeconds, 0) + besideSeconds;
	const needed = Math.ceil(toZeroSeconds / coldStartSeconds / profiles) + 1;
	return Math.max(1, Math.min(needed, mostCopies, starts));
}

/** The name of a copy, counted from 1: the first has the service's own name. */
export const nameOfCopy = (service: string, copy: number): string => (copy === 1 ? service : `${service}-${copy}`);

/**
 * What of a profile names the service under test, and so would miss all copies but the first; undefined where nothing
 * does. {@link measuredLabel} selects all of them.
 */
export function namesOneCopy({ security, policy }: Profile): string | undefined {
	const naming = [...security, ...policy].find(({ spec }) => {
		const { selector } = objectOf(spec);
		return objectOf(objectOf(selector).matchLabels)["serving.knative.dev/service"] !== undefined;
	});
	if (naming === undefined) return undefined;
	return `${naming.kind} ${naming.metadata.name} selects the service by its name, not by ${measuredLabel}`;
}
