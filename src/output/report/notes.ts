import { remarksOn } from "../../analysis/remarks.ts";
import type { Summary } from "../../analysis/summary.ts";
import type { ClockOffset, ColdStart, Finding, Report } from "../../report/report.ts";
import { oneLine } from "../../text/one-line.ts";
import { duration, ledgerWords, spell } from "../words/units.ts";

/** What a reader must know beside the figures, a line each: attempts, what was kept apart, findings, the harness. */
export function notesOf(report: Report, summary: Summary): string[] {
	const notes: string[] = [];
	if (report.simulated !== undefined) {
		const { model, seed, speed } = report.simulated;
		notes.push(`simulated: model ${model}, seed ${seed}, speed ${speed}; no cluster was measured`);
	}
	notes.push(...summary.columns.map(({ name, ledger }) => `${name}: ${ledgerWords(ledger)}`));
	notes.push(...measuredNote(report), ...orderNotes(report));
	for (const run of report.profiles) {
		const { name } = run.profile;
		notes.push(...notCounted(name, run.coldStarts), ...oftenFound(name, run.coldStarts));
		notes.push(...eventsSeen(name, run.coldStarts), ...endedEarly(name, run.coldStarts));
		notes.push(...run.findings.map((finding) => `${name}: ${sentence(finding)}`), ...remarksOn(run).map(sentence));
	}
	notes.push(...report.findings.map(sentence));
	const thin = summary.columns.filter(({ ledger }) => ledger.counted > 0 && ledger.counted < 6);
	if (thin.length > 0) notes.push("fewer than 6 cold starts support no 95 % interval: raise --iterations");
	notes.push(...summary.columns.flatMap(earlyNote));
	if (summary.columns.length > 1) {
		notes.push(
			"~ not significant, ? too few to tell; otherwise total differs from the first profile with 95 % confidence",
			"phases say where: of those marked as different, about one in ten may be so by chance",
		);
	}
	notes.push(...harnessNotes(report));
	return notes.map(oneLine);
}

/** A reader takes an interval for one of 95 % unless it is said. */
function earlyNote({ name, confidence }: Summary["columns"][number]): string[] {
	if (confidence === 0.95) return [];
	const percent = Math.floor(confidence * 1000) / 10;
	return [`${name}: its intervals are of ${percent} %, the level of the look at which --until stopped its rounds`];
}

const sentence = ({ message, hint }: Finding) => (hint === undefined ? message : `${message} (${hint})`);

/** What was measured, from the fingerprints; what differs from profile to profile is told for each. */
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

/** Profiles that were measured one after the other, in the order of the columns, need no word. */
function orderNotes({ order }: Report): string[] {
	if (order === undefined) return [];
	const { seed, blocks, turns } = order;
	const notes = turns.map((names) => `${names.join(" and ")} took turns in each round, in a balanced order`);
	if (blocks > 1) notes.push(`every profile was installed ${blocks} times, in a balanced order`);
	return notes.map((note) => `${note} (seed ${seed})`);
}

/** Findings of single cold starts, told once with their number. */
function oftenFound(name: string, starts: readonly ColdStart[]): string[] {
	const found = new Map<string, { message: string; rounds: Set<number> }>();
	for (const { round, findings } of starts) {
		for (const { code, message } of findings) {
			const known = found.get(code) ?? { message, rounds: new Set<number>() };
			known.rounds.add(round);
			found.set(code, known);
		}
	}
	return [...found].map(
		([code, { message, rounds }]) => `${name}, round ${[...rounds].join(", ")}: ${code}: ${message}`,
	);
}

/** A lost event makes bounds wide. */
function eventsSeen(name: string, starts: readonly ColdStart[]): string[] {
	const [seen, expected] = (["seen", "expected"] as const).map((key) =>
		starts.reduce((sum, { events }) => sum + events[key], 0),
	);
	return expected === 0 ? [] : [`${name}: ${seen} of ${expected} expected pod events seen`];
}

/** The talk's tracer stopped when the request had been answered, and such a span is no time to Ready. */
function endedEarly(name: string, starts: readonly ColdStart[]): string[] {
	const spans = starts.flatMap(({ counted, spans }) => (counted ? (spans.pod_creating ?? []) : []));
	const stopped = spans.filter(({ endedBy }) => endedBy === "request-end").length;
	if (stopped === 0) return [];
	return [`${name}: pod_creating ended with the answer, before the pod was Ready, in ${stopped} of ${spans.length}`];
}

/** Attempts that the figures leave out, apart from the warm-up, each with its reason. */
function notCounted(name: string, starts: readonly ColdStart[]): string[] {
	return starts
		.filter(({ counted, round }) => !counted && round > 0)
		.map(({ round, outcome, reason }) => `${name}, round ${round}: ${outcome}, not counted: ${reason ?? "no reason"}`);
}

function clockNote({ clock, offsetMs, loMs, hiMs, method }: ClockOffset): string {
	if (offsetMs === undefined || hiMs === undefined) {
		return `clock of ${clock}: ${loMs.toFixed(1)} ms off ours or more; how much more was not measured (${method})`;
	}
	return `clock of ${clock}: ${duration(offsetMs)} [${loMs.toFixed(1)}, ${hiMs.toFixed(1)}] ms off ours (${method})`;
}

function harnessNotes({ overhead, observer, clocks, profiles, endedBy }: Report): string[] {
	const gateways = new Set(profiles.flatMap(({ fingerprint }) => fingerprint.gateway ?? []));
	const notes = [...gateways].map((gateway) => `gateway reached by ${gateway}`);
	if (overhead !== undefined) {
		const { runMs, installMs, deployMs, waitForZeroMs, coldStartMs, otherMs, otherShare } = overhead;
		notes.push(
			`run ${spell(runMs)}: installing ${spell(installMs)}, deploying ${spell(deployMs)}, waiting for zero ${spell(waitForZeroMs)}, cold starts ${spell(coldStartMs)}, knistio itself ${spell(otherMs)} (${(otherShare * 100).toFixed(1)} %)`,
		);
	}
	if (observer?.pingMedianMs !== undefined) {
		notes.push(
			`watch: ${observer.watchEvents} events, ${observer.reconnects} reconnects, ${observer.gaps} gaps; a change was seen after ${duration(observer.pingMedianMs)} (median of ${observer.pings})`,
		);
	}
	if (observer?.loopDelayP99Ms !== undefined && observer.loopDelayMaxMs !== undefined) {
		const { loopDelayP99Ms, loopDelayMaxMs } = observer;
		notes.push(`observer's thread: late by ${duration(loopDelayP99Ms)} (p99), ${duration(loopDelayMaxMs)} at most`);
	}
	notes.push(...clocks.map(clockNote));
	if (endedBy !== undefined) notes.push(`the run ended early: ${endedBy}`);
	return notes;
}
