import { type RecordedSpan, type RuntimeCall, runtimeCallOf, spanNames } from "../../recording/spans.ts";
import type { PodFacts } from "./pod-facts.ts";
import { incomplete, type SpanProblem, type SpanTree } from "./span-tree.ts";

/** What kubelet asked the container runtime for, until a pod's last container was started. */
export interface NodeCalls {
	/** Kubelet's first pass over the pod. */
	sync: RecordedSpan;
	sandbox: RecordedSpan;
	/** What the runtime did for the pod's network, where it says so. */
	network?: { first: RecordedSpan; last: RecordedSpan };
	/** By the container's name. */
	containers: ReadonlyMap<string, ContainerCalls>;
}

/** The calls for one container. */
export interface ContainerCalls {
	/** Whether the image is there; what kubelet asks of the image later on is for the container's configuration. */
	check: RecordedSpan;
	pull?: RecordedSpan;
	create: RecordedSpan;
	start: RecordedSpan;
	/** The part of the latter in which the runtime has the process started, where it says so. */
	task?: RecordedSpan;
}

/** Finds the calls of the pod's first start: one sandbox, and each container once. */
export function nodeCalls(pod: PodFacts, tree: SpanTree): NodeCalls | SpanProblem {
	const isOfPod = ({ name, attributes }: RecordedSpan) =>
		name === spanNames.sync && attributes?.["k8s.pod.uid"] === pod.uid;
	const sync = tree.all.find(isOfPod);
	if (sync === undefined) return incomplete("no span of kubelet tells of the pod");
	// Kubelet's own, around the time on the wire; the runtime's are below them.
	const calls = tree.all.filter(
		(span) =>
			span.service === sync.service &&
			span.isFailed !== true &&
			runtimeCallOf(span) !== undefined &&
			tree.above(span).some(isOfPod),
	);
	const of = (call: RuntimeCall) => calls.filter((span) => runtimeCallOf(span) === call);
	const sandboxes = of("RunPodSandbox");
	const [sandbox] = sandboxes;
	if (sandbox === undefined) return incomplete("no span of kubelet tells of the pod's sandbox");
	if (sandboxes.length > 1) return incomplete(`kubelet asked for the pod's sandbox ${sandboxes.length} times`);
	const containers = containerCalls(pod, tree, { calls, from: sandbox });
	if ("problem" in containers) return containers;
	const network = networkOf(tree, sandbox);
	return { sync, sandbox, ...(network === undefined ? {} : { network }), containers };
}

function containerCalls(
	pod: PodFacts,
	tree: SpanTree,
	{ calls, from }: { calls: readonly RecordedSpan[]; from: RecordedSpan },
): ReadonlyMap<string, ContainerCalls> | SpanProblem {
	const created = calls.filter((span) => runtimeCallOf(span) === "CreateContainer");
	const named = new Map<string, ContainerCalls>();
	let before = from;
	for (const { name } of pod.containers) {
		const create = created.find((span) => isAfter(span, before) && (nameIn(tree, span) ?? name) === name);
		const start = create && calls.find((span) => runtimeCallOf(span) === "StartContainer" && isAfter(span, create));
		if (create === undefined || start === undefined) return incomplete(`the spans do not tell of ${name}'s start`);
		const between = calls.filter((span) => isAfter(span, before) && isAfter(create, span));
		const check = between.find((span) => runtimeCallOf(span) === "ImageStatus");
		const pull = between.findLast((span) => runtimeCallOf(span) === "PullImage");
		if (check === undefined) return incomplete(`the spans do not tell when kubelet looked for the image of ${name}`);
		const task = tree.all.find((span) => span.name === spanNames.taskStart && tree.above(span).includes(start));
		named.set(name, {
			check,
			...(pull === undefined ? {} : { pull }),
			create,
			start,
			...(task === undefined ? {} : { task }),
		});
		before = start;
	}
	return named;
}

const isAfter = (later: RecordedSpan, { toNs }: RecordedSpan) => BigInt(later.fromNs) >= BigInt(toNs);

/** The runtime calls a container by its own name, the pod's and an attempt, with `_` between, which no name has. */
function nameIn(tree: SpanTree, create: RecordedSpan): string | undefined {
	const own = tree.all.find((span) => span.parent === create.id && span.trace === create.trace);
	return own?.attributes?.["container.name"]?.split("_")[0];
}

function networkOf(tree: SpanTree, sandbox: RecordedSpan): NodeCalls["network"] {
	const spans = tree.all.filter((span) => /\bcni\b/i.test(span.name) && tree.above(span).includes(sandbox));
	const [first] = spans;
	const last = spans.reduce((a, b) => (a !== undefined && BigInt(a.toNs) >= BigInt(b.toNs) ? a : b), first);
	return first === undefined || last === undefined ? undefined : { first, last };
}
