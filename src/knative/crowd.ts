import { ClusterError } from "../errors.ts";
import { describeRef, type KubeObject, type ObjectRef, refOf } from "../kube/api/cluster.ts";
import { conditionsOf } from "../kube/untrusted.ts";
import { patiently } from "../kube/wait/patience.ts";
import { inParallel, newTask, type Session } from "../kube/wait/task.ts";
import type { Profile } from "../profile/profile.ts";
import { idleService } from "./idle-service.ts";

/** Idle services: they never get a pod, and are there only to be known by Istio and Kubernetes. */
export interface CrowdOrder {
	namespace: string;
	profile: Profile;
	image: string;
	/** The first and the last number of the services to add, from 1. */
	from: number;
	to: number;
}

/** Services that are added before the next are; more at once would be a load that nobody has. */
const batchSize = 20;

/**
 * Adds idle services to the crowd, in batches, and waits until Knative calls each Ready. They need Knative's
 * `allow-zero-initial-scale`.
 * @returns the services that were added
 * @throws ClusterError that names one that did not become Ready
 */
export async function growCrowd(session: Session, { from, to, ...order }: CrowdOrder): Promise<ObjectRef[]> {
	const numbers = Array.from({ length: to - from + 1 }, (_, index) => from + index);
	for (let start = 0; start < numbers.length; start += batchSize) {
		const batch = numbers.slice(start, start + batchSize).map((number) => crowdService(order, number));
		session.progress({ kind: "detail", text: `services ${from + start}–${from + start + batch.length - 1} of ${to}` });
		const task = newTask(session);
		await inParallel(batch, (service) =>
			patiently(task, describeRef(refOf(service)), () => session.cluster.apply(service, { signal: session.signal })),
		);
		await inParallel(batch, (service) => untilReady(session, service));
	}
	return numbers.map((number) => refOf(crowdService(order, number)));
}

function crowdService({ namespace, profile, image }: Omit<CrowdOrder, "from" | "to">, number: number): KubeObject {
	const name = `crowd-${number}`;
	return idleService(profile, { namespace, name, image, target: name, timeoutSeconds: 10 });
}

const askAgainMs = 500;

async function untilReady({ cluster, clock, signal, timeoutMs }: Session, service: KubeObject): Promise<void> {
	const deadline = performance.now() + timeoutMs;
	for (;;) {
		const now = await cluster.get(refOf(service), signal);
		const ready = conditionsOf(now).find(({ type }) => type === "Ready");
		if (ready?.status === "True") return;
		if (performance.now() > deadline) {
			const said = `${ready?.reason ?? ""} ${ready?.message ?? ""}`.trim() || "Knative says nothing of it";
			throw new ClusterError(
				`idle service ${service.metadata.name} did not become Ready within ${timeoutMs / 1000} s: ${said}`,
				{ hint: "a smaller --crowd, or more time by --timeout" },
			);
		}
		await clock.sleep(askAgainMs, signal);
	}
}
