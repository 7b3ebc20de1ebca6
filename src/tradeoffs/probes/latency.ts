import { medianOf } from "../../analysis/statistics/median.ts";
import { ClusterError } from "../../errors.ts";
import type { WarmLatencies } from "../latency.ts";
import { nameOutsideMesh, serviceOutsideMesh } from "./outside-mesh.ts";
import type { Probe, Visit } from "./probe.ts";
import { type Block, type SteadyLoad, sendSteadily, tooMany } from "./steady-load.ts";

/** A low rate, which no queue forms at; so many that p99 has a range, and in so many blocks that their differences have. */
const usual: PairedLoad = { requests: 2_000, perSecond: 100, gentlerPerSecond: 50, blockOf: 25 };

interface PairedLoad extends SteadyLoad {
	blockOf: number;
	/** The rate where a few requests say that the usual one is not low; the usual one whatever they say if undefined. */
	gentlerPerSecond?: number;
}

/** So many requests of each say whether a rate is low: the connection is then free for half of the time at least. */
const pilot = { requestsEach: 10, mostShare: 0.5 };
/** Where more requests fail, the others say nothing of the service. */
const mostFailedShare = 0.01;

/**
 * How long warm requests take without Knative's activator on the way, beside those to the same image without a proxy: blocks
 * of requests to one and to the other take turns, so that what the machine does meanwhile is in both.
 */
export function openLatencyProbe(given: PairedLoad = usual): Probe {
	return {
		title: "latency of warm requests",
		columns: ["latency"],
		alone: true,
		deploys: (visit) => [serviceOutsideMesh(visit)],
		async run(visit) {
			if (visit.speed > 1) {
				throw new ClusterError(
					`the simulated time goes ${visit.speed} times as fast, so most of a latency would be this machine's own work; give --speed 1`,
				);
			}
			const beside = await visit.deployed(nameOutsideMesh(visit.serviceName));
			const hosts = [visit.service.host, beside.host];
			const load = { ...given, perSecond: await lowRate(visit, hosts, given) };
			const blocks = await sendSteadily(visit, hosts, load);
			requireAnswers(blocks, load);
			const latencies = { ...latenciesOf(blocks), perSecond: load.perSecond };
			return { cells: [], changed: [`deployed ${beside.ref.name} and removed it`], latencies };
		},
	};
}

/** The rate at which no queue forms, as far as a few requests tell; whether one did is judged by all of them. */
async function lowRate(visit: Visit, hosts: readonly string[], load: PairedLoad): Promise<number> {
	const { perSecond, gentlerPerSecond } = load;
	if (gentlerPerSecond === undefined) return perSecond;
	const { requestsEach, mostShare } = pilot;
	const requests = requestsEach * hosts.length;
	const blocks = await sendSteadily(visit, hosts, { requests, perSecond: gentlerPerSecond, blockOf: requestsEach });
	const medians = [0, 1].map((host) => medianOfHost(blocks, host));
	return Math.max(...medians) <= (mostShare * 1_000) / perSecond ? perSecond : gentlerPerSecond;
}

const latenciesOfHost = (blocks: readonly Block[], host: number): number[] =>
	blocks.filter((block) => block.host === host).flatMap(({ latenciesMs }) => latenciesMs);

const medianOfHost = (blocks: readonly Block[], host: number): number => medianOf(latenciesOfHost(blocks, host)) ?? 0;

/** @throws ClusterError where the answers say nothing of the service */
function requireAnswers(blocks: readonly Block[], { requests, perSecond }: SteadyLoad): void {
	const failed = blocks.reduce((sum, block) => sum + block.failed, 0);
	if (failed > mostFailedShare * requests) {
		throw new ClusterError(`${failed} of ${requests} warm requests were not answered with HTTP 200`);
	}
	for (const host of [0, 1]) if (medianOfHost(blocks, host) > 1_000 / perSecond) throw tooMany(perSecond);
}

/** What the blocks come to; two that follow each other are of different hosts. */
export function latenciesOf(blocks: readonly Block[]): Omit<WarmLatencies, "perSecond"> {
	const shiftsMs: number[] = [];
	for (let index = 0; index + 1 < blocks.length; index += 2) {
		const pair = blocks.slice(index, index + 2);
		const [own, beside] = [0, 1].map((host) => medianOf(pair.find((each) => each.host === host)?.latenciesMs ?? []));
		if (own !== undefined && beside !== undefined) shiftsMs.push(own - beside);
	}
	return { ownMs: latenciesOfHost(blocks, 0), besideMs: latenciesOfHost(blocks, 1), shiftsMs };
}
