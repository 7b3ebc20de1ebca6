import { type ClientClock, clientNow, elapsedMs, realMs } from "../clock/client-clock.ts";
import { ClusterError } from "../errors.ts";
import { endsWithinMs, type WayToZero, wantedAtMostMs } from "../knative/way-to-zero.ts";
import { isAtZero, notAtZero, revisionState } from "../knative/zero.ts";
import type { LiveState } from "../recording/live-state.ts";

/** Somebody else uses the service: what is measured then is not caused by knistio. */
export class LiveTrafficError extends ClusterError {}

const hint =
	"measure when nobody uses the service, or a copy of it with --service FILE, which knistio deploys for itself alone";

/** The error of what was noticed. */
export const liveTraffic = (what: string): LiveTrafficError => new LiveTrafficError(`live traffic: ${what}`, { hint });

/** What is watched on its way to zero. */
export interface QuietWay {
	state: LiveState;
	revision: string;
	zero: WayToZero;
	clock: ClientClock;
	signal: AbortSignal;
}

/**
 * Waits until a revision that only we have asked has no pod: first until none is wanted, then until the last has ended.
 * @returns how long it took, in ms of the client's time
 * @throws LiveTrafficError for a pod that is still wanted when nobody can want it, and for one that is wanted again;
 *   ClusterError for one that does not end
 */
export async function untilQuiet({ state, revision, zero, clock, signal }: QuietWay): Promise<number> {
	const since = clientNow(clock);
	const limits = (ms: number) => ({ timeoutMs: realMs(clock, ms), signal });
	await state.until(() => (isWanted(state, revision) ? undefined : true), {
		...limits(wantedAtMostMs(zero)),
		onTimeout: () => stillWanted(state, revision, elapsedMs(clock, since)),
	});
	await state.until(
		() => {
			requireUnwanted(state, revision);
			return isAtZero(revisionState(state, revision)) ? true : undefined;
		},
		{
			...limits(endsWithinMs(zero)),
			onTimeout: () => notAtZero(state, { revision, timeoutMs: elapsedMs(clock, since) }),
		},
	);
	return elapsedMs(clock, since);
}

/** @throws LiveTrafficError where a revision at zero has got a pod that we did not ask for */
export function requireUnwanted(state: LiveState, revision: string): void {
	if (!isWanted(state, revision)) return;
	const { pods } = revisionState(state, revision);
	const young = pods.find(({ metadata }) => metadata.deletionTimestamp === undefined);
	const pod = young === undefined ? "" : ` (pod ${young.metadata.name})`;
	throw liveTraffic(`revision ${revision} was scaled up${pod} while no request of knistio was under way`);
}

/** An unknown Deployment is not taken for one at zero. */
const isWanted = (state: LiveState, revision: string) => revisionState(state, revision).replicas !== 0;

function stillWanted(state: LiveState, revision: string, afterMs: number): ClusterError {
	const { pods, replicas } = revisionState(state, revision);
	const after = `${Math.round(afterMs / 1000)} s`;
	if (replicas === undefined) {
		return new ClusterError(`the Deployment of revision ${revision} was not seen within ${after}`, {
			hint: "the right to list and watch deployments.apps in the service's namespace is needed",
		});
	}
	const names = pods.map(({ metadata }) => metadata.name).join(", ");
	return liveTraffic(
		`revision ${revision} still has ${replicas === 1 ? "a pod" : `${replicas} pods`} (${names}) ${after} after the last request of knistio: somebody else asks it`,
	);
}
