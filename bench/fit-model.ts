/**
 * Fits the delays of the simulated cluster's model `today` to recordings of real cold starts:
 *
 *   npm run fit-model -- RECORDING…
 *
 * What a recording tells is replaced in src/simulated/models/today.json, each delay by its median and the spread of its
 * logarithm; what none tells stays as it is. Where the numbers come from goes into the file.
 */
import { readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import type { Entry } from "../src/model/recording.ts";
import type { ColdStart } from "../src/model/report.ts";
import { quantileOf } from "../src/statistics/median.ts";
import { openReportBuilder } from "../src/timing/report-builder.ts";
import { eventNameTime } from "../src/timing/timestamp.ts";

type Delay = [medianMs: number, spread: number];

/** What an event of the kubelet ends: since which other, and as which step of the model. */
const steps = { Created: ["Pulled", "create"], Started: ["Created", "start"] } as const;
/** The standard deviation of normal values is so many times their median absolute deviation, which no outlier moves. */
const sigmaPerMad = 1.4826;
/** Times near zero are known to the watch's lag only, which makes their logarithms spread. */
const mostSpread = 0.5;
const modelFile = "src/simulated/models/today.json";
const paths = process.argv.slice(2);
if (paths.length === 0) {
	console.error("usage: npm run fit-model -- RECORDING…");
	process.exit(2);
}
const model = JSON.parse(await readFile(modelFile, "utf8"));
const samples = new Map<string, number[]>();
const recordings: string[] = [];
/** A ping's way there and back is about twice the watch's. */
let watchLagMs = 0;
for (const path of paths) recordings.push(await readRecording(path));
const fitted = fitDelays();
model.description = `Kubernetes ${model.versions.kubernetes}, Knative ${model.versions.knative} and Istio ${model.versions.istio} on one node with two cores. What \`provenance\` names as fitted comes from cold starts on a real node; the rest is guessed so that totals agree with them.`;
model.provenance = { recordings, fitted };
await writeFile(modelFile, `${JSON.stringify(model, null, "\t")}\n`);
console.log(recordings.join("\n"));
for (const name of fitted) console.log(`${name}: ${JSON.stringify(delayAt(name))} of n=${samples.get(name)?.length}`);

function add(name: string, ms: number | undefined): void {
	if (ms === undefined || !(ms > 0)) return;
	samples.set(name, [...(samples.get(name) ?? []), ms]);
}

async function readRecording(path: string): Promise<string> {
	const builder = openReportBuilder();
	const events: Extract<Entry, { kind: "watch" }>[] = [];
	for (const line of (await readFile(path, "utf8")).split("\n")) {
		if (line === "") continue;
		const entry = JSON.parse(line) as Entry;
		builder.add(entry);
		if (entry.kind === "watch" && entry.watch === "events") events.push(entry);
	}
	const { profiles, startedAt, observer } = builder.report();
	watchLagMs = (observer?.pingMedianMs ?? 0) / 2;
	const counts: string[] = [];
	for (const { profile, coldStarts } of profiles) {
		const counted = coldStarts.filter(({ counted }) => counted);
		counts.push(`${profile.name} ${counted.length}`);
		for (const start of counted) {
			addPhases(start);
			addContainers(start, events);
		}
	}
	return `${startedAt.slice(0, 10)}, ${basename(path)}: cold starts of ${counts.join(", ")}`;
}

/** What lies between two instants of the critical path; several delays of the model may share it. */
function addPhases({ phases, pods }: ColdStart): void {
	const names = pods[0]?.containers.map(({ name }) => name) ?? [];
	const hasSidecar = names.includes("istio-proxy");
	add("activation", phases.activation?.ms);
	add(hasSidecar ? "creation-with-injection" : "creation", phases["pod-creation"]?.ms);
	add("delays.schedule", phases.scheduling?.ms);
	add(names.includes("istio-validation") ? "sandbox-with-cni" : "sandbox-plain", phases.sandbox?.ms);
	add("delays.endpoints", phases.endpoint?.ms);
	if (hasSidecar) add("delays.endpointPush", phases.routing?.ms);
	// The end is known to a second only; the best guess is better than none.
	for (const name of names) add(`containers.${name}.run`, phases[`run-${name}`]?.ms);
}

/** The kubelet's events of one container come from one clock, each about as late after the fact as the other. */
function addContainers({ pods }: ColdStart, events: Extract<Entry, { kind: "watch" }>[]): void {
	const times = new Map<string, bigint>();
	for (const { object, at } of events) {
		const { uid, fieldPath = "" } = object.involvedObject as { uid?: string; fieldPath?: string };
		if (uid !== pods[0]?.uid) continue;
		const time = eventNameTime(object.metadata.name, object.firstTimestamp as string | undefined);
		const container = /\{(.+)\}$/.exec(fieldPath)?.[1];
		if (time === undefined || container === undefined) continue;
		times.set(`${container}/${object.reason}`, time);
		add("delays.eventDelivery", Number(BigInt(at) - time) / 1e6 - watchLagMs);
	}
	const containers = pods[0]?.containers ?? [];
	// Without the sidecar the node has less to do at the same time.
	const part = containers.some(({ name }) => name === "istio-proxy") ? "containers" : "variants.none.containers";
	for (const { name } of containers) {
		for (const [reason, [before, step]] of Object.entries(steps)) {
			const [from, to] = [times.get(`${name}/${before}`), times.get(`${name}/${reason}`)];
			if (from === undefined || to === undefined) continue;
			add(`${part}.${name}.${step}`, Number(to - from) / 1e6 - model.delays.eventAfter[0]);
		}
	}
}

/** Puts what the samples tell into the model, and gives the names of it. */
function fitDelays(): string[] {
	shareOut("activation", ["delays.gatewayHop", "delays.activatorToAutoscaler", "delays.autoscalerDecides"]);
	// Deployment to ReplicaSet, and ReplicaSet to pod.
	derive("delays.controllerReacts", "creation", (ms) => ms / 2);
	const [plainMs] = summary("creation") ?? [];
	derive("delays.injection", "creation-with-injection", (ms) => ms - (plainMs ?? 0));
	const before = model.delays.kubeletSees[0] + model.delays.syncStart[0];
	derive("delays.sandbox", "sandbox-plain", (ms) => ms - before);
	derive("delays.sandboxWithCni", "sandbox-with-cni", (ms) => ms - before);
	const names = [...samples.keys()].filter((name) => name.includes(".")).sort();
	for (const name of names) {
		const found = summary(name);
		if (found !== undefined) setDelay(name, found);
	}
	return names;
}

/** Samples of one thing as samples of another. */
function derive(name: string, from: string, change: (ms: number) => number): void {
	for (const ms of samples.get(from) ?? []) add(name, change(ms));
}

/** The parts of one phase cannot be told apart; they keep their proportions. */
function shareOut(phase: string, names: readonly string[]): void {
	const sum = names.reduce((all, name) => all + delayAt(name)[0], 0);
	for (const name of names) {
		const [ms] = delayAt(name);
		derive(name, phase, (whole) => (whole * ms) / sum);
	}
}

function summary(name: string): Delay | undefined {
	const values = samples.get(name) ?? [];
	const median = quantileOf(values, 0.5);
	if (median === undefined) return undefined;
	const logs = values.map((value) => Math.abs(Math.log(value / median)));
	const spread = (quantileOf(logs, 0.5) ?? 0) * sigmaPerMad;
	return [Number(median.toPrecision(3)), Number(Math.min(spread, mostSpread).toFixed(2))];
}

function delayAt(name: string): Delay {
	return name.split(".").reduce((part, key) => part?.[key], model);
}

function setDelay(name: string, delay: Delay): void {
	const keys = name.split(".");
	const last = keys.pop() ?? "";
	let part = model;
	for (const key of keys) {
		part[key] ??= {};
		part = part[key];
	}
	part[last] = delay;
}
