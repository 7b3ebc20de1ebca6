import type { Entry, EntryOf } from "../recording/entries.ts";
import type { ClockOffset, Finding, Fingerprint, ProfileRun, Report } from "../report/report.ts";
import { formatTime } from "../text/timestamp.ts";
import { alwaysPulled } from "./always-pulled.ts";
import { isClosed, likelyOffset, openOffsets } from "./clocks/offsets.ts";
import { pingsAround } from "./clocks/watch-lag.ts";
import { foldColdStart } from "./cold-start.ts";
import { type SampleRecord, sightingsOf } from "./facts/sample.ts";
import { toMs } from "./path/measured.ts";
import { RunEffort } from "./run-effort.ts";

/** Makes a report of a recording, entry by entry; it never holds more than one sample's entries. */
export interface ReportBuilder {
	add(entry: Entry): void;
	/** The report of all that was added so far; a recording that broke off gives the report up to there. */
	report(): Report;
}

/** Opens an empty builder. The same entries give the same report, live or replayed. */
export function openReportBuilder(): ReportBuilder {
	return new RecordingFold();
}

/** A profile that is being measured: what the recording said of it last, and what it comes to. */
interface OpenProfile {
	profile: EntryOf<"profile">;
	result: ProfileRun;
}

/** What is done with each kind of entry. */
type Handlers = { [Kind in Entry["kind"]]: (entry: EntryOf<Kind>) => void };

/** How many pings are kept between two samples, of which the next sample needs the last few. */
const keptPings = 1000;

class RecordingFold implements ReportBuilder {
	readonly #offsets = openOffsets();
	readonly #effort = new RunEffort();
	readonly #earlierPods = new Set<string>();
	readonly #findings: Finding[] = [];
	readonly #profiles: ProfileRun[] = [];
	readonly #opened = new Map<string, OpenProfile>();
	readonly #lastPings: EntryOf<"ping">[] = [];
	#run: EntryOf<"run"> | undefined;
	#end: EntryOf<"end"> | undefined;
	#open: OpenProfile | undefined;
	#sample: SampleRecord | undefined;
	#agedAt: bigint | undefined;
	#lastAt = "0";

