import { spanNames } from "../../recording/spans.ts";
import type { ClusterTruth, ContainerInstant, PodTruth, TrueTime } from "../world/truth.ts";

/** A span as the simulated kubelet, runtime or API server sends it. */
export interface SimulatedSpan {
	service: "kubelet" | "containerd" | "apiserver";
	name: string;
	/** 32 hexadecimal digits. */
	trace: string;
	/** 16 hexadecimal digits. */
	id: string;
	/** Undefined for the first of its trace. */
	parent?: string;
	/** ns since 1970 on the clock of the machine that the part runs on. */
	from: bigint;
	to: bigint;
	attributes: Record<string, string>;
}

/**
 * The traces of a pod's start, as Kubernetes 1.36 and containerd 2 send them: one of its creation, and one of each of the
 * kubelet's passes that has ended. Calls that failed or were broken off have none.
 */
export function podTraces(pod: PodTruth, { clocksAheadMs: { server, nodes } }: ClusterTruth): SimulatedSpan[][] {
	const ofNode = nodes[pod.node ?? ""] ?? 0;
	const passes = pod.passes.map((pass, index) => {
		const trace = openTrace(`${pod.uid}/${index + 1}`, ofNode);
		if (pass.endedAt !== undefined) addPass(trace, pod, { from: pass.begunAt, to: pass.endedAt });
		return trace.spans;
	});
	const creation = openTrace(`${pod.uid}/0`, server);
	addCreation(creation, pod);
	return [creation.spans, ...passes].filter(({ length }) => length > 0);
}

interface Times {
	from: TrueTime | undefined;
	to: TrueTime | undefined;
}

interface Trace {
	spans: SimulatedSpan[];
	/** Adds a span, unless one of its ends never happened; returns its id. */
	add(span: Pick<SimulatedSpan, "service" | "name" | "parent"> & Times, attributes?: Record<string, string>): string;
}

/** @param key `<uid>/<number>`, of which each trace has its own */
function openTrace(key: string, aheadMs: number): Trace {
	const [uid = "", number = ""] = key.split("/");
	const trace = `${uid.replaceAll("-", "").slice(0, 28)}${Number(number).toString(16).padStart(4, "0")}`;
	const aheadNs = BigInt(Math.round(aheadMs * 1e6));
	const spans: SimulatedSpan[] = [];
	return {
		spans,
		add({ service, name, parent, from, to }, attributes = {}) {
			const id = (spans.length + 1).toString(16).padStart(16, "0");
			if (from === undefined || to === undefined) return id;
			const ofParent = parent === undefined ? {} : { parent };
			spans.push({ service, name, trace, id, ...ofParent, from: from + aheadNs, to: to + aheadNs, attributes });
			return id;
		},
	};
}

function addCreation({ add }: Trace, { namespace, name, instants }: PodTruth): void {
	const { requested, webhookCalled, webhookAnswered, etcdAsked, created } = instants;
	if (requested === undefined) return;
	const service = "apiserver" as const;
	const parent = add({
		service,
		name: "POST /api/v1/namespaces/{:namespace}/pods",
		from: requested,
		to: created,
	});
	const own = add({ service, name: "Create", parent, from: requested, to: created }, { resource: "pods" });
	add(
		{ service, name: "Call mutating webhook", parent: own, from: webhookCalled, to: webhookAnswered },
		{ configuration: "istio-sidecar-injector", webhook: "namespace.sidecar-injector.istio.io" },
	);
	const key = `/pods/${namespace}/${name}`;
	add({ service, name: "Create etcd3", parent: own, from: etcdAsked, to: created }, { key });
}

/** What the kubelet asks the runtime for: from one instant of a container to another. */
const calls: readonly [call: string, from: ContainerInstant, to: ContainerInstant][] = [
	["ImageService/ImageStatus", "turnedTo", "pulled"],
	["ImageService/PullImage", "pulling", "pulled"],
	["RuntimeService/CreateContainer", "pulled", "created"],
	["RuntimeService/StartContainer", "created", "startAnswered"],
];

function addPass(trace: Trace, pod: PodTruth, pass: { from: TrueTime; to: TrueTime }): void {
	const { instants, containers, uid } = pod;
	const parent = trace.add({ service: "kubelet", name: "syncPod", ...pass }, { "k8s.pod.uid": uid });
	const isInPass = (at: TrueTime | undefined) => at !== undefined && at >= pass.from && at <= pass.to;
	if (isInPass(instants.sandboxReady)) {
		const times = { from: instants.sandboxAsked, to: instants.sandboxReady };
		const own = addCall(trace, "RuntimeService/RunPodSandbox", { parent, ...times });
		const network = { from: instants.networkAsked, to: instants.networkReady };
		trace.add({ service: "containerd", name: "cni.setup_pod_network", parent: own, ...network });
	}
	for (const [container, happened] of Object.entries(containers)) {
		if (!isInPass(happened.started)) continue;
		const attributes = { "container.name": `${container}_${pod.name}_${pod.namespace}_${uid}_0` };
		for (const [call, from, to] of calls) {
			const isChecked = call.endsWith("ImageStatus") && happened.pulling !== undefined;
			const times = { from: happened[from], to: isChecked ? happened.pulling : happened[to] };
			const own = addCall(trace, call, { parent, ...times }, call.endsWith("CreateContainer") ? attributes : {});
			if (!call.endsWith("StartContainer")) continue;
			const started = { from: happened.created, to: happened.started };
			trace.add({ service: "containerd", name: spanNames.taskStart, parent: own, ...started });
		}
	}
}

/** The kubelet's own span, and the runtime's below it; returns the id of the latter. */
function addCall(
	trace: Trace,
	call: string,
	{ parent, ...times }: Times & { parent: string },
	attributes: Record<string, string> = {},
): string {
	const name = `runtime.v1.${call}`;
	const asked = trace.add({ service: "kubelet", name, parent, ...times });
	return trace.add({ service: "containerd", name, parent: asked, ...times }, attributes);
}
