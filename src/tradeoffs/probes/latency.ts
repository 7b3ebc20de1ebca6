import { ClusterError } from "../../errors.ts";
import type { Probe } from "./probe.ts";
import { sendSteadily } from "./steady-load.ts";

/** A low rate, which no queue forms at; so many that p99 has a range. */
const requests = 2_000;
const perSecond = 80;
/** So many requests may fail before the others say nothing of the service. */
const mostFailed = 20;

/** How long warm requests take, on one connection, without Knative's activator on the way. The table compares them. */
export const latencyProbe: Probe = {
	title: "latency of warm requests",
	columns: ["latency"],
	async run(visit) {
		const { latenciesMs, failed } = await sendSteadily(visit, { requests, perSecond });
		if (failed > mostFailed) {
			throw new ClusterError(`${failed} of ${requests} warm requests were not answered with HTTP 200`);
		}
		return { cells: [], changed: [], latenciesMs };
	},
};