	readonly #handlers: Handlers = {
		run: (entry) => {
			this.#run = entry;
		},
		profile: (entry) => this.#beginProfile(entry),
		sample: (entry) => this.#beginSample(entry),
		request: (entry) => {
			if (this.#sample?.sample.round === entry.round) this.#sample.request = entry;
		},
		zero: ({ waitedMs }) => this.#effort.spend("waitForZeroMs", waitedMs),
		"sample-end": ({ at }) => this.#closeSample(at),
		watch: (entry) => {
			this.#effort.count("watchEvents");
			this.#sample?.watched.push(entry);
		},
		listed: (entry) => {
			if (!entry.afterGap) return;
			this.#effort.count("gaps");
			this.#sample?.listed.push(entry);
		},
		"watch-state": () => this.#effort.count("reconnects"),
		ping: (entry) => {
			this.#effort.takePing(entry);
			(this.#sample?.pings ?? this.#lastPings).push(entry);
			if (this.#lastPings.length > keptPings) this.#lastPings.splice(0, keptPings * 0.9);
		},
		clock: (entry) => this.#takeProbe(entry),
		finding: ({ finding }) => void (this.#open?.result.findings ?? this.#findings).push(finding),
		observer: (entry) => this.#effort.takeObserver(entry),
		end: (entry) => {
			this.#closeSample(entry.at);
			this.#end = entry;
		},
	};

	add(entry: Entry): void {
		this.#lastAt = entry.at;
		// A recording of a later version may have other entries.
		(this.#handlers[entry.kind] as ((entry: Entry) => void) | undefined)?.(entry);
	}

	report(): Report {
		this.#closeSample(this.#lastAt);
		if (this.#run === undefined) throw new Error("a recording begins with its run");
		const { at, knistio, context, gateway, iterations, order, simulated } = this.#run;
		const end = this.#end;
		return {
			schemaVersion: 1,
			knistio,
			...(simulated === undefined ? {} : { simulated }),
			startedAt: formatTime(BigInt(at)),
			...(end === undefined ? {} : { finishedAt: formatTime(BigInt(end.at)) }),
			...(end === undefined ? { endedBy: "the recording broke off" } : {}),
			...(end?.endedBy === undefined ? {} : { endedBy: end.endedBy }),
			cluster: { context, ...(gateway === undefined ? {} : { gateway }) },
			iterations,
			...(order === undefined ? {} : { order }),
			profiles: this.#profiles.map((run) => {
				return { ...run, findings: [...run.findings, ...alwaysPulled(run.coldStarts)] };
			}),
			clocks: this.#clocks(),
			findings: [...this.#findings, ...this.#effort.findings()],
			overhead: this.#effort.overhead(toMs(BigInt(end?.at ?? this.#lastAt) - BigInt(at))),
			observer: this.#effort.observer(),
		};
	}

	#beginProfile(entry: EntryOf<"profile">): void {
		this.#closeSample(entry.at);
		const { profile, fingerprint, installMs } = entry;
		// A profile that comes back in a later round goes on where it was.
		let result = this.#profiles.find((each) => each.profile.name === profile.name);
		if (result === undefined) {
			result = { profile, fingerprint, coldStarts: [], findings: [] };
			this.#profiles.push(result);
			const asked = this.#run?.profiles ?? [];
			this.#profiles.sort((a, b) => asked.indexOf(a.profile.name) - asked.indexOf(b.profile.name));
		} else result.findings.push(...changesOf(result.fingerprint, fingerprint));
		if (installMs !== undefined) {
			result.installMs = (result.installMs ?? 0) + installMs;
			this.#effort.spend("installMs", installMs);
		}
		this.#effort.spend("deployMs", entry.deployMs ?? 0);
		this.#open = { profile: entry, result };
		this.#opened.set(profile.name, this.#open);
	}

	#beginSample(entry: EntryOf<"sample">): void {
		this.#closeSample(entry.at);
		if (entry.profile !== undefined) this.#open = this.#opened.get(entry.profile);
		if (this.#open === undefined) return;
		this.#sample = {
			sample: entry,
			watched: [],
			listed: [],
			pings: this.#lastPings.slice(-pingsAround / 2),
			revision: this.#open.profile.revision,
		};
	}

	#closeSample(at: string): void {
		if (this.#sample === undefined || this.#open === undefined) return;
		this.#age(BigInt(at));
		const sightings = sightingsOf(this.#sample);
		const { profile, coldStarts } = this.#open.result;
		const [offsets, earlierPods] = [this.#offsets, this.#earlierPods];
		coldStarts.push(foldColdStart(this.#sample, { sightings, offsets, earlierPods, promises: profile.promises }));
		for (const { object } of sightings.pods) {
			if (object.metadata.uid !== undefined) earlierPods.add(object.metadata.uid);
		}
		const { request } = this.#sample;
		if (request?.sentAt !== undefined && request.lastByteAt !== undefined) {
			this.#effort.spend("coldStartMs", toMs(BigInt(request.lastByteAt) - BigInt(request.sentAt)));
		}
		this.#sample = undefined;
	}

	/** A probe that contradicts what was known means that a clock was set, or runs faster than clocks may. */
	#takeProbe({ clock, method, loNs, hiNs, at }: EntryOf<"clock">): void {
		this.#age(BigInt(at));
		const bounds = { lo: BigInt(loNs), ...(hiNs === undefined ? {} : { hi: BigInt(hiNs) }) };
		if (this.#offsets.narrow(clock, bounds, method)) return;
		this.#offsets.replace(clock, bounds, method);
		const message = `the clock of ${clock} has moved against ours since it was last looked at`;
		const hint = "times that cross clocks may be off by as much as it moved";
		this.#findings.push({ code: "clock-moved", message, hint });
	}

	#age(now: bigint): void {
		if (this.#agedAt !== undefined && now > this.#agedAt) this.#offsets.age(now - this.#agedAt);
		this.#agedAt = now;
	}

	#clocks(): ClockOffset[] {
		return this.#offsets.known().map(({ clock, bounds, method }) => {
			const loMs = toMs(bounds.lo);
			if (!isClosed(bounds)) return { clock, loMs, method };
			return { clock, offsetMs: toMs(likelyOffset(bounds)), loMs, hiMs: toMs(bounds.hi), method };
		});
	}
}

/** A profile that comes back must be the same, or its cold starts are not of one kind. */
function changesOf(before: Fingerprint, now: Fingerprint): Finding[] {
	const keys = [...new Set([...Object.keys(before), ...Object.keys(now)])].filter((key) => before[key] !== now[key]);
	if (keys.length === 0) return [];
	const changes = keys.map((key) => `${key} was ${before[key] ?? "absent"}, is ${now[key] ?? "absent"}`);
	const message = `another install of the profile is not the same: ${changes.join("; ")}`;
	return [{ code: "fingerprint-changed", message, hint: "compare what was measured under the one with the other" }];
}
