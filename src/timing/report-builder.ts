import type { Entry, EntryOf } from "../recording/entries.ts";
import { isOfRevision } from "../recording/of-revision.ts";
import type { ColdStart, Finding, ProfileRun, Report, Unmeasured } from "../report/report.ts";
import { formatTime } from "../text/timestamp.ts";
import { alwaysPulled } from "./always-pulled.ts";
import { openClockHistory } from "./clock-history.ts";
import { pingsAround } from "./clocks/watch-lag.ts";
import { foldColdStart } from "./cold-start.ts";
import { type SampleRecord, sightingsOf } from "./facts/sample.ts";
import { openFoldedSamples } from "./folded-samples.ts";
import { type OpenProfile, openMeasuredProfiles } from "./measured-profiles.ts";
import { openRunTotals } from "./run-totals.ts";

/** Makes a report of a recording, entry by entry; it holds one sample's entries, and with traces a visit's. */
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
		/** Why a variant was set aside, by its name. */
		setAside: new Map<string, string>(),
		/** Pods of earlier samples. */
		earlierPods: new Set<string>(),
		/** Pods that are being removed. */
		leavingPods: new Set<string>(),
		/** Pings outside of samples. */
		lastPings: [] as EntryOf<"ping">[],
		run: undefined as EntryOf<"run"> | undefined,
		end: undefined as EntryOf<"end"> | undefined,
		tradeoffs: undefined as Report["tradeoffs"],
		open: undefined as OpenProfile | undefined,
		/** One, or all of a burst. */
		samples: [] as SampleRecord[],
		/** What spans may still come for. */
		folded: openFoldedSamples(),
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
			closeSamples(state, state.lastAt);
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
			closeSamples(state, entry.at);
			state.open = state.profiles.begin(entry);
			return;
		case "set-aside":
			state.setAside.set(entry.profile, entry.reason);
			return;
		case "tradeoffs":
			state.tradeoffs = entry.tradeoffs;
			return;
		case "sample":
			beginSample(state, entry);
			return;
		case "spans":
			state.folded.foldAgain(entry);
			return;
		case "sample-end":
			closeSamples(state, entry.at);
			return;
		case "clock":
			state.findings.push(...state.clocks.addProbe(entry));
			return;
		case "finding":
			(state.open?.result.findings ?? state.findings).push(entry.finding);
			return;
		case "end":
			closeSamples(state, entry.at);
			state.end = entry;
			return;
		case "ping":
			takePing(state, entry);
			return;
		default:
			noteRemoval(state, entry);
			for (const sample of state.samples) addToSample(sample, entry);
	}
}

function beginSample(state: State, sample: EntryOf<"sample">): void {
	if (!isOfBurst(sample, state.samples[0]?.sample)) closeSamples(state, sample.at);
	if (sample.profile !== undefined) state.open = state.profiles.of(sample.profile);
	if (state.open === undefined) return;
	const { revision: first, request: asked, fingerprint } = state.open.profile;
	const { runtime } = fingerprint;
	const revision = sample.revision ?? first;
	const pings = state.lastPings.slice(-pingsAround / 2);
	state.samples.push({
		sample,
		watched: [],
		listed: [],
		pings,
		revision,
		removalsBeganAt: [],
		...(asked && { asked }),
		...(runtime && { runtime }),
	});
}

/** Whether a sample is asked in the same instant as another that is open. */
function isOfBurst({ burst, profile }: EntryOf<"sample">, open: EntryOf<"sample"> | undefined): boolean {
	if (burst === undefined || open?.burst === undefined || open.profile !== profile) return false;
	return open.burst.size === burst.size && open.burst.number === burst.number;
}

/** A pod that begins to be removed while a cold start of another copy goes on disturbs that. */
function noteRemoval({ leavingPods, samples }: State, entry: Entry): void {
	if (entry.kind !== "watch" || entry.watch !== "pods") return;
	const { object, type, at } = entry;
	const { uid, deletionTimestamp } = object.metadata;
	if (uid === undefined || deletionTimestamp === undefined) return;
	if (type === "DELETED") leavingPods.delete(uid);
	else if (!leavingPods.has(uid)) {
		leavingPods.add(uid);
		for (const record of samples) if (!isOfRevision(object, record.revision)) record.removalsBeganAt.push(at);
	}
}

