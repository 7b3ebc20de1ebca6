import type { Cluster } from "../cluster/cluster.ts";
import { collection } from "../cluster/kube.ts";
import { pause } from "../cluster/pause.ts";
import { ClusterError } from "../errors.ts";
import { markOurs } from "../install/ownership.ts";
import { podTrouble } from "../install/pod-trouble.ts";
import { waitGone } from "../install/remove.ts";
import { newTask } from "../install/task.ts";
import type { Profile } from "../model/profile.ts";
import type { Progress } from "../model/progress.ts";
import type { RequestTimes, Untimed, WatchedKind } from "../model/recording.ts";
import type { Fingerprint } from "../model/report.ts";
import { type ClientClock, clientNow, elapsedMs, realMs } from "./client-clock.ts";
import { probeClocks } from "./clocks.ts";
import { clusterFingerprint } from "./fingerprint.ts";
import { describeRoute, findGateway } from "./gateway.ts";
import type { LiveState } from "./live-state.ts";
import { type Observer, type ObserverHost, startObserver } from "./observer.ts";
import { pingPodName } from "./observer-protocol.ts";
import { proveProfile } from "./prove.ts";
import { runColdStarts } from "./schedule.ts";
import { type DeployedService, deployService, pingManifest, type ServiceOrder, serviceManifest } from "./service.ts";
import { revisionState } from "./zero.ts";

/** A whole run: every profile in turn, installed, proven and started cold. */
export interface BenchmarkOrder {
	cluster: Cluster;
	profiles: readonly Profile[];
	/** Puts the profile on the cluster; called when the one before has been measured and its service is gone. */
	install(profile: Profile): Promise<{ installMs: number; fingerprint: Fingerprint }>;
	namespace: string;
	image: string;
	/** The answer must hold this; the sample image answers with $TARGET, which is set to it. */
	target: string;
	/** Counted cold starts of each profile. */
	iterations: number;
	/** The revision's timeoutSeconds; chosen by the first start-up unless given. */
	requestTimeoutSeconds?: number;
	/** For each wait: a service Ready, a revision at zero. */
	timeoutMs: number;
	/** The gateway's address, where it is not to be found out. */
	gateway?: string;
	state: LiveState;
	clock: ClientClock;
	record(entry: Untimed): void;
	host: ObserverHost;
	progress: Progress;
	/** After each sample, and after a profile's last. */
	onSample(profile: Profile, round: number, times: RequestTimes): void;
	onProfileDone(profile: Profile): Promise<void>;
	/** Asked after each round; true ends the profile's rounds before `iterations`. */
	isEnough?(profile: Profile): boolean;
	signal: AbortSignal;
}

const serviceName = "helloworld";

/** Runs it; what is measured goes to `record` as it happens. The observer is stopped however the run ends. */
export async function runBenchmark(order: BenchmarkOrder): Promise<void> {
	let observer: Observer | undefined;
	try {
		for (const profile of order.profiles) {
			const { installMs, fingerprint } = await order.install(profile);
			observer ??= await observeNamespace(order);
			const service = await measureProfile(order, observer, { profile, installMs, fingerprint });
			await order.onProfileDone(profile);
			if (profile !== order.profiles.at(-1)) await removeService(order, service);
		}
	} finally {
		await observer?.stop();
	}
}

const watched: [WatchedKind, string, string][] = [
	["pods", "v1", "Pod"],
	["events", "v1", "Event"],
	["deployments", "apps/v1", "Deployment"],
	["endpointslices", "discovery.k8s.io/v1", "EndpointSlice"],
	["podautoscalers", "autoscaling.internal.knative.dev/v1alpha1", "PodAutoscaler"],
];

async function observeNamespace(order: BenchmarkOrder): Promise<Observer> {
	const { cluster, namespace } = order;
	const watches = await Promise.all(
		watched.map(async ([watch, apiVersion, objectKind]) => {
			const resource = await cluster.resource(apiVersion, objectKind);
			if (resource === undefined) throw new ClusterError(`the cluster does not serve ${objectKind} of ${apiVersion}`);
			return { watch, apiVersion, objectKind, path: collection(resource, namespace) };
		}),
	);
	const pods = watches.find(({ watch }) => watch === "pods")?.path;
	const hasPing = await cluster.apply(markOurs(pingManifest(order.namespace, order.image), workload)).then(
		() => true,
		(error: Error) => {
			const message = `the watch's lag is not measured: ${error.message}`;
			order.record({ kind: "finding", finding: { code: "no-ping", message } });
			return false;
		},
	);
	return startObserver(
		{
			connection: await cluster.connection(),
			clock: order.clock,
			watches,
			...(hasPing ? { pingPath: `${pods}/${pingPodName}` } : {}),
		},
		order.host,
	);
}

const workload = { part: "workload", profile: "" } as const;

interface Installed {
	profile: Profile;
	installMs: number;
	fingerprint: Fingerprint;
}

