import { type ClientClock, clientNow, elapsedMs } from "../clock/client-clock.ts";
import { describeRoute, findSameGateway } from "../knative/gateway.ts";
import type { GatewayRoute } from "../knative/route.ts";
import type { DeployedService } from "../knative/service.ts";
import { inParallel, type Session } from "../kube/wait/task.ts";
import type { Profile } from "../profile/profile.ts";
import type { Untimed } from "../recording/entries.ts";
import type { Finding, Fingerprint } from "../report/report.ts";
import type { Subject } from "./cold-start.ts";
import { namesOneCopy } from "./copies.ts";
import { type Deployment, deployCopy, deployFirstCopy, type RequestLimits, type Sharing } from "./deployment.ts";
import { clusterFingerprint } from "./fingerprint.ts";
import type { Observer } from "./observing/observer.ts";
import type { ServiceRequest } from "./observing/request.ts";
import { proveProfile } from "./prove.ts";
import type { Visit } from "./rounds.ts";
import { subjectEntry } from "./subject-entry.ts";

/** What is deployed and proven under every profile, and where it is written down. */
export interface SubjectOrder extends Deployment {
	/** What of a profile's fingerprint is its own, and not its installation's. */
	ownFingerprint(profile: Profile): Fingerprint;
	/** The gateway's address; undefined where it is to be found out. */
	gateway: string | undefined;
	/** What every request asks of the service. */
	asked: ServiceRequest;
	clock: ClientClock;
	record(entry: Untimed): void;
}

/** What a later visit of the same profile must know. */
export interface RunSoFar {
	limits: RequestLimits;
	ended: Set<Profile>;
	/** Variants that cannot be measured. */
	setAside: Set<Profile>;
	/** How the gateway was reached. */
	gateway?: string;
}

/** A visit whose installation is on the cluster. */
export interface VisitUnderWay {
	observer: Observer;
	visit: Visit;
	installMs: number;
	fingerprint: Fingerprint;
	soFar: RunSoFar;
}

/** Whose turn it is to be deployed. */
export interface Deploying {
	underWay: VisitUnderWay;
	profile: Profile;
	/** Those of the same visit that are there already. */
	before: readonly Subject[];
}

/**
 * Deploys a profile's service and proves it by a pod and a few requests, and so each further copy, all at once. Then the
 * profile is written down.
 * @throws ClusterError that says what is not as the profile promises
 */
export async function deploySubject(session: Session, order: SubjectOrder, deploying: Deploying): Promise<Subject> {
	const { signal, progress, cluster } = session;
	const { clock } = order;
	const { underWay, profile, before } = deploying;
	const deployedFrom = clientNow(clock);
	progress({ kind: "step", text: `${profile.name}: deploying the service` });
	const sharing = sharingOf(deploying);
	const { service: first, timeoutSeconds, copies } = await deployFirstCopy(session, order, sharing);
	const route = before[0]?.route ?? (await findRoute(session, order.gateway, underWay.soFar));
	// A little longer than Knative's own limit, which then gives the answer.
	const requestTimeoutMs = timeoutSeconds * 1000 + 5_000;
	const proving = { observer: underWay.observer, profile, route, requestTimeoutMs };
	progress({ kind: "step", text: `${profile.name}: proving the profile` });
	const proven = await proveCopy(session, order, { ...proving, service: first });
	const named = copies === 1 && order.copies !== 1 ? namesOneCopy(profile) : undefined;
	if (named !== undefined) progress({ kind: "note", text: `${profile.name}: one copy of the service, for ${named}` });
	if (copies > 1) progress({ kind: "step", text: `${profile.name}: deploying ${copies - 1} more copies` });
	const numbers = Array.from({ length: copies - 1 }, (_, index) => index + 2);
	// A few at a time: those that are proven go to zero, and make room for the next.
	const others = await inParallel(numbers, async (copy) => {
		const service = await deployCopy(session, order, { ...sharing, timeoutSeconds, copy });
		return { service, ...(await proveCopy(session, order, { ...proving, service })) };
	});
	order.record({
		kind: "profile",
		profile,
		fingerprint: {
			...(await clusterFingerprint(cluster, signal)),
			...underWay.fingerprint,
			...order.ownFingerprint(profile),
			...proven.fingerprint,
			gateway: describeRoute(route),
			"request-timeout": `${timeoutSeconds} s`,
		},
		...(before.length === 0 ? { installMs: underWay.installMs } : {}),
		deployMs: elapsedMs(clock, deployedFrom),
		revision: first.revision,
		namespace: order.namespace,
		...subjectEntry(order),
	});
	// After the profile's own entry, so that they are found under it.
	const findings = [...proven.findings, ...unlike(proven.fingerprint, others)];
	for (const finding of findings) order.record({ kind: "finding", finding });
	return { profile, copies: [first, ...others.map(({ service }) => service)], route, requestTimeoutMs };
}

function sharingOf({ underWay: { visit, soFar }, profile, before }: Deploying): Sharing {
	const { profiles, rounds } = visit;
	const isShared = profiles.length > 1;
	return { profile, before, isShared, limits: soFar.limits, profiles: profiles.length, starts: rounds.length };
}

interface Proving {
	observer: Observer;
	profile: Profile;
	route: GatewayRoute;
	requestTimeoutMs: number;
	service: DeployedService;
}

async function proveCopy(session: Session, { state, own, asked }: SubjectOrder, proving: Proving) {
	const { observer, profile, service, route, requestTimeoutMs } = proving;
	const findings: Finding[] = [];
	const fingerprint = await proveProfile(session, {
		observer,
		state,
		profile,
		revision: service.revision,
		service: own?.shape,
		request: { ...asked, route, host: service.host, timeoutMs: requestTimeoutMs },
		onFinding: (finding) => findings.push(finding),
	});
	return { fingerprint, findings };
}

/** Copies of one service may run by different images where a tag means another one on each node. */
function unlike(
	first: Fingerprint,
	others: readonly { service: DeployedService; fingerprint: Fingerprint }[],
): Finding[] {
	const differences = others.flatMap(({ service, fingerprint }) =>
		Object.keys({ ...first, ...fingerprint })
			.filter((key) => first[key] !== fingerprint[key])
			.map((key) => `${service.ref.name}: ${key} is ${fingerprint[key] ?? "absent"}, not ${first[key] ?? "absent"}`),
	);
	if (differences.length === 0) return [];
	const message = `the copies of the service are not the same: ${differences.join("; ")}`;
	return [{ code: "copies-differ", message, hint: "name the image by its digest, or use --copies 1" }];
}

/** The way to the gateway, the same as before where one was found. */
export async function findRoute(
	{ cluster, signal, clock }: Session,
	given: string | undefined,
	soFar: RunSoFar,
): Promise<GatewayRoute> {
	const route = await findSameGateway(cluster, {
		...(given === undefined ? {} : { given }),
		before: soFar.gateway,
		signal,
		sleep: (ms) => clock.sleep(ms, signal),
	});
	soFar.gateway = describeRoute(route);
	return route;
}