function addToSample(record: SampleRecord, entry: Entry): void {
	if (entry.kind === "watch") record.watched.push(entry);
	else if (entry.kind === "listed" && entry.afterGap) record.listed.push(entry);
	else if (entry.kind === "request" && isRequestOf(entry, record.sample)) record.request = entry;
}

const isRequestOf = ({ round, copy }: EntryOf<"request">, sample: EntryOf<"sample">) =>
	round === sample.round && (copy === undefined || copy === sample.copy);

function takePing({ samples, lastPings }: State, ping: EntryOf<"ping">): void {
	if (samples.length === 0) lastPings.push(ping);
	for (const { pings } of samples) pings.push(ping);
	if (lastPings.length > 1000) lastPings.splice(0, 900);
}

function closeSamples(state: State, at: string): void {
	const { samples, open, clocks, earlierPods } = state;
	if (samples.length === 0 || open === undefined) return;
	clocks.age(BigInt(at));
	const { promises } = open.result.profile;
	const { service, isAsFound = false } = open.profile;
	const isTraced = state.run?.traces === true;
	for (const record of samples) {
		const sightings = sightingsOf(record);
		const context = {
			sightings,
			offsets: clocks.offsets,
			earlierPods,
			promises,
			isAsFound,
			...(service && { service }),
		};
		// As it was before: folding narrows the clocks, and the pods are earlier ones from now on.
		const before = isTraced
			? { ...context, offsets: clocks.offsets.copy(), earlierPods: new Set(earlierPods) }
			: undefined;
		const among = listOf(open.result, record.sample);
		among.push(foldColdStart(record, context));
		if (before !== undefined) state.folded.keep(record, before, among);
		for (const { object } of sightings.pods) {
			if (object.metadata.uid !== undefined) earlierPods.add(object.metadata.uid);
		}
	}
	state.totals.addColdStarts(samples.map(({ request }) => request));
	state.samples = [];
}

/** Where a sample belongs: cold starts among many are kept apart from those of a service that was alone. */
function listOf(run: ProfileRun, { burst, crowd, isFirstOnNode }: EntryOf<"sample">): ColdStart[] {
	if (isFirstOnNode === true) {
		run.pulls ??= [];
		return run.pulls;
	}
	if (burst !== undefined) {
		const { size, number } = burst;
		run.bursts ??= [];
		const known = run.bursts.find((each) => each.size === size && each.number === number);
		if (known !== undefined) return known.coldStarts;
		const coldStarts: ColdStart[] = [];
		run.bursts.push({ size, number, coldStarts });
		return coldStarts;
	}
	if (crowd === undefined) return run.coldStarts;
	run.crowds ??= [];
	const known = run.crowds.find(({ size }) => size === crowd);
	if (known !== undefined) return known.coldStarts;
	const coldStarts: ColdStart[] = [];
	run.crowds.push({ size: crowd, coldStarts });
	return coldStarts;
}

/** The variants that the run was asked for, and that are not among its profiles. */
function unmeasuredOf({ run, profiles, setAside }: State): Unmeasured[] {
	return Object.entries(run?.variants ?? {}).flatMap(([profile, variant]) => {
		const reason = setAside.get(profile);
		const starts = profiles.of(profile)?.result.coldStarts;
		// A first start with the pull of its images may have come before it was set aside.
		if (starts !== undefined && (reason === undefined || starts.length > 0)) return [];
		return [{ profile, variant, ...(reason === undefined ? {} : { reason }) }];
	});
}

function reportOf(state: State): Report {
	const { run, end, lastAt, profiles, clocks, totals, findings, tradeoffs } = state;
	if (run === undefined) throw new Error("a recording begins with its run");
	const { knistio, context, gateway, iterations, order, simulated } = run;
	const unmeasured = unmeasuredOf(state);
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
		...(unmeasured.length === 0 ? {} : { unmeasured }),
		clocks: clocks.offsetsMs(),
		findings: [...findings, ...totals.findings()],
		...(tradeoffs === undefined ? {} : { tradeoffs }),
		overhead: totals.overhead(BigInt(run.at), BigInt(end?.at ?? lastAt)),
		observer: totals.observer(),
	};
}