async function measureProfile(
	order: BenchmarkOrder,
	observer: Observer,
	installed: Installed,
): Promise<DeployedService> {
	const { cluster, state, signal, progress, iterations, namespace } = order;
	const { profile, installMs, fingerprint } = installed;
	const deployedFrom = clientNow(order.clock);
	progress({ kind: "step", text: `${profile.name}: deploying the service` });
	const { service, timeoutSeconds } = await deployWithTimeout(order, profile);
	const route = await findGateway(cluster, {
		...(order.gateway === undefined ? {} : { given: order.gateway }),
		signal,
	});
	progress({ kind: "step", text: `${profile.name}: proving the profile` });
	const request = {
		route,
		host: service.host,
		expectBody: order.target,
		// A little longer than Knative's own limit, which then gives the answer.
		timeoutMs: timeoutSeconds * 1000 + 5_000,
	};
	const proven = await proveProfile({
		cluster,
		observer,
		state,
		profile,
		revision: service.revision,
		request,
		signal,
		sleep: (ms) => pause(realMs(order.clock, ms), signal),
	});
	order.record({
		kind: "profile",
		profile,
		fingerprint: {
			...(await clusterFingerprint(cluster, signal)),
			...fingerprint,
			...proven,
			gateway: describeRoute(route),
			"request-timeout": `${timeoutSeconds} s`,
		},
		installMs,
		deployMs: elapsedMs(order.clock, deployedFrom),
		revision: service.revision,
		namespace,
	});
	// The way to zero takes long enough to learn the clocks meanwhile, and at the end to see whether they have moved.
	let clocks = probeClocks(order);
	await runColdStarts({
		observer,
		state,
		service,
		route,
		expectBody: order.target,
		iterations,
		requestTimeoutMs: request.timeoutMs,
		zeroTimeoutMs: order.timeoutMs,
		signal,
		clock: order.clock,
		record: order.record,
		onRound: (round, times) => {
			const name = round === 0 ? "warm-up" : `cold start ${round} of ${iterations}`;
			if (times === undefined) progress({ kind: "step", text: `${profile.name}: ${name}` });
			else order.onSample(profile, round, times);
			if (times !== undefined && round === iterations) clocks = clocks.then(() => probeClocks(order));
		},
		isEnough: () => order.isEnough?.(profile) === true,
	});
	await clocks;
	return service;
}

/** A pod drains for as long as a request may take; so the limit is as low as this profile's start-up allows. */
const leastTimeoutSeconds = { none: 10, sidecar: 15 };
const timeoutPerStartup = 2.5;

async function deployWithTimeout(order: BenchmarkOrder, profile: Profile) {
	const given = order.requestTimeoutSeconds;
	const guess = given ?? leastTimeoutSeconds[profile.promises.sidecar === "none" ? "none" : "sidecar"];
	const service = await deploy(order, profile, guess);
	const needed = Math.ceil(startupSeconds(order.state, service.revision) * timeoutPerStartup);
	if (given !== undefined || needed <= guess) return { service, timeoutSeconds: guess };
	return { service: await deploy(order, profile, needed), timeoutSeconds: needed };
}

function deploy(order: BenchmarkOrder, profile: Profile, timeoutSeconds: number): Promise<DeployedService> {
	const { cluster, state, signal, progress, namespace, image, target, timeoutMs } = order;
	const serviceOrder: ServiceOrder = { namespace, name: serviceName, image, target, timeoutSeconds };
	const manifest = markOurs(serviceManifest(profile, serviceOrder), { ...workload, profile: profile.name });
	return deployService(cluster, manifest, {
		state,
		pause: (ms) => pause(realMs(order.clock, ms), signal),
		timeoutMs,
		signal,
		podTrouble,
		onDetail: (text) => progress({ kind: "detail", text }),
	});
}

/** From creation to Ready by the pod's own fields, which are whole seconds: enough to choose a limit. */
function startupSeconds(state: LiveState, revision: string): number {
	const pod = state
		.objects("pods")
		.find(({ metadata }) => metadata.labels?.["serving.knative.dev/revision"] === revision);
	const { conditions = [] } = (pod?.status ?? {}) as { conditions?: { type: string; lastTransitionTime?: string }[] };
	const ready = conditions.find(({ type }) => type === "Ready")?.lastTransitionTime;
	if (pod?.metadata.creationTimestamp === undefined || ready === undefined) return 0;
	return (Date.parse(ready) - Date.parse(pod.metadata.creationTimestamp)) / 1000 + 1;
}

/** The controllers that hold its finalizers must see it off before the next profile restarts them. */
async function removeService({ cluster, state, signal, timeoutMs }: BenchmarkOrder, service: DeployedService) {
	await cluster.remove(service.ref, { propagation: "Foreground", signal });
	await waitGone(newTask(cluster, { timeoutMs, signal }), [service.ref]);
	await state.until((now) => (revisionState(now, service.revision).pods.length === 0 ? true : undefined), {
		timeoutMs,
		signal,
		onTimeout: () => new ClusterError(`the pods of ${service.revision} do not go away after their service was deleted`),
	});
}
