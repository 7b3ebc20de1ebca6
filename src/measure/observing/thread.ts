import { monitorEventLoopDelay } from "node:perf_hooks";
import { parentPort, workerData } from "node:worker_threads";
import { KnistioError } from "../../errors.ts";
import { observe } from "./observe.ts";
import type { FromObserver, ObserverOrder, ToObserver } from "./protocol.ts";

/** The thread that watches and sends the requests: nothing that the main thread does can delay its time stamps. */
const port = parentPort;
if (port === null) throw new Error("observer-thread runs in a worker");
const post = (message: FromObserver) => port.postMessage(message);

const loopDelay = monitorEventLoopDelay({ resolution: 10 });
loopDelay.enable();

const observer = await observe(workerData as ObserverOrder, {
	onEntry: (entry) => post({ kind: "entry", entry }),
	onReady: () => post({ kind: "ready" }),
	onRenew: () => post({ kind: "renew" }),
	onFailed: (error) =>
		post({
			kind: "failed",
			message: error.message,
			...(error instanceof KnistioError && error.hint !== undefined ? { hint: error.hint } : {}),
		}),
});

port.on("message", async (message: ToObserver) => {
	if (message.kind === "credentials") observer.renewed(message.connection);
	else if (message.kind === "request") {
		post({ kind: "answer", id: message.id, times: await observer.request(message.order) });
	} else {
		await observer.stop(loopDelay);
		post({ kind: "stopped" });
		port.close();
	}
});
