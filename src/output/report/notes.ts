import { leastForInterval } from "../../analysis/estimate.ts";
import type { Figures } from "../../analysis/figures.ts";
import type { Observations } from "../../analysis/observations.ts";
import type { ClockOffset, Finding, Report } from "../../report/report.ts";
import { oneLine } from "../../text/one-line.ts";
import { duration, ledgerWords, spell } from "../words/units.ts";
import { pullNotes } from "./pull-notes.ts";
import { rotationNote } from "./rotation-note.ts";

/** What a reader must know beside the figures, a line each: attempts, attempts that do not count, findings, overhead. */
export function notesOf({ report, runs, summary }: Figures): string[] {
	const notes: string[] = [];
	if (report.simulated !== undefined) {
		const { model, seed, speed } = report.simulated;
		notes.push(`simulated: model ${model}, seed ${seed}, speed ${speed}; no cluster was measured`);
	}
	notes.push(...summary.columns.map(({ name, ledger }) => `${name}: ${ledgerWords(ledger)}`));
	notes.push(...measuredNote(report), ...orderNotes(report));
	for (const { run, remarks, observations, firstStarts } of runs) {
		const { name } = run.profile;
		notes.push(
			...observed(name, observations),
			...rotationNote(name, observations.rotation),
			...pullNotes(name, firstStarts),
		);
		notes.push(...run.findings.map((finding) => `${name}: ${sentence(finding)}`), ...remarks.map(sentence));
	}
	notes.push(...report.findings.map(sentence));
	if (runs.some(({ ledger: { counted } }) => counted > 0 && counted < leastForInterval)) {
		notes.push(`a 95 % interval needs at least ${leastForInterval} cold starts: raise --iterations`);
	}
	notes.push(...summary.columns.flatMap(earlyNote));
	if (summary.columns.length > 1) {
		notes.push(
			"~ not significant, ? too few cold starts; any other change of total is a difference with 95 % confidence",
			"of the phases marked as different, about one in ten may be so by chance",
		);
	}
	notes.push(...harnessNotes(report));
	return notes.map(oneLine);
}

/** A reader takes an interval for one of 95 % unless it is said. */
function earlyNote({ name, confidence }: Figures["summary"]["columns"][number]): string[] {
	if (confidence === 0.95) return [];
	const percent = Math.floor(confidence * 1000) / 10;
	return [
		`${name}: its intervals have a confidence of ${percent} % instead of 95 %, because --until stopped its rounds early`,
	];
}

const sentence = ({ message, hint }: Finding) => (hint === undefined ? message : `${message} (${hint})`);

/** What was measured, from the fingerprints; the shape of the pods is listed for each profile. */
function measuredNote({ profiles }: Report): string[] {
	const named = { kubernetes: "Kubernetes", knative: "Knative", istio: "Istio", runtime: "runtime", nodes: "nodes" };
	const first = profiles[0]?.fingerprint ?? {};
	const versions = Object.entries(named).flatMap(([key, name]) =>
		first[key] === undefined ? [] : [`${name} ${first[key]}`],
	);
	const shapes = profiles.map(({ profile, fingerprint }) => {
		const { sidecar = "unknown", "init-containers": init = "unknown" } = fingerprint;
		return `${profile.name} (sidecar ${sidecar}, init ${init})`;
	});
	return versions.length === 0 ? [] : [`measured: ${versions.join(", ")}; ${shapes.join(", ")}`];
}

/** No note for profiles that were measured one after the other, in the order of the columns. */
function orderNotes({ order }: Report): string[] {
	if (order === undefined) return [];
	const { seed, blocks, turns } = order;
	const notes = turns.map((names) => `${names.join(" and ")} took turns in each round, in a balanced order`);
	if (blocks > 1) notes.push(`every profile was installed ${blocks} times, in a balanced order`);
	return notes.map((note) => `${note} (seed ${seed})`);
}

function observed(name: string, { notCounted, findings, events, podCreating }: Observations): string[] {
	const notes = notCounted.map(
		({ round, outcome, reason }) => `${name}, round ${round}: ${outcome}, not counted: ${reason ?? "no reason"}`,
	);
	notes.push(
		...findings.map(({ code, message, rounds }) => `${name}, round ${rounds.join(", ")}: ${code}: ${message}`),
	);
	if (events.expected > 0) notes.push(`${name}: ${events.seen} of ${events.expected} expected pod events seen`);
	// The talk's tracer stopped when the request had been answered. Such a span is not the time to Ready.
	const { n, endedByAnswer } = podCreating;
	if (endedByAnswer > 0) {
		notes.push(`${name}: pod_creating ended with the answer, before the pod was Ready, in ${endedByAnswer} of ${n}`);
	}
	return notes;
}

function clockNote({ clock, offsetMs, loMs, hiMs, method }: ClockOffset): string {
	if (offsetMs === undefined || hiMs === undefined) {
		return `clock offset of ${clock}: at least ${loMs.toFixed(1)} ms; its upper bound was not measured (${method})`;
	}
	return `clock offset of ${clock}: ${duration(offsetMs)} [${loMs.toFixed(1)}, ${hiMs.toFixed(1)}] ms (${method})`;
}

function harnessNotes({ overhead, observer, clocks, profiles, endedBy }: Report): string[] {
	const gateways = new Set(profiles.flatMap(({ fingerprint }) => fingerprint.gateway ?? []));
	const notes = [...gateways].map((gateway) => `gateway reached by ${gateway}`);
	if (overhead !== undefined) {
		const { runMs, installMs, deployMs, waitForZeroMs, coldStartMs, pauseMs, otherMs, otherShare } = overhead;
		const pauses = pauseMs === undefined ? "" : `, pauses ${spell(pauseMs)}`;
		notes.push(
			`run ${spell(runMs)}: installing ${spell(installMs)}, deploying ${spell(deployMs)}, waiting for zero ${spell(waitForZeroMs)}, cold starts ${spell(coldStartMs)}${pauses}, knistio itself ${spell(otherMs)} (${(otherShare * 100).toFixed(1)} %)`,
		);
	}
	if (observer?.pingMedianMs !== undefined) {
		notes.push(
			`watch: ${observer.watchEvents} events, ${observer.reconnects} reconnects, ${observer.gaps} gaps; a change was seen after ${duration(observer.pingMedianMs)} (median of ${observer.pings})`,
		);
	}
	if (observer?.loopDelayP99Ms !== undefined && observer.loopDelayMaxMs !== undefined) {
		const { loopDelayP99Ms, loopDelayMaxMs } = observer;
		notes.push(`observer delay: ${duration(loopDelayP99Ms)} (p99), at most ${duration(loopDelayMaxMs)}`);
	}
	notes.push(...clocks.map(clockNote));
	if (endedBy !== undefined) notes.push(`the run ended early: ${endedBy}`);
	return notes;
}
