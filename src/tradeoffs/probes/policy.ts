import { ClusterError } from "../../errors.ts";
import { authorizerName } from "../../istio/authorizer.ts";
import type { KubeObject } from "../../kube/api/cluster.ts";
import { numberOf, objectOf } from "../../kube/untrusted.ts";
import { waitReady } from "../../kube/wait/ready.ts";
import { newTask, uninterrupted } from "../../kube/wait/task.ts";
import { seen } from "../cells.ts";
import {
	authorizerRef,
	refusal,
	refusedPath,
	refusingAuthorizer,
	refusingName,
	scaleAuthorizer,
} from "./authorizer-swap.ts";
import type { Answered, Asked, Begun, Findings, Probe, Visit } from "./probe.ts";
import { proxyImage } from "./proxy-image.ts";
import { type Counted, readStatistics } from "./statistics.ts";
import { applyOurs, removeOurs, replaceOurs } from "./while-there.ts";

/** The profiles' DENY rule refuses it, whatever its value. */
const denyHeader = "x-knistio-deny";
const requests = 20;
/** New endpoints take a moment to reach a proxy. */
const settleMs = 20_000;

/**
 * Whether a forbidden request is refused, each request is asked about, one that the authorizer refuses is refused, and
 * none is answered without it.
 */
export const policyProbe: Probe = {
	title: "policy control",
	columns: ["policy"],
	shares: ["service", "authorizer"],
	begin,
};

/** The refusing authorizer starts while other probes look; until it is this probe's turn nobody asks it. */
async function begin(visit: Visit): Promise<Begun> {
	if (!visit.profile.externalAuthorizer) return { run: async (now) => cellOf([await isDenied(now)]) };
	const { session, namespace } = visit;
	const refs = [{ apiVersion: "v1", kind: "Pod", namespace, name: refusingName }];
	let isOurs = false;
	const start = async (): Promise<Refusing> => {
		const image = await proxyImage(visit);
		await replaceOurs(session, refs);
		isOurs = true;
		await applyOurs(visit, [refusingAuthorizer(visit, image, false)]);
		return { image };
	};
	const starting = start().catch((error: unknown) => {
		if (!(error instanceof ClusterError) || session.signal.aborted) throw error;
		return { failure: error.message };
	});
	// Whose turn does not come is not asked how it went.
	starting.catch(() => {});
	return {
		run: async (now) =>
			cellOf([await isDenied(now), await askedOnce(now), ...(await withoutAuthorizer(now, starting))]),
		async end() {
			await Promise.allSettled([starting]);
			if (isOurs) visit.leave(await removeOurs(uninterrupted(session), refs));
		},
	};
}

/** The refusing pod's image, or why there is none. */
type Refusing = { image: string } | { failure: string };

async function isDenied(visit: Visit): Promise<Check> {
	const denied = await visit.send({ headers: { [denyHeader]: "yes" } });
	const holds = denied.status === 403;
	const said = `a request with the header ${denyHeader} is answered with ${denied.error ?? `HTTP ${denied.status}`}`;
	const why = holds ? ` ("${denied.text?.trim()}")` : "";
	return { holds, evidence: `${said}${why}`, changed: [] };
}

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

/** Puts an authorizer that refuses in the place of the profile's, and then none at all. */
async function withoutAuthorizer(visit: Visit, starting: Promise<Refusing>): Promise<Check[]> {
	const { session, namespace } = visit;
	const before = await session.cluster.get(authorizerRef(namespace), session.signal);
	if (before === undefined) {
		return [{ holds: false, evidence: `there is no Deployment ${authorizerName} to ask`, changed: [] }];
	}
	try {
		return [await refusesWhenAsked(visit, before, await starting), await failsClosed(visit, before)];
	} finally {
		const after = { ...visit, session: uninterrupted(session) };
		await scaleAuthorizer(after.session, before, numberOf(objectOf(before.spec).replicas) ?? 1);
		await answerBecoming(after, ({ status }) => status === 200);
	}
}

/** A pod that does not start in this time will not. */
const startMs = 30_000;

/** Whether a request gets the answer of an authorizer that says no, while it lets others pass. */
async function refusesWhenAsked(visit: Visit, deployment: KubeObject, started: Refusing): Promise<Check> {
	const { session } = visit;
	const unknown = (why: string): Check => {
		return {
			holds: undefined,
			evidence: `whether a refusal of the authorizer holds is not known: ${why}`,
			changed: [],
		};
	};
	if ("failure" in started) return unknown(started.failure);
	const pod = refusingAuthorizer(visit, started.image, true);
	try {
		await waitReady(newTask({ ...session, timeoutMs: Math.min(session.timeoutMs, startMs) }), [pod]);
		await applyOurs(visit, [pod]);
		await scaleAuthorizer(session, deployment, 0);
		const isRefused = ({ status, text = "" }: Answered) => status === 403 && text.includes(refusal);
		const refused = await answerBecoming(visit, isRefused, { path: refusedPath });
		const other = await answerBecoming(visit, ({ status }) => status === 200);
		const evidence = `when the authorizer is asked to refuse, a request is answered with ${inWords(refused)}, and another with ${inWords(other)}`;
		const changed = [`put the pod ${refusingName} in the place of the authorizer and removed it`];
		return { holds: isRefused(refused) && other.status === 200, evidence, changed };
	} catch (error) {
		if (!(error instanceof ClusterError) || session.signal.aborted) throw error;
		return unknown(error.message);
	} finally {
		const after = { ...visit, session: uninterrupted(session) };
		await applyOurs(after, [refusingAuthorizer(visit, started.image, false)]);
	}
}

/** Whether every request is refused while there is no authorizer. */
async function failsClosed(visit: Visit, deployment: KubeObject): Promise<Check> {
	await scaleAuthorizer(visit.session, deployment, 0);
	const answer = await answerBecoming(visit, ({ status }) => status !== 200);
	const evidence = `while the authorizer is gone a request is answered with ${inWords(answer)}`;
	const changed = [`scaled Deployment ${visit.namespace}/${authorizerName} to 0 and back`];
	return { holds: answer.status === 403, evidence, changed };
}

const inWords = ({ status, error }: Answered) => error ?? `HTTP ${status}`;

/** The answer to a request, once it is as wished or has had its time to become so. */
async function answerBecoming(visit: Visit, isSo: (answer: Answered) => boolean, asked: Asked = {}): Promise<Answered> {
	const { clock, signal } = visit.session;
	const deadlineAt = clock.now() + settleMs;
	for (;;) {
		const answer = await visit.send(asked);
		if (isSo(answer) || clock.now() > deadlineAt) return answer;
		await clock.sleep(250, signal);
	}
}
