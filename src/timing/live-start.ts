import type { Entry, EntryOf } from "../recording/entries.ts";
import type { StepRow } from "../report/steps.ts";
import type { Fact } from "./facts/fact.ts";
import { type ContainerFacts, type PodFacts, podFact } from "./facts/pod-facts.ts";
import {
	answeringPod,
	endpointReceipt,
	newPods,
	type SampleRecord,
	type Sightings,
	scaleUpReceipt,
	sightingsOf,
} from "./facts/sample.ts";
import { containerSteps } from "./path/critical-path.ts";
import { isStepOf, stages } from "./path/known-facts.ts";

/** A cold start while it happens, as far as the watches have shown it. Times are ns of the client's clock. */
export interface LiveStart {
	profile: string;
	round: number;
	/** Which of several equal services, from 1. */
	copy?: number;
	/** The request is sent at this moment. */
	beganAt: bigint;
	/** Undefined while the answer is waited for. */
	answer?: EntryOf<"request">;
	containers: LiveContainer[];
	/** Why the pod does not start, in kubelet's words. */
	trouble?: string;
	/** The phase that the next instant will end, and since when it lasts; undefined once there is an answer. */
	waiting?: { phase: string; since: bigint };
}

/** A container of a pod that is starting. */
export interface LiveContainer {
	name: string;
	/** `done` is ready, or ended for an init container. */
	state: "waiting" | "running" | "done";
	/** Receipt of what shows the state. */
	since?: bigint;
}

/** Follows a recording as it grows. */
export interface LiveStarts {
	add(entry: Entry): void;
	/** The cold start under way, from its request until its pod has been seen out. */
	now(): LiveStart | undefined;
}

/** Opens one that has seen nothing. It holds the entries of one sample at most. */
export function openLiveStarts(): LiveStarts {
	const revisions = new Map<string, string>();
	let profile = "";
	let record: SampleRecord | undefined;
	let known: LiveStart | undefined;
	return {
		add(entry) {
			if (entry.kind === "profile") {
				profile = entry.profile.name;
				revisions.set(profile, entry.revision);
			} else if (entry.kind === "sample") {
				// Of services that are asked in the same instant, the first stands for all.
				if (entry.burst !== undefined && record !== undefined) return;
				profile = entry.profile ?? profile;
				const revision = entry.revision ?? revisions.get(profile) ?? "";
				record = { sample: entry, watched: [], listed: [], removalsBeganAt: [], pings: [], revision };
			} else if (entry.kind === "sample-end" || entry.kind === "end") record = undefined;
			else if (entry.kind === "request" && record !== undefined && isRequestOf(entry, record)) record.request = entry;
			else if (entry.kind === "watch") record?.watched.push(entry);
			else return;
			known = undefined;
		},
		now() {
			if (record !== undefined) known ??= look(profile, record);
			return known;
		},
	};
}

const isRequestOf = ({ copy }: EntryOf<"request">, { sample }: SampleRecord) =>
	copy === undefined || copy === sample.copy;

function look(profile: string, record: SampleRecord): LiveStart {
	const { sample, request } = record;
	const sightings = sightingsOf(record);
	const pod = answeringPod(newPods(record, sightings, new Set()));
	const beganAt = BigInt(sample.at);
	const waiting = request === undefined ? waitingFor(pod, sightings, beganAt) : undefined;
	return {
		profile,
		round: sample.round,
		...(sample.copy === undefined ? {} : { copy: sample.copy }),
		beganAt,
		containers: pod?.containers.map(stateOf) ?? [],
		...(pod?.trouble === undefined || request !== undefined ? {} : { trouble: pod.trouble }),
		...(request === undefined ? {} : { answer: request }),
		...(waiting === undefined ? {} : { waiting }),
	};
}

function stateOf({ name, settled, started }: ContainerFacts): LiveContainer {
	if (settled !== undefined) return { name, state: "done", since: settled.at };
	const since = receiptOf(started);
	return since === undefined ? { name, state: "waiting" } : { name, state: "running", since };
}

/** The first phase after the last fact that has been seen: facts between them are lost, or late. */
function waitingFor(pod: PodFacts | undefined, sightings: Sightings, beganAt: bigint): LiveStart["waiting"] {
	const ofRequest: Partial<Record<string, bigint | undefined>> = {
		sentAt: beganAt,
		scaled: scaleUpReceipt(sightings.deployments)?.at,
		endpoint: endpointReceipt(sightings.endpointslices, pod)?.at,
	};
	const ofRow = ({ of, phase, fact = "" }: StepRow) => ({
		phase,
		at: of === "request" ? ofRequest[fact] : receiptOf(pod && podFact(pod, fact)),
	});
	const containers = (pod === undefined ? [] : containerSteps(pod.containers)).map(({ fact, phase }) => ({
		phase,
		at: receiptOf(fact),
	}));
	const steps = [
		...stages.before.filter((row) => row.instant !== undefined && isStepOf(row, pod)).map(ofRow),
		...containers,
		...stages.after.filter(({ way }) => way !== "probe").map(ofRow),
	];
	const last = steps.findLastIndex(({ at }) => at !== undefined);
	const next = steps.slice(last + 1).find(({ phase }) => phase !== undefined);
	return next?.phase === undefined ? undefined : { phase: next.phase, since: steps[last]?.at ?? beganAt };
}

/** When something first told of a fact. */
function receiptOf(fact: Fact | undefined): bigint | undefined {
	const { receivedAt, publishedAt, reading } = fact ?? {};
	const receipts = [receivedAt, publishedAt, reading?.receivedAt].filter((at) => at !== undefined);
	return receipts.reduce<bigint | undefined>((a, b) => (a === undefined || b < a ? b : a), undefined);
}
