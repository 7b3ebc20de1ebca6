import { medianOf } from "../../analysis/statistics/median.ts";
import { ClusterError } from "../../errors.ts";
import type { Probe } from "./probe.ts";
import { type SteadyLoad, sendSteadily, tooMany } from "./steady-load.ts";

/** A low rate, which no queue forms at; so many that p99 has a range. */
const usual: SteadyLoad = { requests: 2_000, perSecond: 50 };
/** Where more requests fail, the others say nothing of the service. */
const mostFailedShare = 0.01;

/** How long warm requests take, on one connection, without Knative's activator on the way. The table compares them. */
export function openLatencyProbe(load: SteadyLoad = usual): Probe {
	return {
		title: "latency of warm requests",
		columns: ["latency"],
		async run(visit) {
			if (visit.speed > 1) {
				throw new ClusterError(
					`the simulated time goes ${visit.speed} times as fast, so most of a latency would be this machine's own work; give --speed 1`,
				);
			}
			const { latenciesMs, failed } = await sendSteadily(visit, load);
			if (failed > mostFailedShare * load.requests) {
				throw new ClusterError(`${failed} of ${load.requests} warm requests were not answered with HTTP 200`);
			}
			const median = medianOf(latenciesMs) ?? 0;
			if (median > 1_000 / load.perSecond) throw tooMany(load.perSecond);
			return { cells: [], changed: [], latenciesMs };
		},
	};
}
