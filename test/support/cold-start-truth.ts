import type { KubeObject } from "../../src/kube/object.ts";
import type { Entry } from "../../src/recording/entries.ts";

/** A container of a made-up pod. Durations in ms. */
export interface MadeContainer {
	name: string;
	role: "init" | "sidecar" | "app";
	pullMs?: number;
	createMs: number;
	/** Created to started. */
	startMs: number;
	/** Init: how long it runs. Sidecar: until its startup probe passes. */
	runMs?: number;
	/** Until kubelet has noticed that and goes on. */
	noticeMs?: number;
	/** Its postStart hook, which kubelet waits for before it turns to the next container. */
	postStartMs?: number;
}

/** A made-up cold start: what really happens, and how the cluster tells of it. */
export interface MadeStart {
	/** ns since the epoch, on the client's clock. */
	sentAt: bigint;
	activationMs: number;
	creationMs: number;
	schedulingMs: number;
	sandboxMs: number;
	containers: MadeContainer[];
	readinessMs: number;
	endpointMs: number;
	routingMs: number;
	responseMs: number;
	/** The clocks' time minus the client's. */
	nodeOffsetMs: number;
	schedulerOffsetMs: number;
	/** The node's clock is set, so long after the request was sent. */
	nodeIsSet?: { afterMs: number; byMs: number };
	/** How late the watches are, at most as late as the pings. */
	watchLagMs: number;
	/** How late kubelet writes its events: 0 to 10. */
	eventLagMs: number;
	apiServerOffsetMs?: number;
	/** How much later than other changes each event is delivered, in turn: events are sent when there is time. */
	eventDelaysMs?: readonly number[];
	/** What is in an event's name: its time (the default), nothing of it, or another time. */
	eventNames?: "time" | "uuid" | "lying";
	/** To how many ms around the truth the clocks were probed before; by default they were not. */
	probedToMs?: number;
}

/** A container of the application, such as queue-proxy. */
export const anApp = (name: string): MadeContainer => ({ name, role: "app", createMs: 40, startMs: 30 });

/** A cold start without a sidecar, in which nothing is out of the ordinary. */
export const plainStart: MadeStart = {
	sentAt: 1_795_442_349_422_927_067n,
	activationMs: 12,
	creationMs: 25,
	schedulingMs: 8,
	sandboxMs: 470,
	containers: [anApp("user-container"), anApp("queue-proxy")],
	readinessMs: 300,
	endpointMs: 9,
	routingMs: 15,
	responseMs: 1,
	nodeOffsetMs: 0,
	schedulerOffsetMs: 0,
	watchLagMs: 6,
	eventLagMs: 2,
};

/** True instants in ns on the client's clock, by the names of reports. */
export type Truth = Record<string, bigint>;

const ms = (value: number) => BigInt(Math.round(value * 1e6));
const second = (ns: bigint) => `${new Date(Number(ns / 1_000_000n)).toISOString().slice(0, 19)}Z`;
const micro = (ns: bigint) =>
	`${second(ns).slice(0, 19)}.${((ns % 1_000_000_000n) / 1000n).toString().padStart(6, "0")}Z`;

/** When each thing happens, one after the other. */
export function truthOf(made: MadeStart): Truth {
	const truth: Truth = { "request-sent": made.sentAt };
	let now = made.sentAt;
	const after = (name: string, delayMs: number) => {
		now += ms(delayMs);
		truth[name] = now;
	};
	after("scaled", made.activationMs);
	after("pod-created", made.creationMs);
	after("scheduled", made.schedulingMs);
	now += ms(made.sandboxMs);
	for (const container of made.containers) {
		const { name } = container;
		if (container.pullMs !== undefined) {
			truth[`pulling:${name}`] = now;
			now += ms(container.pullMs);
		}
		truth[`pulled:${name}`] = now;
		after(`created:${name}`, container.createMs);
		after(`started:${name}`, container.startMs);
		if (container.role === "init") after(`finished:${name}`, container.runMs ?? 0);
		if (container.role === "sidecar") after(`startup-passed:${name}`, container.runMs ?? 0);
		if (container.role !== "app") now += ms(container.noticeMs ?? 0);
		now += ms(container.postStartMs ?? 0);
	}
	after("pod-ready", made.readinessMs);
	after("endpoint-ready", made.endpointMs);
	after("first-byte", made.routingMs);
	after("last-byte", made.responseMs);
	return truth;
}

const uid = "made-pod";
const revision = "hello-00001";
export const node = "n1";

