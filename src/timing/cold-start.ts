import { compareShape, type ServiceShape } from "../profile/pod-shape.ts";
import type { Profile } from "../profile/profile.ts";
import type { EntryOf } from "../recording/entries.ts";
import type { ColdStart, Finding, Measured, PodSummary } from "../report/report.ts";
import { formatTime } from "../text/timestamp.ts";
import { pulledPrefix } from "./always-pulled.ts";
import { anomalies } from "./anomalies.ts";
import type { Offsets } from "./clocks/offsets.ts";
import { watchLagOf } from "./clocks/watch-lag.ts";
import type { Receipt } from "./facts/fact.ts";
import type { ContainerFacts, PodFacts } from "./facts/pod-facts.ts";
import {
	answeringPod,
	endpointReceipt,
	newPods,
	type SampleRecord,
	type Sightings,
	scaleUpReceipt,
} from "./facts/sample.ts";
import { criticalPath, type Surroundings } from "./path/critical-path.ts";
import type { Placing } from "./path/instants.ts";
import { countEvents, factsInOrder } from "./path/known-facts.ts";
import { measureInstant, phasesOf, roundMs, toMs } from "./path/measured.ts";
import { talkSpans } from "./path/spans.ts";
import { prove } from "./proof.ts";
import { tracedPath } from "./traced-path.ts";

/** What a sample is folded with. */
export interface FoldContext {
	/** What of the sample's watches belongs to its revision. */
	sightings: Sightings;
	/** Narrowed by what the sample tells of the clocks. */
	offsets: Offsets;
	/** Pods seen under the revision before this sample. */
	earlierPods: ReadonlySet<string>;
	/** What the profile says of the pod; a pod that is otherwise is not counted. */
	promises?: Profile["promises"];
	/** What of the pod is the service's own, where it is not knistio's. */
	service?: ServiceShape;
	/** The profile is what the first pod had, and promises nothing. */
	isAsFound?: boolean;
}

/** Receipts of one process differ from the true arrival by its event loop's delay. */
const receiptMs = 1;

/** One sample's record to a cold start: proof, instants, phases, spans. Pure: the same record gives the same result. */
export function foldColdStart(record: SampleRecord, context: FoldContext): ColdStart {
	const { sample, request, asked } = record;
	const { sightings } = context;
	const pods = newPods(record, sightings, context.earlierPods);
	const sentAt = BigInt(request?.sentAt ?? request?.connectStartedAt ?? sample.at);
	const findings: Finding[] = [];
	const scaled = scaleUpReceipt(sightings.deployments);
	const proof = prove(record, { sentAt, scaled, pods });
	// The pod of somebody else's request is older than ours: nothing of it was waited for.
	const isOurs = proof.outcome !== "warm";
	const pod = isOurs ? answeringPod(pods) : undefined;
	if (isOurs) narrowClocks(pods, sentAt, context.offsets, findings);

	const result: ColdStart = {
		round: sample.round,
		...(sample.copy === undefined ? {} : { copy: sample.copy }),
		...(sample.draining === undefined ? {} : { draining: sample.draining }),
		...(sample.copy === undefined ? {} : { removalsBegun: removalsWithin(record) }),
		...proof,
		counted: false,
		requestSentAt: formatTime(sentAt),
		...(request === undefined ? {} : { response: responseOf(request) }),
		pods: measuredFirst(pods, pod).map(summarize),
		instants: {},
		phases: {},
		spans: {},
		findings,
		events: countEvents(pod),
	};
	const endpoint = endpointReceipt(sightings.endpointslices, pod);
	const isAnswered = request?.status === (asked?.expectStatus ?? 200) && request.bodyMatches === true;
	const around = aroundOf(request, { sentAt, scaled: isOurs ? scaled : undefined, endpoint, isAnswered });
	if (around !== undefined) {
		const placing: Placing = { offsets: context.offsets, watchLag: watchLagOf(record.pings), findings };
		const steps = criticalPath(pod, around, placing);
		result.phases = phasesOf(steps);
		const traced = pod && record.spans?.get(pod.uid);
		const finer = traced && isResolved(findings) ? tracedPath(pod, traced, { around, placing }) : undefined;
		findings.push(...(finer?.findings ?? []));
		if (finer?.steps !== undefined) result.finer = phasesOf(finer.steps);
		for (const { instant, at } of finer?.steps ?? steps) {
			if (at) result.instants[instant] = measureInstant(at, sentAt);
		}
		result.total = exact(around.sentAt, around.lastByteAt, 0.5, "client");
	}
	result.spans = spansOf(pod, around, sentAt);
	findings.push(...anomalies(record, pods, pod));
	const isRotated = (sample.draining ?? 0) > 0 && sample.burst === undefined;
	return decideCounting(result, pod, { ...context, isRotated });
}

/** How many pods of other copies began to be removed between the request and its answer. */
function removalsWithin({ removalsBeganAt, request }: SampleRecord): number {
	const { sentAt, lastByteAt } = request ?? {};
	if (sentAt === undefined || lastByteAt === undefined) return removalsBeganAt.length;
	const [from, to] = [BigInt(sentAt), BigInt(lastByteAt)];
	return removalsBeganAt.map(BigInt).filter((at) => from <= at && at <= to).length;
}

