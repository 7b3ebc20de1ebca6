import { Worker } from "node:worker_threads";
import type { TimeScale } from "./clock/clock.ts";
import { loadModel } from "./model/model.ts";
import type { SimulatedCluster, SimulationOptions } from "./start.ts";
import type { ClusterTruth } from "./world/truth.ts";

/** A message to the thread of a cluster. */
export type ToWorker = { kind: "truth"; id: number } | { kind: "close" };

/** A message from that thread. */
export type FromWorker =
	| { kind: "started"; kubeconfig: string; timeScale: TimeScale; tracesUrl?: string }
	| { kind: "failed"; message: string }
	| { kind: "truth"; id: number; truth: ClusterTruth }
	| { kind: "closed" };

/**
 * Starts a cluster in a thread of its own, so that it does not disturb whoever measures it. `worker` is the built
 * worker.ts.
 * @throws UsageError for a model that does not exist; Error when the thread cannot start
 */
export async function startSimulatedClusterInThread(
	worker: URL,
	options: SimulationOptions,
): Promise<SimulatedCluster> {
	loadModel(options.model);
	const thread = new Worker(worker, { workerData: options });
	const asked = new Map<number, (truth: ClusterTruth) => void>();
	let questions = 0;
	let onClosed = () => {};
	const ended = new Promise<never>((_, reject) => {
		thread.once("error", reject);
		thread.once("exit", () => reject(new Error("the simulated cluster's thread has ended")));
	});
	ended.catch(() => {});
	const started = new Promise<FromWorker & { kind: "started" }>((resolve, reject) => {
		thread.on("message", (message: FromWorker) => {
			if (message.kind === "started") resolve(message);
			else if (message.kind === "failed") reject(new Error(message.message));
			else if (message.kind === "closed") onClosed();
			else {
				asked.get(message.id)?.(message.truth);
				asked.delete(message.id);
			}
		});
	});
	const { kubeconfig, timeScale, tracesUrl } = await Promise.race([started, ended]);
	const send = (message: ToWorker) => thread.postMessage(message);
	return {
		kubeconfig,
		timeScale,
		...(tracesUrl === undefined ? {} : { tracesUrl }),
		truth: () => {
			const id = ++questions;
			const answer = new Promise<ClusterTruth>((resolve) => asked.set(id, resolve));
			send({ kind: "truth", id });
			return Promise.race([answer, ended]);
		},
		close: async () => {
			const closed = new Promise<void>((resolve) => {
				onClosed = resolve;
			});
			send({ kind: "close" });
			await Promise.race([closed, ended.catch(() => {})]);
		},
	};
}