/** The entries that a recording of it holds: one sample of round 1 in a run of one profile. */
export function entriesOf(made: MadeStart): { truth: Truth; entries: Entry[] } {
	const truth = truthOf(made);
	const at = (name: string) => truth[name] ?? 0n;
	const lag = ms(made.watchLagMs);
	const { afterMs, byMs } = made.nodeIsSet ?? { afterMs: 0, byMs: 0 };
	const onNode = (ns: bigint) => ns + ms(made.nodeOffsetMs + (ns >= made.sentAt + ms(afterMs) ? byMs : 0));
	const onServer = (ns: bigint) => ns + ms(made.apiServerOffsetMs ?? 0);
	const entries: Entry[] = [];
	const see = (
		watch: "pods" | "events" | "deployments" | "endpointslices",
		ns: bigint,
		object: object,
		type = "MODIFIED",
	) => entries.push({ kind: "watch", at: (ns + lag).toString(), watch, type, object: object as KubeObject } as Entry);

	see("deployments", at("scaled"), {
		kind: "Deployment",
		metadata: { name: "d", labels: { "serving.knative.dev/revision": revision } },
		spec: { replicas: 1 },
	});
	let version = 0;
	const pod = (status: object = {}, spec: object = {}) => ({
		kind: "Pod",
		metadata: {
			name: "p",
			namespace: "n",
			uid,
			resourceVersion: String(++version),
			labels: { "serving.knative.dev/revision": revision },
			creationTimestamp: second(onServer(at("pod-created"))),
		},
		spec: { ...specOf(made), ...spec },
		status,
	});
	see("pods", at("pod-created"), pod(), "ADDED");
	see("pods", at("scheduled"), pod({}, { nodeName: node }));
	const placed = { nodeName: node };
	const statusAt = (now: bigint) => statusesOf(made, truth, { now, onNode, onServer });
	const initial = statusAt(at("scheduled"));
	see("pods", at("scheduled") + ms(5), pod(initial, placed));
	for (const { name, role } of made.containers) {
		const turn = role === "init" ? `finished:${name}` : `startup-passed:${name}`;
		if (role !== "app") see("pods", at(turn), pod(statusAt(at(turn)), placed));
	}
	see("pods", at("pod-ready"), pod(statusAt(at("pod-ready")), placed));
	see("endpointslices", at("endpoint-ready"), {
		kind: "EndpointSlice",
		metadata: { name: "s", labels: { "kubernetes.io/service-name": `${revision}-private` } },
		endpoints: [{ conditions: { ready: true }, targetRef: { uid } }],
	});
	const delays = made.eventDelaysMs ?? [0];
	let told = 0;
	const event = (reason: string, ns: bigint, more: object) => {
		const delayMs = delays[told++ % delays.length] ?? 0;
		see("events", ns + ms(delayMs), { kind: "Event", reason, involvedObject: { uid }, ...more }, "ADDED");
	};
	const scheduledOn = at("scheduled") + ms(made.schedulerOffsetMs);
	event("Scheduled", at("scheduled"), {
		metadata: { name: "p.1" },
		eventTime: micro(scheduledOn),
		firstTimestamp: null,
	});
	for (const [key, fact] of Object.entries(truth)) {
		const [what = "", container] = key.split(":");
		const reason = { pulling: "Pulling", pulled: "Pulled", created: "Created", started: "Started" }[what];
		if (reason === undefined || container === undefined) continue;
		const written = onNode(fact) + ms(made.eventLagMs);
		const init = made.containers.find(({ name }) => name === container)?.role !== "app";
		event(reason, fact + ms(made.eventLagMs), {
			metadata: { name: eventName(made, written) },
			firstTimestamp: second(written),
			eventTime: null,
			...(what === "pulled" ? { message: pulledMessage(made, container) } : {}),
			involvedObject: { uid, fieldPath: `spec.${init ? "initContainers" : "containers"}{${container}}` },
		});
	}
	return { truth, entries: framed(made, truth, entries) };
}

function pulledMessage({ containers }: MadeStart, name: string): string {
	const { pullMs } = containers.find((container) => container.name === name) ?? {};
	if (pullMs === undefined) return 'Container image "i" already present on machine';
	return `Successfully pulled image "i" in ${Math.round(pullMs)}ms (${Math.round(pullMs)}ms including waiting)`;
}

function eventName({ eventNames = "time" }: MadeStart, written: bigint): string {
	if (eventNames === "uuid") return "p.3f8e2c1a-5b7d-4e90-8c6f-1a2b3c4d5e6f";
	return `p.${(eventNames === "time" ? written : written + ms(2500)).toString(16)}`;
}

