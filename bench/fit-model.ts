/**
 * Fits the delays of a model of the simulated cluster, `today` unless another is named, to recordings of real cold starts:
 *
 *   npm run fit-model -- [--model kubernetes-1.34] RECORDING…
 *
 * What a recording tells is replaced in src/simulator/model/NAME.json, each delay by its median and the spread of its
 * logarithm; what none tells stays as it is. Where the numbers come from goes into the file. What one node did comes
 * from the kubelet's own times (src/simulator/fit.ts), what several did together from the report's phases.
 */
import { readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { quantileOf } from "../src/analysis/statistics/median.ts";
import type { Entry } from "../src/recording/entries.ts";
import type { ColdStart } from "../src/report/report.ts";
import { fitModel, type RecordedEntry } from "../src/simulator/fit.ts";
import { loadModel } from "../src/simulator/model/model.ts";
import { openReportBuilder } from "../src/timing/report-builder.ts";

type Delay = [medianMs: number, spread: number];

/** The standard deviation of normal values is so many times their median absolute deviation, which no outlier moves. */
const sigmaPerMad = 1.4826;
/** Times near zero are known to the watch's lag only, which makes their logarithms spread. */
const mostSpread = 0.5;
const { values, positionals: paths } = parseArgs({
	options: { model: { type: "string", default: "today" } },
	allowPositionals: true,
});
if (paths.length === 0) {
	console.error("usage: npm run fit-model -- [--model NAME] RECORDING…");
	process.exit(2);
}
const modelFile = `src/simulator/model/${values.model}.json`;
const base = loadModel(values.model);
const model = JSON.parse(await readFile(modelFile, "utf8"));
const samples = new Map<string, number[]>();
/** Entries of profiles without and with a sidecar: without one the node has less to do at the same time. */
const entries: Record<"none" | "sidecar", RecordedEntry[]> = { none: [], sidecar: [] };
const fitted = new Map<string, number>();
const recordings: string[] = [];
for (const path of paths) recordings.push(await readRecording(path));
fitNode();
fitPhases();
const { kubernetes, containerd, knative, istio } = model.versions;
model.description = `Kubernetes ${kubernetes}, containerd ${containerd}, Knative ${knative} and Istio ${istio} on one node with two cores. What \`provenance\` names as fitted comes from cold starts on a real node; the rest is guessed so that totals agree with them.`;
model.provenance = { recordings, fitted: [...fitted.keys()].sort() };
await writeFile(modelFile, `${JSON.stringify(model, null, "\t")}\n`);
console.log(recordings.join("\n"));
for (const [name, n] of fitted) console.log(`${name}: ${JSON.stringify(delayAt(name))} of n=${n}`);

function add(name: string, ms: number | undefined): void {
	if (ms === undefined || !(ms > 0)) return;
	samples.set(name, [...(samples.get(name) ?? []), ms]);
}

async function readRecording(path: string): Promise<string> {
	const builder = openReportBuilder();
	let part = entries.none;
	let isSample = false;
	for (const line of (await readFile(path, "utf8")).split("\n")) {
		if (line === "") continue;
		const entry = JSON.parse(line) as Entry;
		builder.add(entry);
		if (entry.kind === "profile") part = entries[entry.profile.promises.sidecar === "none" ? "none" : "sidecar"];
		if (entry.kind === "sample" || entry.kind === "sample-end") isSample = entry.kind === "sample";
		// Pods from before belong to the making of the service, under the profile before.
		if (isSample) part.push(entry as RecordedEntry);
	}
	const { profiles, startedAt } = builder.report();
	const counts: string[] = [];
	for (const { profile, coldStarts } of profiles) {
		const counted = coldStarts.filter(({ counted }) => counted);
		counts.push(`${profile.name} ${counted.length}`);
		counted.forEach(addPhases);
	}
	return `${startedAt.slice(0, 10)}, ${basename(path)}: cold starts of ${counts.join(", ")}`;
}

/** What the kubelet's own times tell. */
function fitNode(): void {
	const fits = [
		["", fitModel(entries.sidecar, base)],
		["variants.none.", fitModel(entries.none, base)],
	] as const;
	for (const [prefix, { delays, containers, samples }] of fits) {
		for (const [name, delay] of Object.entries(delays)) {
			// All but the sandbox are drawn without regard to what is in the pod.
			if (prefix === "" || name === "sandbox") setDelay(`${prefix}delays.${name}`, delay, samples[name]);
		}
		for (const [container, steps] of Object.entries(containers)) {
			for (const [step, delay] of Object.entries(steps)) {
				setDelay(`${prefix}containers.${container}.${step}`, delay, samples[`${container} ${step}`]);
			}
		}
	}
}

/** What lies between two instants of the critical path; several delays of the model may share it. */
function addPhases({ phases, pods }: ColdStart): void {
	const hasSidecar = pods[0]?.containers.some(({ name }) => name === "istio-proxy") === true;
	add("activation", phases.activation?.ms);
	add(hasSidecar ? "creation-with-injection" : "creation", phases["pod-creation"]?.ms);
	add("delays.schedule", phases.scheduling?.ms);
	add("delays.endpoints", phases.endpoint?.ms);
	if (hasSidecar) add("delays.endpointPush", phases.routing?.ms);
}

function fitPhases(): void {
	shareOut("activation", ["delays.gatewayHop", "delays.activatorToAutoscaler", "delays.autoscalerDecides"]);
	// Deployment to ReplicaSet, and ReplicaSet to pod.
	derive("delays.controllerReacts", "creation", (ms) => ms / 2);
	const [plainMs] = summary("creation") ?? [0];
	derive("delays.injection", "creation-with-injection", (ms) => ms - plainMs);
	for (const [name, { length }] of samples) {
		const found = summary(name);
		if (name.includes(".") && found !== undefined) setDelay(name, found, length);
	}
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
	return [Number(median.toPrecision(3)), Number(spread.toFixed(2))];
}

function delayAt(name: string): Delay {
	return name.split(".").reduce((part, key) => part?.[key], model);
}

function setDelay(name: string, delay: Delay | undefined, n = 0): void {
	if (delay === undefined) return;
	fitted.set(name, n);
	const keys = name.split(".");
	const last = keys.pop() ?? "";
	let part = model;
	for (const key of keys) {
		part[key] ??= {};
		part = part[key];
	}
	part[last] = [delay[0], Math.min(delay[1], mostSpread)];
}
