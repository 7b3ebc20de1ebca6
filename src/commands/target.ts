import type { Cluster, KubeObject } from "../cluster/cluster.ts";
import { pause } from "../cluster/pause.ts";
import type { Context } from "../context.ts";
import { type IstioSource, type RenderedIstio, renderIstio } from "../install/render.ts";
import { type Clock, systemClock } from "../install/task.ts";
import { anchorClock, type ClientClock, clientNow, realMs } from "../measure/client-clock.ts";
import type { Profile } from "../model/profile.ts";
import type { Faults } from "../simulated/faults.ts";
import type { ClusterTruth } from "../simulated/truth.ts";

/** What is measured: a kubeconfig's context, or a cluster in the process. */
export type Where =
	| { kind: "real"; kubeconfig?: string; context?: string; source: IstioSource }
	| { kind: "simulated"; model: string; seed: number; speed: number; faults?: Faults; nodes?: number };

/** A cluster that can be worked on, whatever it is. */
export interface Target {
	cluster: Cluster;
	/** Time as the cluster has it. */
	clock: ClientClock;
	installClock: Clock;
	/** Istio's objects for a profile. */
	render(profile: Profile, signal: AbortSignal): Promise<RenderedIstio>;
	/** Set on everything that comes of it. */
	simulated?: { model: string; seed: number; speed: number };
	/** What really happened, where that can be known. */
	truth?(): Promise<ClusterTruth>;
	close(): Promise<void>;
}

/** Opens it; from here on nothing asks whether it is real. */
export async function openTarget(where: Where, context: Context): Promise<Target> {
	if (where.kind === "simulated") return openSimulated(where, context);
	const cluster = await context.openCluster(where);
	return {
		cluster,
		clock: anchorClock(),
		installClock: systemClock,
		render: (profile, signal) => renderIstio(profile, where.source, { signal }),
		close: async () => cluster.close(),
	};
}

/** The version that simulated images claim to be. */
const simulatedVersion = "1.31.0";

async function openSimulated(where: Extract<Where, { kind: "simulated" }>, context: Context): Promise<Target> {
	const [{ startSimulatedClusterInThread }, { istioManifests }] = await Promise.all([
		import("../simulated/threaded.ts"),
		import("../simulated/istio-manifests.ts"),
	]);
	const { kind: _, ...options } = where;
	const { model, seed, speed } = options;
	const simulation = await startSimulatedClusterInThread(context.simulatedThread, options);
	const { hrtimeAtStart, epochNsAtStart } = simulation.timeScale;
	const clock: ClientClock = { hrtimeAtStart, epochNsAtStart, speed };
	const cluster = await context.openCluster({ kubeconfigText: simulation.kubeconfig });
	return {
		cluster,
		clock,
		installClock: {
			now: () => Number(clientNow(clock) / 1_000_000n),
			sleep: (ms, signal) => pause(realMs(clock, ms), signal),
		},
		render: async ({ istio: { components, values, meshConfig } }) => {
			const { proxy } = (values.global ?? {}) as { proxy?: { autoInject?: string } };
			const isAutoInjected = proxy?.autoInject !== "disabled";
			const parts = { ...components, isAutoInjected, meshConfig, version: simulatedVersion };
			const objects = istioManifests(parts) as unknown as KubeObject[];
			return { objects, version: simulatedVersion, renderer: "simulated", warnings: [] };
		},
		simulated: { model, seed, speed },
		truth: simulation.truth,
		close: async () => {
			cluster.close();
			await simulation.close();
		},
	};
}
