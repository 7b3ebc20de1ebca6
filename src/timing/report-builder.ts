import type { Entry, EntryOf } from "../recording/entries.ts";
import type { Finding, Report } from "../report/report.ts";
import { formatTime } from "../text/timestamp.ts";
import { alwaysPulled } from "./always-pulled.ts";
import { openClockHistory } from "./clock-history.ts";
import { pingsAround } from "./clocks/watch-lag.ts";
import { foldColdStart } from "./cold-start.ts";
import { type SampleRecord, sightingsOf } from "./facts/sample.ts";
import { type OpenProfile, openMeasuredProfiles } from "./measured-profiles.ts";
import { openRunTotals } from "./run-totals.ts";

/** Makes a report of a recording, entry by entry; it never holds more than one sample's entries. */
export interface ReportBuilder {
	add(entry: Entry): void;
	/** The report of all that was added so far; a recording that broke off gives the report up to there. */
	report(): Report;
}

/** What a builder knows so far. */
function openState() {
	return {
		clocks: openClockHistory(),
		profiles: openMeasuredProfiles(),
		totals: openRunTotals(),
		findings: [] as Finding[],
		/** Pods of earlier samples. */
		earlierPods: new Set<string>(),
		/** Pings outside of samples. */
		lastPings: [] as EntryOf<"ping">[],
		run: undefined as EntryOf<"run"> | undefined,
		end: undefined as EntryOf<"end"> | undefined,
		open: undefined as OpenProfile | undefined,
		sample: undefined as SampleRecord | undefined,
		lastAt: "0",
	};
}

type State = ReturnType<typeof openState>;

/** Opens an empty builder. The same entries give the same report, live or replayed. */
export function openReportBuilder(): ReportBuilder {
	const state = openState();
	return {
		add(entry) {
			state.lastAt = entry.at;
			state.totals.add(entry);
			take(state, entry);
		},
		report() {
			closeSample(state, state.lastAt);
			return reportOf(state);
		},
	};
}

/** What is counted only is the totals' part; the rest is sorted here. */
function take(state: State, entry: Entry): void {
	switch (entry.kind) {
		case "run":
			state.run = entry;
			return;
		case "profile":
			closeSample(state, entry.at);
			state.open = state.profiles.begin(entry);
			return;
		case "sample":
			beginSample(state, entry);
			return;
		case "sample-end":
			closeSample(state, entry.at);
			return;
		case "clock":
			state.findings.push(...state.clocks.addProbe(entry));
			return;
		case "finding":
			(state.open?.result.findings ?? state.findings).push(entry.finding);
			return;
		case "end":
			closeSample(state, entry.at);
			state.end = entry;
			return;
		case "ping":
			takePing(state, entry);
			return;
		default:
			if (state.sample !== undefined) addToSample(state.sample, entry);
	}
}

function beginSample(state: State, sample: EntryOf<"sample">): void {
	closeSample(state, sample.at);
	if (sample.profile !== undefined) state.open = state.profiles.of(sample.profile);
	if (state.open === undefined) return;
	const { revision, request: asked } = state.open.profile;
	const pings = state.lastPings.slice(-pingsAround / 2);
	state.sample = { sample, watched: [], listed: [], pings, revision, ...(asked && { asked }) };
}

function addToSample(record: SampleRecord, entry: Entry): void {
	if (entry.kind === "watch") record.watched.push(entry);
	else if (entry.kind === "listed" && entry.afterGap) record.listed.push(entry);
	else if (entry.kind === "request" && entry.round === record.sample.round) record.request = entry;
}

function takePing({ sample, lastPings }: State, ping: EntryOf<"ping">): void {
	(sample?.pings ?? lastPings).push(ping);
	if (lastPings.length > 1000) lastPings.splice(0, 900);
}

function closeSample(state: State, at: string): void {
	const { sample, open, clocks, earlierPods } = state;
	if (sample === undefined || open === undefined) return;
	clocks.age(BigInt(at));
	const sightings = sightingsOf(sample);
	const { promises } = open.result.profile;
	const { service } = open.profile;
	const context = { sightings, offsets: clocks.offsets, earlierPods, promises, ...(service && { service }) };
	open.result.coldStarts.push(foldColdStart(sample, context));
	for (const { object } of sightings.pods) {
		if (object.metadata.uid !== undefined) earlierPods.add(object.metadata.uid);
	}
	state.totals.addColdStart(sample.request);
	state.sample = undefined;
}

function reportOf({ run, end, lastAt, profiles, clocks, totals, findings }: State): Report {
	if (run === undefined) throw new Error("a recording begins with its run");
	const { knistio, context, gateway, iterations, order, simulated } = run;
	return {
		schemaVersion: 1,
		knistio,
		...(simulated === undefined ? {} : { simulated }),
		startedAt: formatTime(BigInt(run.at)),
		...(end === undefined ? {} : { finishedAt: formatTime(BigInt(end.at)) }),
		...(end === undefined ? { endedBy: "the recording broke off" } : {}),
		...(end?.endedBy === undefined ? {} : { endedBy: end.endedBy }),
		cluster: { context, ...(gateway === undefined ? {} : { gateway }) },
		iterations,
		...(order === undefined ? {} : { order }),
		profiles: profiles
			.inOrder(run.profiles ?? [])
			.map((result) => ({ ...result, findings: [...result.findings, ...alwaysPulled(result.coldStarts)] })),
		clocks: clocks.offsetsMs(),
		findings: [...findings, ...totals.findings()],
		overhead: totals.overhead(BigInt(run.at), BigInt(end?.at ?? lastAt)),
		observer: totals.observer(),
	};
}
