import type { KubeObject, Pod } from "../api/objects.ts";
import { forbidden } from "../api/status-error.ts";
import { containersOf } from "../world/runtime.ts";
import type { World } from "../world/world.ts";

const enforceLabel = "pod-security.kubernetes.io/enforce";

/** Capabilities that a container may add under the baseline standard. */
const allowed = new Set(
	"AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT".split(
		" ",
	),
);

/**
 * Refuses pods as the Pod Security admission does in a namespace whose label enforces a standard. Of the standards only
 * what Istio's and Knative's containers differ in is simulated: capabilities, privilege escalation, and running as root.
 */
export function startPodSecurity({ api }: World): void {
	api.onCreate((resource, object) => {
		if (resource.id !== "pods") return;
		const pod = object as Pod;
		const namespace = api.get<KubeObject>("namespaces", { name: pod.metadata.namespace ?? "" });
		const standard = namespace?.metadata.labels?.[enforceLabel];
		const violations = standard === undefined || standard === "privileged" ? [] : violationsOf(pod, standard);
		if (violations.length === 0) return;
		const { name } = pod.metadata;
		const why = `violates PodSecurity "${standard}:latest": ${violations.join(", ")}`;
		throw forbidden(`pods "${name}" is forbidden: ${why}`, { name, kind: "pods" });
	});
}

interface SecurityContext {
	allowPrivilegeEscalation?: boolean;
	runAsNonRoot?: boolean;
	capabilities?: { add?: string[]; drop?: string[] };
}

function violationsOf(pod: Pod, standard: string): string[] {
	const containers = containersOf(pod).map(({ name, securityContext }) => ({
		name,
		...((securityContext ?? {}) as SecurityContext),
	}));
	const violations: string[] = [];
	const refuse = (what: string, must: string, isWrong: (container: (typeof containers)[number]) => boolean) => {
		const names = containers.filter(isWrong).map(({ name }) => `"${name}"`);
		if (names.length > 0) violations.push(`${what} (containers ${names.join(", ")} must ${must})`);
	};
	const isRestricted = standard === "restricted";
	for (const { name, capabilities } of containers) {
		const added = (capabilities?.add ?? []).filter((each) => !allowed.has(each));
		if (added.length === 0) continue;
		const names = added.map((each) => `"${each}"`).join(", ");
		violations.push(
			`non-default capabilities (container "${name}" must not include ${names} in securityContext.capabilities.add)`,
		);
	}
	if (!isRestricted) return violations;
	const allow = "allowPrivilegeEscalation";
	refuse(`${allow} != false`, `set securityContext.${allow}=false`, (each) => each.allowPrivilegeEscalation !== false);
	refuse(
		"unrestricted capabilities",
		'set securityContext.capabilities.drop=["ALL"]',
		({ capabilities }) => capabilities?.drop?.includes("ALL") !== true,
	);
	refuse("runAsNonRoot != true", "set securityContext.runAsNonRoot=true", (each) => each.runAsNonRoot !== true);
	return violations;
}
