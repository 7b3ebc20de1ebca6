import type { Entry, EntryOf } from "../recording/entries.ts";
import type { ClockOffset, Finding, Fingerprint, ProfileRun, Report } from "../report/report.ts";
import { formatTime } from "../text/timestamp.ts";
import { alwaysPulled } from "./always-pulled.ts";
import { isClosed, likelyOffset, openOffsets } from "./clocks/offsets.ts";
import { pingsAround } from "./clocks/watch-lag.ts";
import { foldColdStart } from "./cold-start.ts";
import { type SampleRecord, sightingsOf } from "./facts/sample.ts";
import { toMs } from "./path/measured.ts";

/** Makes a report of a recording, entry by entry; it never holds more than one sample's entries. */
export interface ReportBuilder {
	add(entry: Entry): void;
	/** The report of all that was added so far; a recording that broke off gives the report up to there. */
	report(): Report;
}

/** A profile that is being measured: what the recording said of it last, and what it comes to. */
interface OpenProfile {
	profile: EntryOf<"profile">;
	result: ProfileRun;
}

/** Receipts are stated to a millisecond; a thread that is late more often than that has others. */
const lateThreadMs = 5;

function lateObserver(observer: EntryOf<"observer"> | undefined): Finding[] {
	if (observer === undefined || observer.loopDelayP99Ms <= lateThreadMs) return [];
	const message = `the observing thread was late by ${observer.loopDelayP99Ms} ms (p99): receipts are late by as much`;
	return [{ code: "observer-late", message, hint: "the machine that runs knistio is too busy; run it elsewhere" }];
}

