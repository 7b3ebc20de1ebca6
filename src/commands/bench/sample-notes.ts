import { medianOf } from "../../analysis/statistics/median.ts";
import { type ClientClock, clientNow } from "../../clock/client-clock.ts";
import type { Benchmark } from "../../measure/benchmark.ts";
import type { Visit } from "../../measure/rounds.ts";
import { spell } from "../../output/words/units.ts";
import type { Progress } from "../../progress.ts";
import type { RequestTimes } from "../../recording/entries.ts";
import { msBetween, type Usual, usualOf, viewOf } from "./live-view.ts";
import type { Recorder } from "./recorder.ts";
import { openTimeLeft } from "./time-left.ts";

/** What is told of the samples of a run. */
export interface SampleNotes {
	/** A profile is going to be installed. */
	begin(): void;
	tell: Benchmark["onSample"];
}

/** What is to be known of a run. */
export interface SampledRun {
	visits: readonly Visit[];
	iterations: number;
	/** How often a visit's rounds come again, with idle services. */
	crowds: number;
	/** Nobody can say how long bursts take. */
	hasBursts: boolean;
	clock: ClientClock;
	progress: Progress;
}

/** A line for each sample, with the time that the run will still take; on a terminal it can be watched as it happens. */
export function openSampleNotes(
	{ visits, iterations, crowds, hasBursts, clock, progress }: SampledRun,
	recorder: Pick<Recorder, "report" | "starts">,
): SampleNotes {
	const timeLeft = openTimeLeft(
		visits.map(({ profiles, rounds }) => profiles.length * (rounds.length + crowds * (rounds.length - 1))),
	);
	const leftMsAt = (nowMs?: number) => (hasBursts ? undefined : timeLeft.leftMs(nowMs));
	const now = () => clientNow(clock);
	const waysToZero = openWaysToZero();
	return {
		begin() {
			timeLeft.begin(performance.now());
			// An install is no part of a way to zero.
			waysToZero.drop();
		},
		tell: (profile, round, times) => {
			const name = round === 0 ? "warm-up" : `cold start ${round} of ${iterations}`;
			const title = `${profile.name}: ${name}`;
			if (times !== undefined) {
				waysToZero.begin(now());
				timeLeft.sampled(performance.now());
				const left = leftText(leftMsAt());
				return progress({ kind: "note", text: `${title}: ${answerText(times)}${left}` });
			}
			waysToZero.end(now());
			const usual: Usual = { ...usualOf(recorder.report(), profile.name), ...waysToZero.usual() };
			const look = () => {
				const start = recorder.starts.now();
				const leftMs = leftMsAt(performance.now());
				if (start === undefined) return undefined;
				const titled = start.copy === undefined ? title : `${title}, copy ${start.copy}`;
				return { title: titled, ...viewOf(start, usual, now()), ...(leftMs !== undefined && { leftMs }) };
			};
			progress({ kind: "step", text: title });
			progress({ kind: "watch", look });
		},
	};
}

const leftText = (leftMs: number | undefined) => (leftMs === undefined ? "" : `; about ${spell(leftMs)} left`);

function answerText({ error, status, sentAt, lastByteAt }: RequestTimes): string {
	if (error !== undefined || sentAt === undefined || lastByteAt === undefined) return error ?? "no answer";
	return `HTTP ${status}, ${(msBetween(BigInt(sentAt), BigInt(lastByteAt)) / 1000).toFixed(3)} s`;
}

/** How long the ways to zero took so far, on the client's clock. */
function openWaysToZero() {
	const tookMs: number[] = [];
	let begunAt: bigint | undefined;
	return {
		begin(at: bigint) {
			begunAt = at;
		},
		end(at: bigint) {
			if (begunAt !== undefined) tookMs.push(msBetween(begunAt, at));
			begunAt = undefined;
		},
		drop() {
			begunAt = undefined;
		},
		usual(): Pick<Usual, "zeroMs"> {
			const zeroMs = medianOf(tookMs);
			return zeroMs === undefined ? {} : { zeroMs };
		},
	};
}
