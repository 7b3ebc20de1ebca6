import type { FaultTrial } from "../simulator/faults/fault.ts";
import { type Faults, faultRegistry } from "../simulator/faults/registry.ts";

/** A simulated cluster and a profile, chosen so that one thing is hard to measure. */
export interface Scenario {
	name: string;
	/** What it is about, in a few words. */
	about: string;
	/** Name of a built-in profile. */
	profile: string;
	/** The shape of istio-proxy; by default the profile's own. */
	sidecar?: "native" | "classic";
	nodes?: number;
	faults?: Faults;
	/** How many services are asked in the same instant, besides the cold starts of one. */
	burst?: number;
	/** The model of the cluster where it is the scenario's own; otherwise the run's. */
	model?: string;
	/** Whether kubelet, runtime and API server send traces, which are asked for. */
	traces?: boolean;
}

/** The built-in profile whose pods have this besides their own containers. */
const profiles: Record<FaultTrial["pod"], string> = { none: "minimal", sidecar: "no-policy", "sidecar-policy": "full" };

const shapes: readonly Scenario[] = [
	{ name: "none", about: "a pod without a sidecar", profile: "minimal" },
	{ name: "native", about: "istio-init and a native sidecar", profile: "full", sidecar: "native" },
	{ name: "classic", about: "istio-init and a sidecar like other containers", profile: "full", sidecar: "classic" },
	{ name: "cni", about: "istio-validation and a native sidecar", profile: "full-cni", sidecar: "native" },
	{ name: "ambient", about: "no proxy in the pod, and a longer sandbox", profile: "ambient" },
];

/** Waits for what others do, which no cold start alone meets. Last, so that the seeds of the others stay. */
const manyAtOnce: readonly Scenario[] = [
	{ name: "burst", about: "four services that are asked in the same instant", profile: "full", burst: 4 },
];

/** A kubelet of before Kubernetes 1.36 sees only once a second what it has done. */
const model = "kubernetes-1.34";
const olderKubelet: readonly Scenario[] = [
	{ name: "older-none", about: "the kubelet of Kubernetes 1.34, no sidecar", profile: "minimal", model },
	{ name: "older-native", about: "the kubelet of Kubernetes 1.34, a native sidecar", profile: "full", model },
];

const ownTraces: readonly Scenario[] = [
	{ name: "traces", about: "finer phases by the cluster's own traces", profile: "full", traces: true },
];

/**
 * The shapes of a pod, then the trials of all faults of the simulation, then many at once, then the older kubelet, then
 * traces, in the order in which they run.
 */
export const scenarios: readonly Scenario[] = [
	...shapes,
	...Object.values(faultRegistry)
		.flatMap(({ trials }) => trials)
		.map(({ pod, ...trial }) => ({ ...trial, profile: profiles[pod] })),
	...manyAtOnce,
	...olderKubelet,
	...ownTraces,
];

/** What `--scenario` may be. */
export const scenarioNames = scenarios.map(({ name }) => name);

/**
 * Plans `count` runs: every scenario of these names once, then all of them again with other seeds. The same arguments
 * give the same seeds.
 */
export function planRuns(
	count: number,
	seed: number,
	names: readonly string[] = scenarioNames,
): { scenario: Scenario; seed: number }[] {
	const chosen = scenarios.filter(({ name }) => names.includes(name));
	return Array.from({ length: count }, (_, index) => {
		const scenario = chosen[index % chosen.length] as Scenario;
		const round = Math.floor(index / chosen.length);
		return { scenario, seed: seed + round * scenarios.length + scenarios.indexOf(scenario) };
	});
}
