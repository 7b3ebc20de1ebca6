import { onTestFinished } from "vitest";
import type { ClientClock } from "../../src/clock/client-clock.ts";
import { scaledClock } from "../../src/clock/scaled-clock.ts";
import type { Target } from "../../src/commands/bench/target.ts";
import { openKube } from "../../src/kube/api/client.ts";
import type { KubeObject } from "../../src/kube/api/cluster.ts";
import { istioManifests } from "../../src/simulator/istio/manifests.ts";
import { startSimulatedCluster } from "../../src/simulator/start.ts";

/** A simulated cluster in this thread, so that no built program is needed; closed with the test. */
export async function openSimulatedTarget(speed = 40): Promise<Target> {
	const options = { model: "today", seed: 1, speed };
	const simulation = await startSimulatedCluster(options);
	const { hrtimeAtStart, epochNsAtStart } = simulation.timeScale;
	const clock: ClientClock = { hrtimeAtStart, epochNsAtStart, speed };
	const terminal = { isInputTerminal: false };
	const signal = new AbortController().signal;
	const cluster = await openKube({ text: simulation.kubeconfig, env: {}, terminal, signal });
	const close = async () => {
		cluster.close();
		await simulation.close();
	};
	onTestFinished(close);
	return {
		cluster,
		clock,
		installClock: scaledClock(clock),
		render: async ({ istio: { components, values, meshConfig } }) => {
			const { proxy } = (values.global ?? {}) as { proxy?: { autoInject?: string } };
			const isAutoInjected = proxy?.autoInject !== "disabled";
			const objects = istioManifests({ ...components, isAutoInjected, meshConfig, version: "1.31.0" });
			return { objects: objects as unknown as KubeObject[], version: "1.31.0", renderer: "simulated", warnings: [] };
		},
		simulated: options,
		close: async () => {},
	};
}