const isResolved = (findings: readonly Finding[]) => !findings.some(({ code }) => code === "unresolved");

/** The pod whose phases are shown comes first. */
const measuredFirst = (pods: PodFacts[], measured: PodFacts | undefined) =>
	measured === undefined ? pods : [measured, ...pods.filter((pod) => pod !== measured)];

function spansOf(pod: PodFacts | undefined, around: Surroundings | undefined, sentAt: bigint): ColdStart["spans"] {
	const spans: ColdStart["spans"] = {};
	if (around?.endpoint?.isListed === false) {
		spans.endpoint_wait = { ...exact(around.sentAt, around.endpoint.at, receiptMs, "watch"), fromMs: 0 };
	}
	const ofPod = pod === undefined ? {} : talkSpans(pod, around?.lastByteAt);
	for (const [name, { from, to, endedBy }] of Object.entries(ofPod)) {
		spans[name] = { ...exact(from, to, receiptMs, "watch"), fromMs: toMs(from - sentAt), endedBy };
	}
	return spans;
}

type Counting = Pick<FoldContext, "promises" | "service" | "isAsFound"> & { isRotated: boolean };

function decideCounting(
	result: ColdStart,
	pod: PodFacts | undefined,
	{ promises, service, isRotated, isAsFound }: Counting,
): ColdStart {
	const unresolved = result.findings.find(({ code }) => code === "unresolved");
	if (result.outcome === "cold" && unresolved !== undefined) {
		result.outcome = "unresolved";
		result.reason = unresolved.message;
	}
	const pulled = pod?.containers.filter(isPulled) ?? [];
	if (result.outcome !== "cold") return result;
	// The proof looked at one pod; a webhook may have come since.
	const differences = pod === undefined || promises === undefined ? [] : compareShape(promises, pod.object, service);
	if (differences.length > 0) {
		const { what, since } = isAsFound === true ? asFirstFound : asProven;
		result.reason = `the pod is not ${what}: ${differences.join("; ")}`;
		const hint = `something changed the pods after ${since}, such as another webhook`;
		result.findings.push({ code: "other-pod", message: result.reason, hint });
	} else if (result.round === 0) result.reason = "first after the install: kept apart";
	else if (pulled.length > 0) result.reason = pulledReason(pulled);
	// Copies must not take the room from each other; a service alone finds what room there is.
	else if (isRotated && pod?.waitedForRoom !== undefined) {
		result.reason = "the pod waited for room on a node beside pods of other copies: kept apart";
	} else result.counted = true;
	return result;
}

const asProven = { what: "what the profile promises", since: "the profile had been proven" };
const asFirstFound = { what: "what the first one was", since: "the first one had been started" };

function pulledReason(pulled: readonly ContainerFacts[]): string {
	const always = pulled.filter(({ pullPolicy }) => pullPolicy === "Always").map(({ name }) => name);
	const policy = always.length === 0 ? "" : ` (imagePullPolicy Always: ${always.join(", ")})`;
	return `${pulledPrefix} ${pulled.map(({ name }) => name).join(", ")}${policy}: kept apart`;
}

const isPulled = ({ pulling, wasPulled }: ContainerFacts) => pulling !== undefined || wasPulled === true;

/** What was caused by the request is later than it, and earlier than its receipt: this bounds every clock involved. */
function narrowClocks(pods: PodFacts[], sentAt: bigint, offsets: Offsets, findings: Finding[]): void {
	// By sharp readings: one of whole seconds agrees with almost any clock.
	const agreed = new Set<string>();
	for (const pod of pods) {
		// In the order in which they happened, as far as kubelet's clock goes.
		for (const { fact } of factsInOrder(pod)) {
			for (const reading of [...(fact?.reading === undefined ? [] : [fact.reading]), ...(fact?.imprecise ?? [])]) {
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
		hint: "a clock was set or drifts; durations between two clocks have wider bounds from here on",
	};
}

/** Its earlier readings were taken on another time than its later ones, and nothing tells which is which. */
function movedMeanwhile(clock: string): Finding {
	return {
		code: "unresolved",
		message: `the clock of ${clock} was set during this cold start`,
		hint: "durations between two clocks have wider bounds from here on",
	};
}

function aroundOf(
	request: EntryOf<"request"> | undefined,
	seen: { sentAt: bigint; scaled: Receipt | undefined; endpoint: Receipt | undefined; isAnswered: boolean },
): Surroundings | undefined {
	if (request?.firstByteAt === undefined || request.lastByteAt === undefined) return undefined;
	const { sentAt, scaled, endpoint, isAnswered } = seen;
	return {
		sentAt,
		firstByteAt: BigInt(request.firstByteAt),
		lastByteAt: BigInt(request.lastByteAt),
		isAnswered,
		...(scaled === undefined ? {} : { scaled }),
		...(endpoint === undefined ? {} : { endpoint }),
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
