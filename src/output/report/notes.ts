import { leastForInterval } from "../../analysis/estimate.ts";
import type { Figures } from "../../analysis/figures.ts";
import type { Observations } from "../../analysis/observations.ts";
import type { ClockOffset, Finding, Report } from "../../report/report.ts";
import { oneLine } from "../../text/one-line.ts";
import { duration, ledgerWords, spell } from "../words/units.ts";
import { pullNotes } from "./pull-notes.ts";
import type { RenderOptions } from "./render.ts";
import { rotationNote } from "./rotation-note.ts";

/** A line below the figures. */
interface Note {
	text: string;
	/**
	 * `usual` where all is well and only of interest if something is odd, `legend` for what marks mean; without a kind it
	 * must be read.
	 */
	kind?: "usual" | "legend";
}

/** What a reader must know beside the figures, a line each: attempts, attempts that do not count, findings, overhead. */
export const notesOf = (figures: Figures): string[] => allNotes(figures).map(({ text }) => text);

/** The same for a terminal, where what is usual is left out unless it is asked for. */
export function terminalNotes(figures: Figures, { hasDetails = false }: RenderOptions): string[] {
	const notes = allNotes(figures).filter(({ kind }) => kind !== "legend");
	const shown = notes.filter(({ kind }) => hasDetails || kind !== "usual").map(({ text }) => text);
	const left = notes.length - shown.length;
	if (left === 0) return shown;
	return [...shown, `${left} more line${left === 1 ? "" : "s"} on how this was measured: --details`];
}

function allNotes({ report, runs, summary }: Figures): Note[] {
	const notes: Note[] = [];
	if (report.simulated !== undefined) {
		const { model, seed, speed } = report.simulated;
		notes.push({ text: `simulated: model ${model}, seed ${seed}, speed ${speed}; no cluster was measured` });
	}
	notes.push(...summary.columns.map(ledgerNote), ...measuredNotes(report), ...orderNotes(report));
	for (const { run, remarks, observations, firstStarts } of runs) {
		const { name } = run.profile;
		notes.push(...observed(name, observations));
		notes.push(...rotationNote(name, observations.rotation).map((text) => ({ text, kind: "usual" as const })));
		notes.push(...pullNotes(name, firstStarts).map((text) => ({ text })));
		notes.push(...run.findings.map((finding) => ({ text: `${name}: ${sentence(finding)}` })));
		notes.push(...remarks.map((remark) => ({ text: sentence(remark) })));
	}
	notes.push(...report.findings.map((finding) => ({ text: sentence(finding) })));
	if (runs.some(({ ledger: { counted } }) => counted > 0 && counted < leastForInterval)) {
		notes.push({ text: `a 95 % interval needs at least ${leastForInterval} cold starts: raise --iterations` });
	}
	notes.push(...summary.columns.flatMap(earlyNote).map((text) => ({ text })));
	if (summary.columns.length > 1) {
		notes.push(
			...[
				"~ not significant, ? too few cold starts; any other change of total is a difference with 95 % confidence",
				"of the phases marked as different, about one in ten may be so by chance",
			].map((text) => ({ text, kind: "legend" as const })),
		);
	}
	notes.push(...harnessNotes(report));
	return notes.map(({ text, ...kind }) => ({ text: oneLine(text), ...kind }));
}

