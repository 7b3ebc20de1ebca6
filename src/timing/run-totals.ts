import type { Entry, EntryOf } from "../recording/entries.ts";
import type { Finding, Report } from "../report/report.ts";
import { toMs } from "./path/measured.ts";

/** What a run adds up to beside its cold starts: where its time went, and how well it was observed. */
export interface RunTotals {
	add(entry: Entry): void;
	/** A sample has ended, or several that went on at the same time, with these requests. */
	addColdStarts(requests: readonly (EntryOf<"request"> | undefined)[]): void;
	/** Between these times of the client's clock, in ns. */
	overhead(startedAt: bigint, endedAt: bigint): NonNullable<Report["overhead"]>;
	observer(): NonNullable<Report["observer"]>;
	findings(): Finding[];
}

/** All totals are 0. */
export function openRunTotals(): RunTotals {
	const counts = { watchEvents: 0, reconnects: 0, gaps: 0 };
	const spent = { installMs: 0, deployMs: 0, waitForZeroMs: 0, coldStartMs: 0 };
	let pauseMs: number | undefined;
	let probesMs: number | undefined;
	const lagsMs: number[] = [];
	let observer: EntryOf<"observer"> | undefined;
	return {
		add(entry) {
			if (entry.kind === "profile") {
				spent.installMs += entry.installMs ?? 0;
				spent.deployMs += entry.deployMs ?? 0;
			} else if (entry.kind === "crowd") spent.deployMs += entry.tookMs;
			else if (entry.kind === "zero") spent.waitForZeroMs += entry.waitedMs;
			else if (entry.kind === "sample") pauseMs = add(pauseMs, entry.pausedMs);
			else if (entry.kind === "tradeoffs") probesMs = add(probesMs, entry.tookMs);
			else if (entry.kind === "sample-end") pauseMs = add(pauseMs, entry.settledMs);
			else if (entry.kind === "watch") counts.watchEvents++;
			else if (entry.kind === "watch-state") counts.reconnects++;
			else if (entry.kind === "listed" && entry.afterGap) counts.gaps++;
			else if (entry.kind === "ping") lagsMs.push(toMs(BigInt(entry.seenAt) - BigInt(entry.sentAt)));
			else if (entry.kind === "observer") observer = entry;
		},
		addColdStarts(requests) {
			const tookMs = requests.map((request) =>
				request?.sentAt === undefined || request.lastByteAt === undefined
					? 0
					: toMs(BigInt(request.lastByteAt) - BigInt(request.sentAt)),
			);
			spent.coldStartMs += Math.max(...tookMs);
		},
		overhead(startedAt, endedAt) {
			const runMs = toMs(endedAt - startedAt);
			const { installMs, deployMs, waitForZeroMs, coldStartMs } = spent;
			const knownMs = installMs + deployMs + waitForZeroMs + coldStartMs + (pauseMs ?? 0) + (probesMs ?? 0);
			const otherMs = runMs - knownMs;
			return {
				runMs,
				...spent,
				...(pauseMs === undefined ? {} : { pauseMs }),
				...(probesMs === undefined ? {} : { probesMs }),
				otherMs,
				otherShare: runMs > 0 ? otherMs / runMs : 0,
			};
		},
		observer: () => ({ ...counts, ...delaysOf(observer), ...pingsOf(lagsMs) }),
		findings: () => lateObserver(observer),
	};
}

/** Recordings of earlier versions do not say how long was waited on purpose. */
const add = (sum: number | undefined, more: number | undefined) => (more === undefined ? sum : (sum ?? 0) + more);

function delaysOf(observer: EntryOf<"observer"> | undefined) {
	if (observer === undefined) return {};
	const { loopDelayP99Ms, loopDelayMaxMs, maxRssMib } = observer;
	return { loopDelayP99Ms, loopDelayMaxMs, maxRssMib };
}

function pingsOf(lagsMs: readonly number[]) {
	const ordered = [...lagsMs].sort((a, b) => a - b);
	const pingMedianMs = ordered[Math.floor(ordered.length / 2)];
	const pingMaxMs = ordered.at(-1);
	return {
		...(pingMedianMs === undefined ? {} : { pingMedianMs }),
		...(pingMaxMs === undefined ? {} : { pingMaxMs }),
		pings: lagsMs.length,
	};
}

/** Receipts are stated to a millisecond; a thread that is late more often than that makes them wrong by more. */
const lateThreadMs = 5;

function lateObserver(observer: EntryOf<"observer"> | undefined): Finding[] {
	if (observer === undefined || observer.loopDelayP99Ms <= lateThreadMs) return [];
	const message = `the observing thread was late by ${observer.loopDelayP99Ms} ms (p99): receipts are late by as much`;
	return [{ code: "observer-late", message, hint: "the machine that runs knistio is too busy; run it elsewhere" }];
}
