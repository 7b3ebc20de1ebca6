import type { Faults } from "../simulator/world/faults.ts";

/** A simulated cluster and a profile, made so that one thing is hard to measure there. */
export interface Scenario {
	name: string;
	/** What it is about, in a few words. */
	about: string;
	/** Name of a built-in profile. */
	profile: string;
	/** Asks for one shape of istio-proxy; the profile's own without. */
	sidecar?: "native" | "classic";
	nodes?: number;
	faults?: Faults;
}

const node = (index: number) => `node-${index}`;

/** All that the simulation can do to whoever measures it, in the order in which they run. */
export const scenarios: readonly Scenario[] = [
	{ name: "none", about: "a pod without a sidecar", profile: "minimal" },
	{ name: "native", about: "istio-init and a native sidecar", profile: "full", sidecar: "native" },
	{ name: "classic", about: "istio-init and a sidecar like other containers", profile: "full", sidecar: "classic" },
	{ name: "cni", about: "istio-validation and a native sidecar", profile: "full-cni", sidecar: "native" },
	{ name: "ambient", about: "no proxy in the pod, and a longer sandbox", profile: "ambient" },
	{ name: "image-pull", about: "images that the node lacks", profile: "minimal", faults: { pullsImages: true } },
	{
		name: "slow-probe",
		about: "a service that is Ready late",
		profile: "minimal",
		faults: { slowContainers: { "user-container": 2_500 } },
	},
	{
		name: "clock-offsets",
		about: "two nodes and an API server, each with a clock of its own",
		profile: "no-policy",
		nodes: 2,
		faults: { nodeClockOffsetsMs: { [node(1)]: 300, [node(2)]: -300 }, serverClockOffsetMs: 120 },
	},
	{
		name: "leases",
		about: "two nodes whose clocks only their leases and events tell",
		profile: "no-policy",
		nodes: 2,
		// As without the right to get nodes/proxy.
		faults: { nodeClockOffsetsMs: { [node(1)]: -300, [node(2)]: 300 }, forbidden: ["get nodes"] },
	},
	{ name: "lost-events", about: "three in ten Events lost", profile: "full", faults: { lostEvents: 0.3 } },
	{ name: "lagging-watches", about: "changes told up to 150 ms late", profile: "full", faults: { watchLagMs: 150 } },
	{
		name: "dropped-watches",
		about: "watches that end every 13 s",
		profile: "minimal",
		faults: { dropWatchesEveryMs: 13_000 },
	},
	{
		name: "gone",
		about: "watches that end and cannot be resumed (410)",
		profile: "minimal",
		faults: { dropWatchesEveryMs: 13_000, compactEveryMs: 1_000 },
	},
	{
		name: "throttled",
		about: "one request in twenty refused (429), all slow",
		profile: "minimal",
		faults: { throttledRequests: 0.05, slowApiMs: 20 },
	},
];

/** What `--scenario` may be. */
export const scenarioNames = scenarios.map(({ name }) => name);

/** So many runs: every scenario of these names once, then again; each with a seed of its own, the same for the same place. */
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
