import { ClusterError } from "../../errors.ts";
import { describeRef, type KubeObject, refOf } from "../../kube/api/cluster.ts";
import { ApiError } from "../../kube/http/api-error.ts";
import { isOurs, markOurs } from "../../kube/objects/ownership.ts";
import { objectOf, objectsOf, textOf, textsOf } from "../../kube/untrusted.ts";
import { patiently } from "../../kube/wait/patience.ts";
import { newTask, type Session, uninterrupted } from "../../kube/wait/task.ts";
import { oneLine } from "../../text/one-line.ts";
import { notTested, seen } from "../cells.ts";
import type { Findings, Probe, Visit } from "./probe.ts";

/** The pod's capabilities, and what a namespace that enforces a Pod Security Standard says to the real pod. */
export const podSecurityProbe: Probe = {
	title: "Pod Security Standards",
	columns: ["net-admin", "restricted"],
	async run(visit) {
		const { session, profile } = visit;
		await refuseForeign(session);
		try {
			const ours = markOurs(namespaceEnforcing("baseline"), {
				part: "workload",
				profile: profile.name,
			});
			await session.cluster.apply(ours, { signal: session.signal });
			const baseline = await tryPod(visit);
			await session.cluster.patch(namespaceRef, namespaceEnforcing("restricted"), session.signal);
			return found(visit, baseline, await tryPod(visit));
		} finally {
			await removeNamespace(uninterrupted(session));
			visit.leave([namespaceRef]);
		}
	},
};

/** It exists while the probe runs, and no pod is ever made in it. */
const namespaceRef = {
	apiVersion: "v1",
	kind: "Namespace",
	name: "knistio-pod-security",
};

const namespaceEnforcing = (standard: string): KubeObject => ({
	apiVersion: "v1",
	kind: "Namespace",
	metadata: {
		name: namespaceRef.name,
		labels: { "pod-security.kubernetes.io/enforce": standard },
	},
});

async function refuseForeign({ cluster, signal }: Session): Promise<void> {
	const object = await cluster.get(namespaceRef, signal);
	if (object === undefined || isOurs(object)) return;
	throw new ClusterError(`the namespace ${namespaceRef.name} is somebody else's`, {
		hint: "knistio makes it for a moment and removes it; rename yours",
	});
}

async function removeNamespace(session: Session): Promise<void> {
	const object = await session.cluster.get(namespaceRef);
	if (object === undefined || !isOurs(object)) return;
	await session.cluster.remove(namespaceRef);
}

/** What the API server says to the pod: its refusal by the standard, another one, or neither. */
interface Admission {
	/** Why Pod Security refuses it, such as `non-default capabilities (…)`. */
	violation?: string;
	/** Why something else refuses it: then nothing is known of the standard. */
	otherwise?: string;
}

/** A new namespace gets its service account from a controller, a moment later. */
const accountPatienceMs = 10_000;

/** Asks for the pod to be made, without making it (`dryRun=All`). */
async function tryPod({ session, pod }: Visit): Promise<Admission> {
	const { cluster, clock, signal } = session;
	const deadlineAt = clock.now() + accountPatienceMs;
	for (;;) {
		try {
			const copy = copyOf(pod);
			await patiently(newTask(session), describeRef(refOf(copy)), () => cluster.apply(copy, { dryRun: true, signal }));
			return {};
		} catch (error) {
			if (!(error instanceof ApiError) || error.status !== 403) throw error;
			const violation = /violates PodSecurity "[^"]*": (.*)/s.exec(error.message)?.[1];
			if (violation !== undefined) return { violation: oneLine(violation) };
			if (!/service ?account/i.test(error.message) || clock.now() > deadlineAt) {
				return { otherwise: oneLine(error.message) };
			}
			await clock.sleep(250, signal);
		}
	}
}

/** What the API server or a controller has added to the pod since it was asked for, and what belongs to another namespace. */
const ofOthers = [
	"nodeName",
	"serviceAccount",
	"serviceAccountName",
	"priority",
	"preemptionPolicy",
	"ephemeralContainers",
];

/** The pod as it is after injection, for the other namespace; without labels, so that nothing is injected again. */
function copyOf(pod: KubeObject): KubeObject {
	const spec = Object.fromEntries(Object.entries(objectOf(pod.spec)).filter(([name]) => !ofOthers.includes(name)));
	return {
		apiVersion: "v1",
		kind: "Pod",
		metadata: { name: pod.metadata.name, namespace: namespaceRef.name },
		spec,
	};
}

/** The containers that add capabilities, such as `istio-init adds NET_ADMIN and NET_RAW`. */
function capabilitiesOf(pod: KubeObject): {
	text: string;
	hasNetAdmin: boolean;
} {
	const spec = objectOf(pod.spec);
	const containers = [...objectsOf(spec.initContainers), ...objectsOf(spec.containers)];
	const adding = containers.flatMap(({ name, securityContext }) => {
		const added = textsOf(objectOf(objectOf(securityContext).capabilities).add);
		return added.length === 0 ? [] : [{ name: textOf(name) ?? "a container", added }];
	});
	const text = adding.map(({ name, added }) => `${name} adds ${added.join(" and ")}`).join(", ");
	const hasNetAdmin = adding.some(({ added }) => added.some((each) => /^(CAP_)?NET_ADMIN$|^ALL$/.test(each)));
	return {
		text: text || "no container of the pod adds a capability",
		hasNetAdmin,
	};
}

function found({ pod }: Visit, baseline: Admission, restricted: Admission): Findings {
	const { text, hasNetAdmin } = capabilitiesOf(pod);
	const evidence = `${text}; a namespace that enforces "baseline" ${answerWords(baseline)}`;
	const cells = [
		seen("net-admin", hasNetAdmin, { evidence }),
		restricted.otherwise === undefined
			? seen("restricted", restricted.violation !== undefined, {
					evidence: `a namespace that enforces "restricted" ${answerWords(restricted)}`,
				})
			: notTested("restricted", `the API server refuses the pod for another reason: ${restricted.otherwise}`),
	];
	return {
		cells,
		changed: [`made the namespace ${namespaceRef.name} and removed it`],
	};
}

function answerWords({ violation, otherwise }: Admission): string {
	if (violation !== undefined) return `refuses the pod: ${violation}`;
	return otherwise === undefined ? "takes the pod" : `was not heard, for the pod is refused otherwise: ${otherwise}`;
}
