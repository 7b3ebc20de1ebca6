import { isRecord } from "./api/fields.ts";
import { conditionOf, type KubeObject, type Pod } from "./api/objects.ts";
import type { Model } from "./model/model.ts";

/** An entry of knistio's recordings, as far as it is read here: an object that a watch reported, and when (ns, as text). */
export interface RecordedEntry {
	kind: string;
	watch?: string;
	type?: string;
	at?: string;
	object?: KubeObject;
}

/** Medians and spreads that recordings show, in the form of a model, and how many samples each rests on. */
export interface Fit {
	delays: Partial<Model["delays"]>;
	containers: Model["containers"];
	samples: Record<string, number>;
}

interface Seen {
	versions: { atMs: number; pod: Pod; type: string }[];
	/** Ms by `container reason`, from the nanoseconds in the event's name. */
	events: Map<string, number>;
}

/**
 * Derives a model's delays from recordings, as far as they show them: times between events of one node's clock, and few
 * others. What only shows together with a wait for a tick (how long istio-proxy needs) is not fitted, and stays as
 * `base` has it; what the model puts between the two times that are seen is taken off.
 */
export function fitModel(entries: Iterable<RecordedEntry>, base: Model): Fit {
	const { pods, deliveries } = collect(entries);
	const samples = new Map<string, number[]>();
	const add = (name: string, ms: number | undefined) => {
		if (ms === undefined || !(ms > 0)) return;
		samples.set(name, [...(samples.get(name) ?? []), ms]);
	};
	for (const ms of deliveries) add("eventDelivery", ms);
	for (const seen of pods) addPod(seen, base, add);
	const fit: Fit = { delays: {}, containers: {}, samples: {} };
	for (const [name, values] of samples) {
		fit.samples[name] = values.length;
		const delay = name.endsWith(" run") ? runOf(values, base) : delayOf(values);
		const [container, step] = name.split(" ");
		if (step === undefined) fit.delays[name as "sandbox"] = delay;
		else fit.containers[container ?? ""] = { ...fit.containers[container ?? ""], [step]: delay };
	}
	return fit;
}

function collect(entries: Iterable<RecordedEntry>): { pods: Seen[]; deliveries: number[] } {
	const pods = new Map<string, Seen>();
	const deliveries: number[] = [];
	const seenOf = (uid: string) => {
		const seen = pods.get(uid) ?? { versions: [], events: new Map<string, number>() };
		pods.set(uid, seen);
		return seen;
	};
	for (const { kind, watch, type = "", at, object } of entries) {
		if (kind !== "watch" || at === undefined || object === undefined) continue;
		const atMs = Number(BigInt(at) / 1000n) / 1000;
		if (watch === "pods") seenOf(object.metadata.uid ?? "").versions.push({ atMs, pod: object as Pod, type });
		if (watch !== "events" || !isRecord(object.involvedObject)) continue;
		const { uid, fieldPath } = object.involvedObject as { uid?: string; fieldPath?: string };
		const hex = object.metadata.name.split(".").at(-1) ?? "";
		const container = /\{(.+)\}/.exec(fieldPath ?? "")?.[1];
		if (uid === undefined || container === undefined || !/^[0-9a-f]{16}$/.test(hex)) continue;
		const toldMs = Number(BigInt(`0x${hex}`) / 1000n) / 1000;
		const mark = `${container} ${object.reason}`;
		if (!seenOf(uid).events.has(mark)) seenOf(uid).events.set(mark, toldMs);
		deliveries.push(atMs - toldMs);
	}
	return { pods: [...pods.values()].filter(({ versions }) => versions[0]?.type === "ADDED"), deliveries };
}

function addPod({ versions, events }: Seen, base: Model, add: (name: string, ms: number | undefined) => void): void {
	const spec = versions.at(-1)?.pod.spec;
	if (spec === undefined) return;
	const inits = spec.initContainers ?? [];
	const names = [...inits, ...spec.containers].map((container) => container.name);
	const [eventAfterMs, syncStartMs, statusWriteMs] = [
		base.delays.eventAfter[0],
		base.delays.syncStart[0],
		base.delays.statusWrite[0],
	];
	const minus = (later: number | undefined, earlier: number | undefined, lessMs: number) =>
		later === undefined || earlier === undefined ? undefined : later - earlier - lessMs;
	for (const name of names) {
		const at = (reason: string) => events.get(`${name} ${reason}`);
		add(`${name} create`, minus(at("Created"), at("Pulled"), eventAfterMs));
		add(`${name} start`, minus(at("Started"), at("Created"), eventAfterMs));
	}
	for (const [index, container] of inits.entries()) {
		if (container.restartPolicy === "Always") continue;
		const next = events.get(`${names[index + 1]} Pulled`);
		add(`${container.name} run`, minus(next, events.get(`${container.name} Started`), 0));
	}
	const shown = versions.find(({ pod }) => pod.status?.containerStatuses !== undefined);
	const first = events.get(`${names[0]} Pulled`);
	const isCni = names[0] === "istio-validation";
	add(isCni ? "sandboxWithCni" : "sandbox", minus(first, shown?.atMs, syncStartMs + eventAfterMs - statusWriteMs));
	const failed = versions.find(({ pod }) => pod.status?.phase === "Failed");
	const gone = versions.find(({ type }) => type === "DELETED");
	const wasReady = versions.some(({ pod }) => conditionOf(pod.status?.conditions, "Ready")?.status === "True");
	if (wasReady) add("cleanup", minus(gone?.atMs, failed?.atMs, -statusWriteMs));
}

/**
 * An init container's run out of the times until what follows it begins: its end shows at the next relist, on average
 * half a period later, and never later than the shortest of those times.
 */
function runOf(values: readonly number[], base: Model): [number, number] {
	const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
	const runMs = Math.max(mean - base.kubelet.relistMs / 2, 10);
	return [Math.round(Math.min(runMs, ...values)), 0.2];
}

/** The median, and the spread of the logarithm by the median absolute deviation. */
function delayOf(values: readonly number[]): [number, number] {
	const logs = values.map(Math.log).sort((a, b) => a - b);
	const middle = medianOf(logs);
	const deviations = logs.map((value) => Math.abs(value - middle)).sort((a, b) => a - b);
	return [Math.round(Math.exp(middle) * 10) / 10, Math.round(1.4826 * medianOf(deviations) * 100) / 100];
}

function medianOf(sorted: readonly number[]): number {
	const half = sorted.length >> 1;
	const upper = sorted[half] ?? Number.NaN;
	return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? Number.NaN) + upper) / 2;
}
