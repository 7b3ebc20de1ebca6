import { authorizerName } from "../../istio/authorizer.ts";
import type { KubeObject, ObjectRef } from "../../kube/api/cluster.ts";
import { digestAnnotation } from "../../kube/objects/ownership.ts";
import { numberOf, objectOf } from "../../kube/untrusted.ts";
import { stillThere, waitUntilNone } from "../../kube/wait/gone.ts";
import { waitReady } from "../../kube/wait/ready.ts";
import { newTask, type Session, uninterrupted } from "../../kube/wait/task.ts";
import { seen } from "../cells.ts";
import type { Findings, Probe, Visit } from "./probe.ts";
import { type Counted, readStatistics } from "./statistics.ts";

/** The profiles' DENY rule refuses it, whatever its value. */
const denyHeader = "x-knistio-deny";
const requests = 20;
/** New endpoints take a moment to reach a proxy. */
const settleMs = 20_000;

/** Whether a forbidden request is refused, each request is asked about, and none is answered without the authorizer. */
export const policyProbe: Probe = {
	title: "policy control",
	columns: ["policy"],
	lane: "service",
	async run(visit) {
		const denied = await visit.send({ headers: { [denyHeader]: "yes" } });
		const isDenied = denied.status === 403;
		const said = `a request with the header ${denyHeader} is answered with ${denied.error ?? `HTTP ${denied.status}`}`;
		const why = isDenied ? ` ("${denied.text?.trim()}")` : "";
		const deny = { holds: isDenied, evidence: `${said}${why}`, changed: [] };
		if (!visit.profile.externalAuthorizer) return cellOf([deny]);
		return cellOf([deny, await askedOnce(visit), await failsClosed(visit)]);
	},
};

/** One thing that must hold for policy to be in control; `holds` is undefined where nobody knows. */
interface Check {
	holds: boolean | undefined;
	evidence: string;
	changed: string[];
}

/** Observed where a forbidden request is refused and nothing that is known speaks against it. */
function cellOf(checks: readonly Check[]): Findings {
	const isThere = checks[0]?.holds === true && checks.every(({ holds }) => holds !== false);
	const evidence = checks.map((check) => check.evidence).join("; ");
	return { cells: [seen("policy", isThere, { evidence })], changed: checks.flatMap(({ changed }) => changed) };
}

/** Whether the proxy has asked the authorizer exactly once for each request, by the proxy's own counter. */
async function askedOnce(visit: Visit): Promise<Check> {
	const { session, pod } = visit;
	const read = async () => authorizerCounters(await readStatistics(session, pod));
	await visit.send();
	const before = await read();
	if (before.size === 0) {
		const evidence = "how often the authorizer is asked is not known, for the proxy does not count it";
		return { holds: undefined, evidence, changed: [] };
	}
	for (let sent = 0; sent < requests; sent++) {
		session.signal.throwIfAborted();
		await visit.send();
	}
	const deadlineAt = session.clock.now() + settleMs;
	let asked = 0;
	do {
		const rises = [...(await read())].map(([counter, value]) => value - (before.get(counter) ?? 0));
		asked = Math.max(...rises);
		if (asked < requests) await session.clock.sleep(500, session.signal);
	} while (asked < requests && session.clock.now() < deadlineAt);
	const evidence = `for ${requests} requests the external authorizer was asked ${asked} times`;
	return { holds: asked === requests, evidence, changed: [] };
}

/** Envoy counts each check more than once, for the cluster and for the filter: each of its counters by itself. */
function authorizerCounters(counted: readonly Counted[]): Map<string, number> {
	const found = counted.filter(({ name }) => /ext_authz_ok$/.test(name));
	return new Map(found.map(({ name, labels, value }) => [JSON.stringify([name, labels]), value]));
}

const deploymentOf = (namespace: string): ObjectRef => ({
	apiVersion: "apps/v1",
	kind: "Deployment",
	name: authorizerName,
	namespace,
});

/** Takes the authorizer away for a moment: every request must be refused then. */
async function failsClosed(visit: Visit): Promise<Check> {
	const { session, namespace } = visit;
	const ref = deploymentOf(namespace);
	const before = await session.cluster.get(ref, session.signal);
	if (before === undefined) {
		return { holds: false, evidence: `there is no Deployment ${authorizerName} to ask`, changed: [] };
	}
	try {
		await scale(session, before, 0);
		const status = await statusBecoming(visit, (each) => each !== 200);
		const holds = status === 403;
		const evidence = `while the authorizer is gone a request is answered with ${status === undefined ? "no HTTP status" : `HTTP ${status}`}`;
		return { holds, evidence, changed: [`scaled Deployment ${namespace}/${authorizerName} to 0 and back`] };
	} finally {
		const after = { ...visit, session: uninterrupted(session) };
		await scale(after.session, before, numberOf(objectOf(before.spec).replicas) ?? 1);
		await statusBecoming(after, (each) => each === 200);
	}
}

/**
 * Scales it and waits until that is so. Without the digest a later install would apply it anew, also where this run is
 * killed between the two.
 */
async function scale(session: Session, deployment: KubeObject, replicas: number): Promise<void> {
	const { cluster, signal } = session;
	const ref = deploymentOf(deployment.metadata.namespace ?? "");
	const digest = replicas === 0 ? null : deployment.metadata.annotations?.[digestAnnotation];
	const metadata = digest === undefined ? {} : { annotations: { [digestAnnotation]: digest } };
	await cluster.patch(ref, { metadata, spec: { replicas } }, signal);
	if (replicas > 0) return waitReady(newTask(session), [ref]);
	const { namespace } = deployment.metadata;
	const labelSelector = `app.kubernetes.io/name=${authorizerName}`;
	const left = await waitUntilNone(newTask(session), () =>
		cluster.list(
			{ apiVersion: "v1", kind: "Pod", labelSelector, ...(namespace === undefined ? {} : { namespace }) },
			signal,
		),
	);
	// As long as one answers, an answer says nothing.
	if (left.length > 0) throw stillThere(left);
}

/** The status of a plain request, once it is as wished or has had its time to become so; undefined for no answer. */
async function statusBecoming(
	visit: Visit,
	isSo: (status: number | undefined) => boolean,
): Promise<number | undefined> {
	const { clock, signal } = visit.session;
	const deadlineAt = clock.now() + settleMs;
	for (;;) {
		const { status } = await visit.send();
		if (isSo(status) || clock.now() > deadlineAt) return status;
		await clock.sleep(250, signal);
	}
}
