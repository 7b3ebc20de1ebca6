import type { EntryOf } from "../model/recording.ts";
import type { ColdStart, Finding, Measured, PodSummary } from "../model/report.ts";
import { formatTime } from "../model/timestamp.ts";
import { criticalPath } from "./critical-path.ts";
import type { Placing } from "./instants.ts";
import { measureInstant, phasesOf, roundMs, toMs } from "./measured.ts";
import type { Offsets } from "./offsets.ts";
import type { PodFacts } from "./pod-facts.ts";
import { prove } from "./proof.ts";
import { endpointReceipt, newPods, type SampleRecord, scaleUpReceipt, sightingsOf } from "./sample.ts";
import { talkSpans } from "./spans.ts";
import { watchLagOf } from "./watch-lag.ts";

/** What is known beyond the sample. */
export interface FoldContext {
	/** Narrowed by what the sample tells of the clocks. */
	offsets: Offsets;
	/** Pods seen under the revision before this sample. */
	earlierPods: ReadonlySet<string>;
}

/** Receipts of one process differ from the true arrival by its event loop's delay. */
const receiptMs = 1;

/** One sample's record to a cold start: proof, instants, phases, spans. Pure: the same record gives the same result. */
export function foldColdStart(record: SampleRecord, context: FoldContext): ColdStart {
	const { sample, request } = record;
	const sightings = sightingsOf(record);
	const pods = newPods(record, sightings, context.earlierPods);
	const pod = pods[0];
	const sentAt = BigInt(request?.sentAt ?? request?.connectStartedAt ?? sample.at);
	const findings: Finding[] = [];
	const scaledAt = scaleUpReceipt(sightings.deployments);
	narrowClocks(pods, sentAt, context.offsets, findings);

	const proof = prove(record, { sentAt, scaledAt, pods });
	const result: ColdStart = {
		round: sample.round,
		...proof,
		counted: false,
		requestSentAt: formatTime(sentAt),
		...(request === undefined ? {} : { response: responseOf(request) }),
		pods: pods.map(summarize),
		instants: {},
		phases: {},
		spans: {},
		findings,
		events: countEvents(pod),
	};
	const around = aroundOf(request, sentAt, scaledAt, endpointReceipt(sightings.endpointslices, pods));
	if (around !== undefined) {
		const placing: Placing = { offsets: context.offsets, watchLag: watchLagOf(record.pings), findings };
		const steps = criticalPath(pod, around, placing);
		for (const { instant, at } of steps) if (at) result.instants[instant] = measureInstant(at, sentAt);
		result.phases = phasesOf(steps);
		result.total = exact(around.sentAt, around.lastByteAt, 0.5, "client");
		if (around.endpointReceivedAt !== undefined) {
			result.spans.endpoint_wait = exact(around.sentAt, around.endpointReceivedAt, receiptMs, "watch");
		}
	}
	if (pod !== undefined) {
		const answeredAt = request?.lastByteAt === undefined ? undefined : BigInt(request.lastByteAt);
		for (const [name, span] of Object.entries(talkSpans(pod, answeredAt))) {
			result.spans[name] = exact(span.from, span.to, receiptMs, "watch");
		}
	}
	if (record.hasGap) {
		findings.push({ code: "watch-gap", message: "a watch lost its place during this sample; events may be missing" });
	}
	findings.push(...stalls(record));
	return decideCounting(result, pod);
}

/** So long no ping came back: the watch stood still, and so did all that it would have told. */
const stalledNs = 2_000_000_000n;

function stalls({ sample, request, pings }: SampleRecord): Finding[] {
	const end = request?.lastByteAt;
	if (end === undefined || pings.length === 0) return [];
	const seen = pings.map(({ seenAt }) => BigInt(seenAt)).filter((at) => at <= BigInt(end));
	const times = [BigInt(sample.at), ...seen.filter((at) => at > BigInt(sample.at)), BigInt(end)];
	const longest = times.reduce((most, at, index) => {
		const gap = at - (times[index - 1] ?? at);
		return gap > most ? gap : most;
	}, 0n);
	if (longest < stalledNs) return [];
	const message = `the watch stood still for ${toMs(longest)} ms during this cold start`;
	return [{ code: "watch-stalled", message, hint: "what only the watch tells may be late by as much" }];
}