/** Where every attempt was cold, the table's counts say all. */
function ledgerNote({ name, ledger }: Figures["summary"]["columns"][number]): Note {
	const isUsual = ledger.counted > 0 && ledger.cold === ledger.attempted;
	return { text: `${name}: ${ledgerWords(ledger)}`, ...(isUsual && { kind: "usual" }) };
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
function measuredNotes({ profiles }: Report): Note[] {
	const named = { kubernetes: "Kubernetes", knative: "Knative", istio: "Istio", runtime: "runtime", nodes: "nodes" };
	const first = profiles[0]?.fingerprint ?? {};
	const versions = Object.entries(named).flatMap(([key, name]) =>
		first[key] === undefined ? [] : [`${name} ${first[key]}`],
	);
	const shapes = profiles.map(({ profile, fingerprint }) => {
		const { sidecar = "unknown", "init-containers": init = "unknown" } = fingerprint;
		return `${profile.name} (sidecar ${sidecar}, init ${init})`;
	});
	if (versions.length === 0) return [];
	return [{ text: `measured: ${versions.join(", ")}` }, { text: `pods: ${shapes.join(", ")}`, kind: "usual" }];
}

/** No note for profiles that were measured one after the other, in the order of the columns. */
function orderNotes({ order }: Report): Note[] {
	if (order === undefined) return [];
	const { seed, blocks, turns } = order;
	const notes = turns.map((names) => `${names.join(" and ")} took turns in each round, in a balanced order`);
	if (blocks > 1) notes.push(`every profile was installed ${blocks} times, in a balanced order`);
	return notes.map((note) => ({ text: `${note} (seed ${seed})`, kind: "usual" }));
}

function observed(name: string, { notCounted, findings, events, podCreating }: Observations): Note[] {
	const notes: Note[] = notCounted.map(({ round, outcome, reason }) => ({
		text: `${name}, round ${round}: ${outcome}, not counted: ${reason ?? "no reason"}`,
	}));
	notes.push(
		...findings.map(({ code, message, rounds }) => ({
			text: `${name}, round ${rounds.join(", ")}: ${code}: ${message}`,
		})),
	);
	if (events.expected > 0) {
		const text = `${name}: ${events.seen} of ${events.expected} expected pod events seen`;
		notes.push({ text, ...(events.seen === events.expected && { kind: "usual" }) });
	}
	// The talk's tracer stopped when the request had been answered. Such a span is not the time to Ready.
	const { n, endedByAnswer } = podCreating;
	if (endedByAnswer > 0) {
		notes.push({
			text: `${name}: pod_creating ended with the answer, before the pod was Ready, in ${endedByAnswer} of ${n}`,
		});
	}
	return notes;
}

function clockNote({ clock, offsetMs, loMs, hiMs, method }: ClockOffset): Note {
	if (offsetMs === undefined || hiMs === undefined) {
		return {
			text: `clock offset of ${clock}: at least ${loMs.toFixed(1)} ms; its upper bound was not measured (${method})`,
		};
	}
	return {
		text: `clock offset of ${clock}: ${duration(offsetMs)} [${loMs.toFixed(1)}, ${hiMs.toFixed(1)}] ms (${method})`,
		kind: "usual",
	};
}

function harnessNotes({ overhead, observer, clocks, profiles, endedBy }: Report): Note[] {
	const gateways = new Set(profiles.flatMap(({ fingerprint }) => fingerprint.gateway ?? []));
	const notes: Note[] = [...gateways].map((gateway) => ({ text: `gateway reached by ${gateway}`, kind: "usual" }));
	if (overhead !== undefined) {
		const { runMs, installMs, deployMs, waitForZeroMs, coldStartMs, pauseMs, probesMs, otherMs, otherShare } = overhead;
		const pauses = pauseMs === undefined ? "" : `, pauses ${spell(pauseMs)}`;
		const probes = probesMs === undefined ? "" : `, probes ${spell(probesMs)}`;
		notes.push({
			text: `run ${spell(runMs)}: installing ${spell(installMs)}, deploying ${spell(deployMs)}, waiting for zero ${spell(waitForZeroMs)}, cold starts ${spell(coldStartMs)}${pauses}${probes}, knistio itself ${spell(otherMs)} (${(otherShare * 100).toFixed(1)} %)`,
			kind: "usual",
		});
	}
	if (observer?.pingMedianMs !== undefined) {
		notes.push({
			text: `watch: ${observer.watchEvents} events, ${observer.reconnects} reconnects, ${observer.gaps} gaps; a change was seen after ${duration(observer.pingMedianMs)} (median of ${observer.pings})`,
			...(observer.gaps === 0 && { kind: "usual" }),
		});
	}
	if (observer?.loopDelayP99Ms !== undefined && observer.loopDelayMaxMs !== undefined) {
		const { loopDelayP99Ms, loopDelayMaxMs } = observer;
		const text = `observer delay: ${duration(loopDelayP99Ms)} (p99), at most ${duration(loopDelayMaxMs)}`;
		notes.push({ text, kind: "usual" });
	}
	notes.push(...clocks.map(clockNote));
	if (endedBy !== undefined) notes.push({ text: `the run ended early: ${endedBy}` });
	return notes;
}
