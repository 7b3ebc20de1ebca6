import { ClusterError } from "../../errors.ts";
import { removeAllWorkloads } from "../../install/removal/workloads.ts";
import { type DeployedService, serviceManifest } from "../../knative/service.ts";
import type { KubeObject } from "../../kube/api/cluster.ts";
import { newTask } from "../../kube/wait/task.ts";
import { requestTrace } from "../request-trace.ts";
import { hasProxy } from "./access-log.ts";
import { gatewayPods } from "./gateway-pods.ts";
import type { AccessLog, LoggedRequest } from "./logged-request.ts";
import type { Findings, Probe, ToDeploy, Visit } from "./probe.ts";
import { podsOfRevision } from "./revision-pods.ts";
import { coldSuffix, linesOf, type Sent, send, traced } from "./traced-requests.ts";

const requests = 3;

/**
 * Where the time of a cold request goes. Each copy of the service is asked once, so that no request is answered by a pod
 * that another one has started; they go to zero together while other probes look. None begins without a pod: Knative's
 * autoscaler would let its first request wait for up to 2 s more.
 */
export const coldTraceProbe: Probe = {
	title: "cold request trace",
	columns: [],
	readsLogs: true,
	shares: ["authorizer"],
	deploys: (visit) => namesOf(visit).map((name) => copyOf(visit, name)),
	run: observe,
};

const namesOf = ({ serviceName }: ToDeploy) =>
	Array.from({ length: requests }, (_, index) => `${serviceName}${coldSuffix}${index + 1}`);

const copyOf = ({ profile, namespace, image, target }: ToDeploy, name: string): KubeObject =>
	serviceManifest(profile, { namespace, name, image, target, timeoutSeconds: 15 });

async function observe(visit: Visit): Promise<Findings> {
	const log = await visit.accessLog();
	const names = namesOf(visit);
	const copies = await Promise.all(names.map((name) => visit.deployed(name)));
	const [gateways, ofKnative] = [await gatewayPods(visit), await activatorPods(visit)];
	const activators = ofKnative.filter(hasProxy);
	await Promise.all(copies.map(({ revision }) => waitForNoPod(visit, revision)));
	const sent: Sent[] = [];
	const reading: Promise<Lines>[] = [];
	try {
		for (const copy of copies) {
			visit.session.signal.throwIfAborted();
			const one = await send(visit, copy.host);
			sent.push(one);
			// At once, for the pod may go and its log with it; but the next one need not wait for what is written late.
			const lines = linesOfOne(visit, log, { one, copy, activators });
			lines.catch(() => {});
			reading.push(lines);
		}
	} finally {
		await Promise.allSettled(reading);
	}
	// Their pods would otherwise go while other probes look that must not be disturbed.
	await removeAllWorkloads(
		newTask(visit.session),
		copies.map(({ ref }) => ref),
	);
	const lines = await Promise.all(reading);
	const [ofPods, ofActivators] = [lines.flatMap((each) => each.ofPods), lines.flatMap((each) => each.ofActivators)];
	const cold = requestTrace(await traced(visit, log, { kind: "cold", sent, gateways, ofPods, ofActivators }));
	const changed = [`deployed ${names.join(", ")} and removed them`, log.changed];
	return { cells: [], changed, ...(cold === undefined ? {} : { traces: [cold] }) };
}

interface Lines {
	ofPods: LoggedRequest[];
	ofActivators: LoggedRequest[];
}

async function linesOfOne(
	visit: Visit,
	log: AccessLog,
	{ one, copy, activators }: { one: Sent; copy: DeployedService; activators: readonly KubeObject[] },
): Promise<Lines> {
	const ids = new Set([one.id]);
	const pods = await podsOfRevision(visit, copy.revision);
	const [ofPods, ofActivators] = await Promise.all([
		linesOf(visit, log, { pods, ids }),
		linesOf(visit, log, { pods: activators, ids }),
	]);
	return { ofPods, ofActivators };
}

function activatorPods({ session }: Visit): Promise<KubeObject[]> {
	const query = { apiVersion: "v1", kind: "Pod", namespace: "knative-serving", labelSelector: "app=activator" };
	return session.cluster.list(query, session.signal);
}

/** Knative lets it go to zero within a minute. */
async function waitForNoPod(visit: Visit, revision: string): Promise<void> {
	const { clock, signal, timeoutMs } = visit.session;
	const deadlineAt = clock.now() + timeoutMs;
	for (;;) {
		const pods = await podsOfRevision(visit, revision);
		if (pods.length === 0) return;
		if (clock.now() > deadlineAt) throw new ClusterError(`revision ${revision} did not go to zero for a cold request`);
		await clock.sleep(500, signal);
	}
}
