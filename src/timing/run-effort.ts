import type { EntryOf } from "../recording/entries.ts";
import type { Finding, Report } from "../report/report.ts";
import { toMs } from "./path/measured.ts";

/** Receipts are stated to a millisecond; a thread that is late more often than that has others. */
const lateThreadMs = 5;

/** What a run cost beside the cold starts, and how well the observer's thread kept up. */
export class RunEffort {
	readonly #counts = { watchEvents: 0, reconnects: 0, gaps: 0 };
	readonly #spent = { installMs: 0, deployMs: 0, waitForZeroMs: 0, coldStartMs: 0 };
	readonly #lagsMs: number[] = [];
	#observer: EntryOf<"observer"> | undefined;

	/** Counts one event, reconnect or gap of a watch. */
	count(what: "watchEvents" | "reconnects" | "gaps"): void {
		this.#counts[what]++;
	}

	/** Adds time that was spent on something that is not knistio's own work. */
	spend(on: "installMs" | "deployMs" | "waitForZeroMs" | "coldStartMs", ms: number): void {
		this.#spent[on] += ms;
	}

	/** Takes how long an own change took to be seen. */
	takePing({ sentAt, seenAt }: EntryOf<"ping">): void {
		this.#lagsMs.push(toMs(BigInt(seenAt) - BigInt(sentAt)));
	}

	/** Takes what the observer's thread says of itself at its end. */
	takeObserver(entry: EntryOf<"observer">): void {
		this.#observer = entry;
	}

	/** Of a run of this length: what was neither installing, waiting for zero, nor a cold start. */
	overhead(runMs: number): NonNullable<Report["overhead"]> {
		const otherMs = runMs - Object.values(this.#spent).reduce((sum, ms) => sum + ms, 0);
		return { runMs, ...this.#spent, otherMs, otherShare: runMs > 0 ? otherMs / runMs : 0 };
	}

	/** What the observer saw and how late. */
	observer(): NonNullable<Report["observer"]> {
		const ordered = [...this.#lagsMs].sort((a, b) => a - b);
		const pingMedianMs = ordered[Math.floor(ordered.length / 2)];
		const pingMaxMs = ordered.at(-1);
		return {
			...this.#counts,
			...(this.#observer !== undefined && {
				loopDelayP99Ms: this.#observer.loopDelayP99Ms,
				loopDelayMaxMs: this.#observer.loopDelayMaxMs,
				maxRssMib: this.#observer.maxRssMib,
			}),
			...(pingMedianMs !== undefined && { pingMedianMs }),
			...(pingMaxMs !== undefined && { pingMaxMs }),
			pings: this.#lagsMs.length,
		};
	}

	/** A thread that was late makes receipts late. */
	findings(): Finding[] {
		if (this.#observer === undefined || this.#observer.loopDelayP99Ms <= lateThreadMs) return [];
		const message = `the observing thread was late by ${this.#observer.loopDelayP99Ms} ms (p99), and so were the times of what it received`;
		return [{ code: "observer-late", message, hint: "the machine that runs knistio is too busy; use another one" }];
	}
}
