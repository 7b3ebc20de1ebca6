import type { StepRow } from "./step-row.ts";

export type { Origin, StepClock, StepRow, TracedPart } from "./step-row.ts";

/** The instant at which the talk's span `pod_creating` begins. */
export const podCreated = "pod-created";

/**
 * Every step of a cold start in the order in which one waits for the other: its instant, the phase that ends there, and
 * what it is read from. The critical path, the expected events, the bounds of the clocks and the help come from here.
 */
const table = [
	{ of: "request", instant: "request-sent", fact: "sentAt", from: [{ socket: "finish", clock: "client" }] },
	{
		of: "request",
		instant: "scaled",
		phase: "activation",
		text: "request sent → the Deployment asks for a pod",
		fact: "scaled",
		from: [{ field: "Deployment spec.replicas", clock: "client" }],
	},
	{
		of: "pod",
		instant: "pod-requested",
		phase: "pod-request",
		text: "→ the API server is asked for the pod",
		fact: "requested",
		// otelhttp: the span of the request begins where the API server received it (apiserver pkg/endpoints/filters).
		from: [{ span: "POST …/pods", clock: "apiserver" }],
		finer: "apiserver",
	},
	{
		of: "webhook",
		instant: "webhook-called:<webhook>",
		phase: "admission",
		text: "the API server's own part of a pod's creation: all but webhooks and etcd",
		fact: "called",
		from: [{ span: "Call mutating webhook", clock: "apiserver" }],
		finer: "apiserver",
	},
	{
		of: "webhook",
		instant: "webhook-answered:<webhook>",
		phase: "webhook-<webhook>",
		text: "→ a mutating webhook has answered; Istio's sidecar injection is one",
		fact: "answered",
		from: [{ span: "Call mutating webhook", clock: "apiserver" }],
		finer: "apiserver",
	},
	{
		of: "pod",
		instant: "etcd-asked",
		phase: "admission",
		fact: "etcdAsked",
		from: [{ span: "Create etcd3", clock: "apiserver" }],
		finer: "apiserver",
	},
	{
		of: "pod",
		instant: podCreated,
		phase: "etcd",
		text: "→ etcd has stored the pod: it exists",
		fact: "created",
		from: [{ span: "Create etcd3", clock: "apiserver" }],
		finer: "apiserver",
	},
	{
		of: "pod",
		instant: podCreated,
		phase: "pod-creation",
		text: "→ the pod exists; the sidecar's injection is in here",
		fact: "created",
		coarser: "apiserver",
		from: [{ field: "metadata.creationTimestamp", clock: "apiserver" }],
	},
	{
		of: "pod",
		instant: "scheduled",
		phase: "scheduling",
		text: "→ the pod has a node",
		fact: "scheduled",
		from: [
			{ field: "spec.nodeName", clock: "client" },
			{ event: "Scheduled", clock: "scheduler" },
			{ condition: "PodScheduled", clock: "apiserver" },
		],
	},
	{
		of: "pod",
		instant: "sync-begun",
		phase: "dispatch",
		text: "→ kubelet has the pod and begins with it",
		fact: "syncBegun",
		from: [{ span: "syncPod", clock: "node" }],
		finer: "node",
	},
	{
		of: "pod",
		instant: "sandbox-asked",
		phase: "volumes",
		text: "→ kubelet asks for the sandbox: cgroups, and volumes, for which it looks every 300 ms",
		fact: "sandboxAsked",
		// WaitForAttachAndMount polls (kubernetes pkg/kubelet/volumemanager, podAttachAndMountRetryInterval).
		from: [{ span: "RunPodSandbox", clock: "node" }],
		finer: "node",
	},
	{
		of: "pod",
		instant: "network-asked",
		phase: "sandbox",
		fact: "networkAsked",
		from: [{ span: "RunPodSandbox, its CNI", clock: "node" }],
		finer: "node",
	},
	{
		of: "pod",
		instant: "network-ready",
		phase: "cni",
		text: "→ the CNI plugins have made the pod's network; a part of the sandbox",
		fact: "networkReady",
		from: [{ span: "RunPodSandbox, its CNI", clock: "node" }],
		finer: "node",
	},
	{
		of: "pod",
		phase: "sandbox",
		text: "→ kubelet turns to the first container: sandbox, network, CNI plugins; finer, without volumes and cni",
	},
	{
		of: "container",
		instant: "turned-to:<container>",
		fact: "turnedTo",
		from: [{ span: "ImageStatus", clock: "node" }],
		finer: "node",
	},
	{
		of: "container",
		instant: "pulling:<container>",
		phase: "image-check-<container>",
		text: "→ the runtime has said whether the image is there",
		fact: "pulling",
		from: [{ span: "PullImage", clock: "node" }],
		onlyIfPulled: true,
		finer: "node",
	},
	{
		of: "container",
		instant: "pulled:<container>",
		phase: "image-check-<container>",
		fact: "pulled",
		from: [{ span: "ImageStatus", clock: "node" }],
		unlessPulled: true,
		finer: "node",
	},
	{
		of: "container",
		instant: "pulled:<container>",
		phase: "pull-<container>",
		fact: "pulled",
		from: [{ span: "PullImage", clock: "node" }],
		onlyIfPulled: true,
		finer: "node",
	},
	{
		of: "container",
		instant: "created:<container>",
		phase: "create-<container>",
		text: "→ the container has been created",
		fact: "created",
		from: [{ span: "CreateContainer", clock: "node" }],
		finer: "node",
	},
	{
		of: "container",
		instant: "pulling:<container>",
		fact: "pulling",
		from: [{ event: "Pulling", clock: "node", isOptional: true }],
		onlyIfPulled: true,
		coarser: "node",
	},
	{
		of: "container",
		instant: "pulled:<container>",
		phase: "pull-<container>",
		text: "→ its image has been pulled; only where it was not there",
		fact: "pulled",
		from: [{ event: "Pulled", clock: "node" }],
		coarser: "node",
	},
	{
		of: "container",
		instant: "created:<container>",
		fact: "created",
		from: [{ event: "Created", clock: "node" }],
		isOffPath: true,
	},
	{
		of: "container",
		instant: "started:<container>",
		phase: "start-<container>",
		text: "→ the container has been created and started; finer, without its creation",
		fact: "started",
		from: [
			{ event: "Started", clock: "node" },
			{ field: "state.running.startedAt", clock: "node" },
		],
	},
	{
		of: "container",
		instant: "finished:<container>",
		phase: "run-<container>",
		text: "→ the init container has ended",
		fact: "finished",
		from: [{ field: "state.terminated.finishedAt", clock: "node" }],
		roles: ["init"],
	},
	{
		of: "container",
		instant: "startup-passed:<container>",
		phase: "startup-<container>",
		text: "→ the sidecar's startup probe has passed",
		fact: "startupPassed",
		from: [{ field: "started", clock: "client" }],
		roles: ["sidecar"],
	},
	{
		of: "container",
		phase: "notice-<container>",
		text: "→ kubelet has noticed and turns to the next container",
		roles: ["init", "sidecar"],
	},
	{
		of: "container",
		phase: "post-start-<container>",
		text: "→ kubelet turns to the next container, held back by a postStart hook or an image",
		roles: ["app"],
	},
	{
		of: "pod",
		instant: "pod-ready",
		phase: "readiness",
		text: "last container started → the pod is Ready",
		fact: "ready",
		from: [{ condition: "Ready", clock: "node" }],
		way: "endpoint",
	},
	{
		of: "request",
		instant: "endpoint-ready",
		phase: "endpoint",
		text: "→ the ready address is in the endpoints",
		fact: "endpoint",
		from: [{ field: "EndpointSlice endpoints", clock: "client" }],
		way: "endpoint",
	},
	{
		of: "request",
		instant: "first-byte",
		phase: "routing",
		text: "→ first byte of the answer, by way of the endpoint",
		fact: "firstByteAt",
		from: [{ socket: "first data", clock: "client" }],
		way: "endpoint",
	},
	{
		of: "request",
		instant: "first-byte",
		phase: "probing",
		text: "last container started → first byte, where the activator's own probe found the pod before it was Ready",
		fact: "firstByteAt",
		from: [{ socket: "first data", clock: "client" }],
		way: "probe",
	},
	{
		of: "request",
		instant: "last-byte",
		phase: "response",
		text: "first byte → last byte",
		fact: "lastByteAt",
		from: [{ socket: "end", clock: "client" }],
	},
] as const satisfies readonly StepRow[];

/** {@link StepRow}s in the order of time. */
export const steps: readonly StepRow[] = table;

type FactOf<Owner extends StepRow["of"]> = Extract<(typeof table)[number], { of: Owner; fact: string }>["fact"];
/** The facts of a pod and of a container that the steps name: who adds a step adds a fact. */
export type PodFactName = FactOf<"pod">;
export type ContainerFactName = FactOf<"container">;
export type RequestFactName = FactOf<"request">;
export type WebhookFactName = FactOf<"webhook">;

/** A name of the table for one container, or one webhook. */
export const nameFor = (name: string, of: string) => name.replace(/<(container|webhook)>/, of);
