import { parentPort, workerData } from "node:worker_threads";
import { type SimulatedCluster, type SimulationOptions, startSimulatedCluster } from "./start.ts";
import type { FromWorker, ToWorker } from "./threaded.ts";

/** The thread that `startSimulatedClusterInThread` starts: it runs a cluster and answers messages. */
async function serve(): Promise<void> {
	const port = parentPort;
	if (port === null) throw new Error("this file is the code of a worker thread");
	const send = (message: FromWorker) => port.postMessage(message);
	let cluster: SimulatedCluster;
	try {
		cluster = await startSimulatedCluster(workerData as SimulationOptions);
	} catch (error) {
		return send({ kind: "failed", message: String(error) });
	}
	const { kubeconfig, timeScale, tracesUrl } = cluster;
	send({ kind: "started", kubeconfig, timeScale, ...(tracesUrl === undefined ? {} : { tracesUrl }) });
	port.on("message", async (message: ToWorker) => {
		if (message.kind === "truth") send({ kind: "truth", id: message.id, truth: await cluster.truth() });
		else {
			await cluster.close();
			send({ kind: "closed" });
			port.close();
		}
	});
}

await serve();
