/** What rules the length of a phase, and whether anybody can change it; the first that fits. */
const causes: readonly { of: RegExp; cause: string }[] = [
	// kubernetes pkg/kubelet/volumemanager, podAttachAndMountRetryInterval.
	{ of: /^volumes$/, cause: "kubelet looks at its volumes every 300 ms, which nobody can change from outside" },
	// kubernetes PLEGOnDemandRelist.
	{ of: /^notice-/, cause: "kubelet 1.36 and later notice at once, earlier ones once a second" },
	{ of: /^startup-/, cause: "at most one period of the sidecar's startup probe of it is waiting" },
	{ of: /^readiness$/, cause: "at most one period of a readiness probe of it is waiting" },
	{ of: /^webhook-.*istio/, cause: "what injecting the sidecar costs" },
];

/** Why a phase takes as long as it does, in a few words; undefined where nothing general is known. */
export function causeOfPhase(phase: string): string | undefined {
	return causes.find(({ of }) => of.test(phase))?.cause;
}
