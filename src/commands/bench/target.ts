import { anchorClock, type ClientClock } from "../../clock/client-clock.ts";
import { type Clock, systemClock } from "../../clock/clock.ts";
import { scaledClock } from "../../clock/scaled-clock.ts";
import type { Context } from "../../context/context.ts";
import { UsageError } from "../../errors.ts";
import { type IstioSource, type RenderedIstio, renderIstio } from "../../istio/render.ts";
import type { Cluster, KubeObject } from "../../kube/api/cluster.ts";
import type { Profile } from "../../profile/profile.ts";
import type { SimulationOptions } from "../../simulator/start.ts";
import type { ClusterTruth } from "../../simulator/world/truth.ts";

/** What is measured: a kubeconfig's context, or a cluster in the process. */
export type Where =
	| { kind: "real"; kubeconfig?: string; context?: string; source: IstioSource }
	| ({ kind: "simulated" } & Omit<SimulationOptions, "epochNs" | "program">);

/** A cluster that can be worked on, whatever it is. */
export interface Target {
	cluster: Cluster;
	/** Time as the cluster has it. */
	clock: ClientClock;
	installClock: Clock;
	/** Istio's objects for a profile. */
	render(profile: Profile, signal: AbortSignal): Promise<RenderedIstio>;
	/** What of a profile has no effect here, and so is not measured; on a real cluster nothing is known of it. */
	ineffective?(profile: Profile): string[];
	/** Set on everything that comes of it. */
	simulated?: { model: string; seed: number; speed: number };
	/** Where the cluster's own traces can be asked for; undefined where it is not known, or none are sent. */
	tracesUrl?: string;
	/** What really happened, where that can be known. */
	truth?(): Promise<ClusterTruth>;
	close(): Promise<void>;
}

/** Refuses to measure what is installed where nothing can be. @throws UsageError for a simulated cluster, which begins empty */
export function requireInstalled({ kind }: Where): void {
	if (kind !== "simulated") return;
	throw new UsageError("--use-installed: a simulated cluster begins without an Istio that could be measured", {
		hint: "leave --use-installed out: each --profile is then installed; or leave --cluster simulated out",
	});
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
	const [{ startSimulatedClusterInThread }, { istioManifests }, { withoutModel }] = await Promise.all([
		import("../../simulator/threaded.ts"),
		import("../../simulator/istio/manifests.ts"),
		import("../../simulator/istio/without-model.ts"),
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
		installClock: scaledClock(clock),
		render: async ({ istio: { components, values, meshConfig } }) => {
			const { proxy } = (values.global ?? {}) as { proxy?: { autoInject?: string } };
			const { templates = {} } = (values.sidecarInjectorWebhook ?? {}) as { templates?: Record<string, unknown> };
			const isAutoInjected = proxy?.autoInject !== "disabled";
			const parts = { ...components, isAutoInjected, templates, meshConfig, version: simulatedVersion };
			const objects = istioManifests(parts) as unknown as KubeObject[];
			return { objects, version: simulatedVersion, renderer: "simulated", warnings: [] };
		},
		ineffective: ({ istio, podAnnotations, traffic = [] }) => withoutModel({ ...istio, podAnnotations, traffic }),
		simulated: { model, seed, speed },
		...(simulation.tracesUrl === undefined ? {} : { tracesUrl: simulation.tracesUrl }),
		truth: simulation.truth,
		close: async () => {
			cluster.close();
			await simulation.close();
		},
	};
}
