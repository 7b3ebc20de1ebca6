import { ClusterError } from "../../errors.ts";
import type { DeployedService } from "../../knative/service.ts";
import type { KubeObject } from "../../kube/api/cluster.ts";
import type { Session } from "../../kube/wait/task.ts";
import { openAccessLog, waitUntilGatewayWrites } from "../probes/access-log.ts";
import type { AccessLog } from "../probes/logged-request.ts";
import type { Probe, ToDeploy, Visit } from "../probes/probe.ts";

/** The service of a visit and what its probes need beside it, all of it begun at once. */
export interface Needs {
	/** One of the services, Ready; the service under test is one of them. */
	deployed: Visit["deployed"];
	accessLog: Visit["accessLog"];
	/** Looks from then on whether the proxies write; the gateway must be known for that. */
	openLog(visit: Visit): void;
	/** Until what this probe needs is there, or surely not. */
	untilReady(probe: Probe): Promise<void>;
	/** Puts back what was changed, when all that was begun has ended; services go with the visit's. */
	close(): Promise<void>;
}

/** What is begun, and for whom. */
export interface Needing {
	/** The service under test. */
	service: KubeObject;
	probes: readonly Probe[];
	known: ToDeploy;
	deploy: Visit["deploy"];
}

/**
 * Begins what the probes need: the service, theirs, and the proxies' logs. What cannot be had costs the probes that need it.
 */
export async function beginNeeds(session: Session, { service, probes, known, deploy }: Needing): Promise<Needs> {
	// Before there is a pod, so that its proxy begins with it.
	const opening = probes.some(({ readsLogs }) => readsLogs === true) ? openAccessLog(session) : undefined;
	const opened = await opening?.catch((error: unknown) => failed(session, error));
	let reached: Promise<AccessLog> = Promise.reject(new ClusterError("no probe has asked for the proxies' logs"));
	reached.catch(() => {});
	const services = new Map<string, Promise<DeployedService>>();
	const namesOf = (probe: Probe) => (probe.deploys?.(known) ?? []).map(({ metadata }) => metadata.name);
	for (const manifest of [service, ...probes.flatMap((probe) => probe.deploys?.(known) ?? [])]) {
		if (services.has(manifest.metadata.name)) continue;
		const deploying = deploy(manifest);
		deploying.catch(() => {});
		services.set(manifest.metadata.name, deploying);
	}
	const deployed = (name: string) => services.get(name) ?? Promise.reject(new ClusterError(`nobody deploys ${name}`));
	return {
		deployed,
		accessLog: () => reached,
		openLog(visit) {
			if (opened === undefined) return;
			reached = "failure" in opened ? Promise.reject(opened.failure) : reaching(visit, opened);
			reached.catch(() => {});
		},
		async untilReady(probe) {
			await Promise.allSettled([...namesOf(probe).map(deployed), ...(probe.readsLogs === true ? [reached] : [])]);
		},
		async close() {
			await Promise.allSettled([...services.values(), reached]);
			if (opened !== undefined && "close" in opened) await opened.close();
		},
	};
}

/** @throws the error where it is none of the cluster's, or the run was ended */
function failed({ signal }: Session, error: unknown): { failure: ClusterError } {
	if (!(error instanceof ClusterError) || signal.aborted) throw error;
	return { failure: error };
}

async function reaching(visit: Visit, log: AccessLog): Promise<AccessLog> {
	await waitUntilGatewayWrites(visit, log);
	return log;
}
