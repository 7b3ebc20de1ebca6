import { describeRef, type ObjectRef } from "../../kube/api/cluster.ts";
import { ownedBySelector } from "../../kube/objects/ownership.ts";
import { stillThere, waitGone, waitUntilNone } from "../../kube/wait/gone.ts";
import { patiently } from "../../kube/wait/patience.ts";
import { inParallel, newTask, type Session } from "../../kube/wait/task.ts";

/** Takes away the services of the visit, and waits until they and what the probes have deleted are gone. */
export async function removeAll(session: Session, namespace: string, deleted: readonly ObjectRef[]): Promise<void> {
	const ended = await Promise.allSettled([
		removeServices(session, namespace),
		...(deleted.length === 0 ? [] : [waitGone(newTask(session), deleted)]),
	]);
	for (const each of ended) if (each.status === "rejected") throw each.reason;
}

/** Knative's controllers must see the services off before the next profile restarts them. */
async function removeServices(session: Session, namespace: string): Promise<void> {
	const { cluster } = session;
	const query = {
		apiVersion: "serving.knative.dev/v1",
		kind: "Service",
		namespace,
		labelSelector: ownedBySelector,
	};
	const services = await cluster.list(query);
	if (services.length === 0) return;
	session.progress({ kind: "step", text: "removing the service" });
	const task = newTask(session);
	await inParallel(services, async ({ metadata }) => {
		const ref = { ...query, name: metadata.name };
		await patiently(task, describeRef(ref), () => cluster.remove(ref, { propagation: "Foreground" }));
	});
	const names = services.map(({ metadata }) => metadata.name).join(",");
	const podQuery = {
		apiVersion: "v1",
		kind: "Pod",
		namespace,
		labelSelector: `serving.knative.dev/service in (${names})`,
	};
	const left = await waitUntilNone(task, async () => [
		...(await cluster.list(query)),
		...(await cluster.list(podQuery)),
	]);
	if (left.length > 0) throw stillThere(left);
}