function decideCounting(result: ColdStart, pod: PodFacts | undefined): ColdStart {
	const unresolved = result.findings.find(({ code }) => code === "unresolved");
	if (result.outcome === "cold" && unresolved !== undefined) {
		result.outcome = "unresolved";
		result.reason = unresolved.message;
	}
	const pulled = pod?.containers.filter(({ pulling }) => pulling !== undefined).map(({ name }) => name) ?? [];
	if (result.outcome !== "cold") return result;
	if (result.round === 0) result.reason = "first after the install: kept apart";
	else if (pulled.length > 0) result.reason = `image pulled for ${pulled.join(", ")}: kept apart`;
	else result.counted = true;
	return result;
}

/** What was caused by the request is later than it, and earlier than its receipt: this bounds every clock involved. */
function narrowClocks(pods: PodFacts[], sentAt: bigint, offsets: Offsets, findings: Finding[]): void {
	// By sharp readings: one of whole seconds agrees with almost any clock.
	const agreed = new Set<string>();
	for (const pod of pods) {
		// In the order in which they happened, as far as kubelet's clock goes.
		const facts = [pod.created, pod.scheduled];
		for (const each of pod.containers) {
			facts.push(each.pulling, each.pulled, each.created, each.started, each.finished);
		}
		facts.push(pod.ready);
		for (const fact of facts) {
			for (const reading of [fact?.reading, fact?.status]) {
				if (reading === undefined) continue;
				const bounds = { lo: reading.bounds.lo - reading.receivedAt, hi: reading.bounds.hi - sentAt };
				if (offsets.narrow(reading.clock, bounds, "causes")) {
					if (reading.source !== "status") agreed.add(reading.clock);
					continue;
				}
				findings.push(agreed.has(reading.clock) ? movedMeanwhile(reading.clock) : movedBefore(reading.clock));
				offsets.replace(reading.clock, bounds, "causes");
			}
		}
	}
}

function movedBefore(clock: string): Finding {
	return {
		code: "clock-moved",
		message: `the clock of ${clock} does not agree with what was known of it`,
		hint: "a clock was set or drifts; times that cross clocks are wider from here on",
	};
}

/** Its earlier readings were taken on another time than its later ones, and nothing tells which is which. */
function movedMeanwhile(clock: string): Finding {
	return {
		code: "unresolved",
		message: `the clock of ${clock} was set during this cold start`,
		hint: "times that cross clocks are wider from here on",
	};
}

function aroundOf(
	request: EntryOf<"request"> | undefined,
	sentAt: bigint,
	scaledReceivedAt: bigint | undefined,
	endpointReceivedAt: bigint | undefined,
) {
	if (request?.firstByteAt === undefined || request.lastByteAt === undefined) return undefined;
	return {
		sentAt,
		firstByteAt: BigInt(request.firstByteAt),
		lastByteAt: BigInt(request.lastByteAt),
		...(scaledReceivedAt === undefined ? {} : { scaledReceivedAt }),
		...(endpointReceivedAt === undefined ? {} : { endpointReceivedAt }),
	};
}

function exact(from: bigint, to: bigint, plusMinusMs: number, source: Measured["source"]): Measured {
	const ms = toMs(to - from);
	return { ms, loMs: roundMs(ms - plusMinusMs), hiMs: roundMs(ms + plusMinusMs), source };
}

function responseOf(request: EntryOf<"request">): NonNullable<ColdStart["response"]> {
	const { status, bodyMatches, error, server, connectStartedAt, connectedAt } = request;
	return {
		...(status === undefined ? {} : { status }),
		...(bodyMatches === undefined ? {} : { bodyMatches }),
		...(error === undefined ? {} : { error }),
		...(connectedAt === undefined ? {} : { connectMs: toMs(BigInt(connectedAt) - BigInt(connectStartedAt)) }),
		...(server === undefined ? {} : { server }),
	};
}

function summarize(pod: PodFacts): PodSummary {
	return {
		name: pod.name,
		uid: pod.uid,
		...(pod.node === undefined ? {} : { node: pod.node }),
		containers: pod.containers.map(({ name, role, image, imageId, restarts }) => ({
			name,
			role,
			...(image === undefined ? {} : { image }),
			...(imageId === undefined ? {} : { imageId }),
			...(restarts === undefined ? {} : { restarts }),
		})),
	};
}

/** Kubelet writes Pulled, Created and Started for every container, and the scheduler one event for the pod. */
function countEvents(pod: PodFacts | undefined): { seen: number; expected: number } {
	if (pod === undefined) return { seen: 0, expected: 0 };
	const facts = pod.containers.flatMap(({ pulled, created, started }) => [pulled, created, started]);
	const seen = [pod.scheduled, ...facts].filter((fact) => fact?.reading !== undefined).length;
	return { seen, expected: 1 + facts.length };
}