/** The watch's entries between those of the run, the profile, the sample and the request; with pings all along. */
function framed(made: MadeStart, truth: Truth, watched: Entry[]): Entry[] {
	const at = (name: string) => (truth[name] ?? 0n).toString();
	const before = (made.sentAt - ms(1000)).toString();
	const end = (truth["last-byte"] ?? 0n) + ms(1000);
	const pings: Entry[] = [];
	for (let sent = made.sentAt - ms(500); sent < end; sent += ms(250)) {
		const seenAt = (sent + ms(made.watchLagMs)).toString();
		pings.push({ kind: "ping", at: seenAt, sentAt: sent.toString(), seenAt });
	}
	const request: Entry = {
		kind: "request",
		at: at("last-byte"),
		round: 1,
		connectStartedAt: (made.sentAt - ms(1)).toString(),
		sentAt: at("request-sent"),
		firstByteAt: at("first-byte"),
		lastByteAt: at("last-byte"),
		status: 200,
		bodyMatches: true,
	};
	const during = [...watched, ...pings, request].sort((a, b) => (BigInt(a.at) < BigInt(b.at) ? -1 : 1));
	return [
		{ kind: "run", version: 1, at: before, knistio: "test", context: "made", iterations: 1 },
		{
			kind: "profile",
			at: before,
			profile: { name: "made" },
			fingerprint: {},
			revision,
			namespace: "n",
		} as unknown as Entry,
		...clockEntries(made, before),
		{ kind: "sample", at: before, round: 1, podsBefore: [], replicasBefore: 0 },
		...during,
		{ kind: "sample-end", at: end.toString(), round: 1 },
		{ kind: "end", at: end.toString() },
	];
}

function clockEntries({ probedToMs, apiServerOffsetMs = 0, nodeOffsetMs }: MadeStart, at: string): Entry[] {
	if (probedToMs === undefined) return [];
	const entry = (clock: string, offsetMs: number): Entry => ({
		kind: "clock",
		at,
		clock,
		loNs: ms(offsetMs - probedToMs).toString(),
		hiNs: ms(offsetMs + probedToMs).toString(),
		method: "http-date",
	});
	return [entry("apiserver", apiServerOffsetMs), entry(`node/${node}`, nodeOffsetMs)];
}

function specOf({ containers }: MadeStart) {
	const spec = (role: string) =>
		containers
			.filter((container) => (container.role === "app") === (role === "app"))
			.map(({ name, role: own, postStartMs }) => ({
				name,
				image: "i",
				...(own === "sidecar" ? { restartPolicy: "Always" } : {}),
				...(postStartMs === undefined ? {} : { lifecycle: { postStart: { exec: { command: ["wait"] } } } }),
			}));
	return { initContainers: spec("init"), containers: spec("app") };
}

/** What kubelet would publish at a moment; its times are cut to seconds. */
function statusesOf(
	made: MadeStart,
	truth: Truth,
	{ now, onNode, onServer }: { now: bigint; onNode(ns: bigint): bigint; onServer(ns: bigint): bigint },
) {
	const is = (name: string) => (truth[name] ?? now + 1n) <= now;
	const time = (name: string) => second(onNode(truth[name] ?? 0n));
	const isReady = is("pod-ready");
	const statuses = made.containers.map(({ name, role }) => {
		const running = is(`started:${name}`) ? { running: { startedAt: time(`started:${name}`) } } : undefined;
		const ended = role === "init" && is(`finished:${name}`);
		return {
			name,
			app: role === "app",
			restartCount: 0,
			started: role === "sidecar" ? is(`startup-passed:${name}`) : running !== undefined,
			ready: role === "app" ? isReady : role === "sidecar" && is(`startup-passed:${name}`),
			state: ended
				? { terminated: { exitCode: 0, startedAt: time(`started:${name}`), finishedAt: time(`finished:${name}`) } }
				: (running ?? { waiting: { reason: "PodInitializing" } }),
		};
	});
	return {
		conditions: [
			{ type: "PodScheduled", status: "True", lastTransitionTime: second(onServer(truth.scheduled ?? 0n)) },
			...(isReady ? [{ type: "Ready", status: "True", lastTransitionTime: time("pod-ready") }] : []),
		],
		initContainerStatuses: statuses.filter(({ app }) => !app),
		containerStatuses: statuses.filter(({ app }) => app),
	};
}
