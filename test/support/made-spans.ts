import type { Entry } from "../../src/recording/entries.ts";
import type { RecordedSpan } from "../../src/recording/spans.ts";
import { type MadeStart, type Truth, truthOf } from "./cold-start-truth.ts";

const ms = (value: number) => BigInt(Math.round(value * 1e6));

/** The runtime answers after a process was started, and before kubelet writes its event or turns to the next one. */
function answeredAt({ containers, eventLagMs }: MadeStart, truth: Truth, name: string): bigint {
	const started = truth[`started:${name}`] ?? 0n;
	const next = containers[containers.findIndex((container) => container.name === name) + 1];
	const turned = truth[`${next?.pullMs === undefined ? "pulled" : "pulling"}:${next?.name}`];
	const mostNs = ms(Math.min(0.5, eventLagMs / 2));
	const halfNs = turned === undefined ? mostNs : (turned - started) / 2n;
	return started + (halfNs < mostNs ? halfNs : mostNs);
}

/** What kubelet, runtime and API server send of a made-up cold start, and when the finer steps really happened. */
export function spansOf(made: MadeStart): { truth: Truth; spans: RecordedSpan[] } {
	const truth = finerTruth(made);
	const spans: RecordedSpan[] = [];
	const at = (name: string) => truth[name] ?? 0n;
	const add = (
		span: Pick<RecordedSpan, "service" | "name"> & Partial<RecordedSpan>,
		[from, to]: readonly [bigint, bigint],
		offsetMs: number,
	) => {
		const id = `s${spans.length}`;
		const onClock = (ns: bigint) => (ns + ms(offsetMs)).toString();
		spans.push({ trace: "node", id, resolutionNs: 0, fromNs: onClock(from), toNs: onClock(to), ...span });
		return id;
	};
	const api = (name: string, times: readonly [bigint, bigint], more: Partial<RecordedSpan> = {}) =>
		add({ service: "apiserver", name, trace: "api", ...more }, times, made.apiServerOffsetMs ?? 0);
	const request = api("POST /api/v1/namespaces/{:namespace}/pods", [at("pod-requested"), at("pod-created") + ms(1)]);
	api(
		"Call mutating webhook",
		[at("webhook-called:istio-sidecar-injector"), at("webhook-answered:istio-sidecar-injector")],
		{
			parent: request,
			attributes: { configuration: "istio-sidecar-injector" },
		},
	);
	api("Create etcd3", [at("etcd-asked"), at("pod-created")], { parent: request, attributes: { key: "/pods/n/p" } });
	const sync = (from: bigint, to: bigint) =>
		add(
			{ service: "kubelet", name: "syncPod", attributes: { "k8s.pod.uid": "made-pod" } },
			[from, to],
			made.nodeOffsetMs,
		);
	const call = (method: string, parent: string, from: bigint, to: bigint, attributes = {}) => {
		const kind = method === "ImageStatus" || method === "PullImage" ? "Image" : "Runtime";
		const name = `runtime.v1.${kind}Service/${method}`;
		const own = add({ service: "kubelet", name, parent }, [from, to], made.nodeOffsetMs);
		return add({ service: "containerd", name, parent: own, attributes }, [from, to], made.nodeOffsetMs);
	};
	let pass = sync(at("sync-begun"), at("last-byte"));
	const sandbox = call("RunPodSandbox", pass, at("sandbox-asked"), at("sandbox-ready"));
	add(
		{ service: "containerd", name: "cni.setup_pod_network", parent: sandbox },
		[at("network-asked"), at("network-ready")],
		made.nodeOffsetMs,
	);
	for (const { name, role, pullMs } of made.containers) {
		const checked = pullMs === undefined ? at(`pulled:${name}`) : at(`pulling:${name}`);
		call("ImageStatus", pass, at(`turned-to:${name}`), checked);
		if (pullMs !== undefined) call("PullImage", pass, at(`pulling:${name}`), at(`pulled:${name}`));
		const names = { "container.name": `${name}_p_n_made-pod_0`, "container.id": `c-${name}` };
		call("CreateContainer", pass, at(`pulled:${name}`), at(`created:${name}`), names);
		const id = { "container.id": `c-${name}` };
		const start = call("StartContainer", pass, at(`created:${name}`), answeredAt(made, truth, name), id);
		add(
			{ service: "containerd", name: "client.task.Start", parent: start },
			[at(`created:${name}`), at(`started:${name}`)],
			made.nodeOffsetMs,
		);
		if (role !== "app") pass = sync(at(`started:${name}`), at("last-byte"));
	}
	return { truth, spans };
}

/** Where between the instants that are known anyway the finer ones lie. */
function finerTruth(made: MadeStart): Truth {
	const truth = truthOf(made);
	const between = (from: string, to: bigint, share: number) => {
		const begin = truth[from] ?? 0n;
		return begin + ((to - begin) * BigInt(Math.round(share * 100))) / 100n;
	};
	const created = truth["pod-created"] ?? 0n;
	const [first] = made.containers;
	const turned = truth[`${first?.pullMs === undefined ? "pulled" : "pulling"}:${first?.name}`] ?? 0n;
	const finer: Truth = {
		"pod-requested": between("scaled", created, 0.2),
		"webhook-called:istio-sidecar-injector": between("scaled", created, 0.3),
		"webhook-answered:istio-sidecar-injector": between("scaled", created, 0.7),
		"etcd-asked": between("scaled", created, 0.8),
		"sync-begun": between("scheduled", turned, 0.05),
		"sandbox-asked": between("scheduled", turned, 0.7),
		"network-asked": between("scheduled", turned, 0.75),
		"network-ready": between("scheduled", turned, 0.85),
		"sandbox-ready": between("scheduled", turned, 0.97),
	};
	let before = finer["sandbox-ready"] ?? 0n;
	for (const { name, pullMs, role } of made.containers) {
		const checked = truth[`${pullMs === undefined ? "pulled" : "pulling"}:${name}`] ?? 0n;
		finer[`turned-to:${name}`] = before + ((checked - before) * 9n) / 10n;
		const ended = truth[`finished:${name}`] ?? truth[`startup-passed:${name}`] ?? truth[`started:${name}`] ?? 0n;
		before = role === "app" ? answeredAt(made, truth, name) : ended;
	}
	return { ...truth, ...finer };
}

/** A recording with spans, which come after the sample as they do in a run. */
export function withSpans(entries: readonly Entry[], spans: readonly RecordedSpan[]): Entry[] {
	return entries.flatMap((entry): Entry[] => {
		if (entry.kind === "run") return [{ ...entry, traces: true }];
		if (entry.kind !== "sample-end") return [entry];
		return [entry, { kind: "spans", at: entry.at, pod: "made-pod", spans: [...spans] }];
	});
}