/** Opens an empty builder. The same entries give the same report, live or replayed. */
export function openReportBuilder(): ReportBuilder {
	const offsets = openOffsets();
	const earlierPods = new Set<string>();
	const findings: Finding[] = [];
	const profiles: ProfileRun[] = [];
	const lagsMs: number[] = [];
	const lastPings: EntryOf<"ping">[] = [];
	const counts = { watchEvents: 0, reconnects: 0, gaps: 0 };
	const spent = { installMs: 0, deployMs: 0, waitForZeroMs: 0, coldStartMs: 0 };
	let run: EntryOf<"run"> | undefined;
	let end: EntryOf<"end"> | undefined;
	let observer: EntryOf<"observer"> | undefined;
	const opened = new Map<string, OpenProfile>();
	let open: OpenProfile | undefined;
	let current: SampleRecord | undefined;
	let agedAt: bigint | undefined;
	let lastAt = "0";

	function closeSample(at: string): void {
		if (current === undefined || open === undefined) return;
		age(BigInt(at));
		const sightings = sightingsOf(current);
		const { promises } = open.result.profile;
		open.result.coldStarts.push(foldColdStart(current, { sightings, offsets, earlierPods, promises }));
		const { request } = current;
		for (const { object } of sightings.pods) {
			if (object.metadata.uid !== undefined) earlierPods.add(object.metadata.uid);
		}
		if (request?.sentAt !== undefined && request.lastByteAt !== undefined) {
			spent.coldStartMs += toMs(BigInt(request.lastByteAt) - BigInt(request.sentAt));
		}
		current = undefined;
	}

	/** A probe that contradicts what was known means that a clock was set, or runs faster than clocks may. */
	function takeProbe({ clock, method, loNs, hiNs, at }: EntryOf<"clock">): void {
		age(BigInt(at));
		const bounds = { lo: BigInt(loNs), ...(hiNs === undefined ? {} : { hi: BigInt(hiNs) }) };
		if (offsets.narrow(clock, bounds, method)) return;
		offsets.replace(clock, bounds, method);
		const message = `the clock of ${clock} has moved against ours since it was last looked at`;
		findings.push({ code: "clock-moved", message, hint: "times that cross clocks may be off by as much as it moved" });
	}

	function age(now: bigint): void {
		if (agedAt !== undefined && now > agedAt) offsets.age(now - agedAt);
		agedAt = now;
	}

	function beginProfile(entry: EntryOf<"profile">): void {
		closeSample(entry.at);
		const { profile, fingerprint, installMs } = entry;
		// A profile that comes back in a later round goes on where it was.
		let result = profiles.find((each) => each.profile.name === profile.name);
		if (result === undefined) {
			result = { profile, fingerprint, coldStarts: [], findings: [] };
			profiles.push(result);
			const asked = run?.profiles ?? [];
			profiles.sort((a, b) => asked.indexOf(a.profile.name) - asked.indexOf(b.profile.name));
		} else result.findings.push(...changesOf(result.fingerprint, fingerprint));
		if (installMs !== undefined) {
			result.installMs = (result.installMs ?? 0) + installMs;
			spent.installMs += installMs;
		}
		spent.deployMs += entry.deployMs ?? 0;
		open = { profile: entry, result };
		opened.set(profile.name, open);
	}

	function add(entry: Entry): void {
		lastAt = entry.at;
		switch (entry.kind) {
			case "run":
				run = entry;
				return;
			case "profile":
				beginProfile(entry);
				return;
			case "sample":
				closeSample(entry.at);
				if (entry.profile !== undefined) open = opened.get(entry.profile);
				if (open === undefined) return;
				current = {
					sample: entry,
					watched: [],
					listed: [],
					pings: lastPings.slice(-pingsAround / 2),
					revision: open.profile.revision,
				};
				return;
			case "request":
				if (current?.sample.round === entry.round) current.request = entry;
				return;
			case "zero":
				spent.waitForZeroMs += entry.waitedMs;
				return;
			case "sample-end":
				closeSample(entry.at);
				return;
			case "watch":
				counts.watchEvents++;
				current?.watched.push(entry);
				return;
			case "listed":
				if (!entry.afterGap) return;
				counts.gaps++;
				current?.listed.push(entry);
				return;
			case "watch-state":
				counts.reconnects++;
				return;
			case "ping":
				lagsMs.push(toMs(BigInt(entry.seenAt) - BigInt(entry.sentAt)));
				(current?.pings ?? lastPings).push(entry);
				if (lastPings.length > 1000) lastPings.splice(0, 900);
				return;
			case "clock":
				takeProbe(entry);
				return;
			case "finding":
				(open?.result.findings ?? findings).push(entry.finding);
				return;
			case "observer":
				observer = entry;
				return;
			case "end":
				closeSample(entry.at);
				end = entry;
		}
	}

	function report(): Report {
		closeSample(lastAt);
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
			profiles: profiles.map((run) => ({ ...run, findings: [...run.findings, ...alwaysPulled(run.coldStarts)] })),
			clocks: clocksOf(),
			findings: [...findings, ...lateObserver(observer)],
			overhead: overheadOf(run.at),
			observer: { ...counts, ...observerOf() },
		};
	}

	function clocksOf(): ClockOffset[] {
		return offsets.known().map(({ clock, bounds, method }) => {
			const loMs = toMs(bounds.lo);
			if (!isClosed(bounds)) return { clock, loMs, method };
			return { clock, offsetMs: toMs(likelyOffset(bounds)), loMs, hiMs: toMs(bounds.hi), method };
		});
	}

	/** What was neither installing, waiting for zero, nor a cold start. */
	function overheadOf(startedAt: string): NonNullable<Report["overhead"]> {
		const runMs = toMs(BigInt(end?.at ?? lastAt) - BigInt(startedAt));
		const { installMs, deployMs, waitForZeroMs, coldStartMs } = spent;
		const otherMs = runMs - installMs - deployMs - waitForZeroMs - coldStartMs;
		return { runMs, ...spent, otherMs, otherShare: runMs > 0 ? otherMs / runMs : 0 };
	}

	function observerOf() {
		const ordered = [...lagsMs].sort((a, b) => a - b);
		const pingMedianMs = ordered[Math.floor(ordered.length / 2)];
		const pingMaxMs = ordered.at(-1);
		return {
			...(observer === undefined
				? {}
				: {
						loopDelayP99Ms: observer.loopDelayP99Ms,
						loopDelayMaxMs: observer.loopDelayMaxMs,
						maxRssMib: observer.maxRssMib,
					}),
			...(pingMedianMs === undefined ? {} : { pingMedianMs }),
			...(pingMaxMs === undefined ? {} : { pingMaxMs }),
			pings: lagsMs.length,
		};
	}

	return { add, report };
}

/** A profile that comes back must be the same, or its cold starts are not of one kind. */
function changesOf(before: Fingerprint, now: Fingerprint): Finding[] {
	const keys = [...new Set([...Object.keys(before), ...Object.keys(now)])].filter((key) => before[key] !== now[key]);
	if (keys.length === 0) return [];
	const changes = keys.map((key) => `${key} was ${before[key] ?? "absent"}, is ${now[key] ?? "absent"}`);
	const message = `another install of the profile is not the same: ${changes.join("; ")}`;
	return [{ code: "fingerprint-changed", message, hint: "compare what was measured under the one with the other" }];
}
