import { systemClock } from "../clock/clock.ts";
import { removeAllWorkloads } from "../install/removal/workloads.ts";
import { idleService } from "../knative/idle-service.ts";
import { newTask, type Session } from "../kube/wait/task.ts";
import { coldStart, type Starting, settle } from "./cold-start.ts";
import { deployReady } from "./deployment.ts";
import { clusterFingerprint } from "./fingerprint.ts";
import { untilFailure } from "./schedule.ts";
import { type Deploying, findRoute, type SubjectOrder } from "./subject.ts";
import { subjectEntry } from "./subject-entry.ts";

/** Long enough for a large image on a slow line: Knative's own default. */
const timeoutSeconds = 300;

/**
 * Starts a profile's service before anything else has started it, so that images are pulled which the node does not have:
 * a service that begins without a pod, and one request. Then the service goes, and the profile is deployed as usual.
 */
export async function startFirstOnNode(session: Session, order: SubjectOrder, deploying: Deploying): Promise<void> {
	const { underWay, profile } = deploying;
	const { namespace, own, image, target, state, asked } = order;
	const { signal, progress, cluster } = session;
	progress({
		kind: "step",
		text: `${profile.name}: starting the service for the first time, with the pull of its images`,
	});
	const manifest = idleService(profile, {
		namespace,
		name: "helloworld-pull",
		image,
		target,
		timeoutSeconds,
		...(own && { own }),
	});
	const service = await deployReady(session, manifest, { state });
	const route = await findRoute(session, order.gateway, underWay.soFar);
	order.record({
		kind: "profile",
		profile,
		fingerprint: { ...(await clusterFingerprint(cluster, signal)), ...underWay.fingerprint },
		revision: service.revision,
		namespace,
		...subjectEntry(order),
		isUnproven: true,
	});
	const { observer } = underWay;
	const subject = { profile, copies: [service] as const, route, requestTimeoutMs: timeoutSeconds * 1000 + 5_000 };
	const starting: Starting = { ...order, observer, subjects: [subject], isFirstOnNode: true };
	await untilFailure(session, observer, async (within) => {
		const times = await coldStart(within, starting, { subject, service, round: 1 });
		const settledMs = await settle(within, starting, { service, isUp: times.status === (asked.expectStatus ?? 200) });
		order.record({ kind: "sample-end", round: 1, settledMs });
	});
	await removeAllWorkloads(newTask({ ...session, clock: systemClock }), [service.ref]);
}
