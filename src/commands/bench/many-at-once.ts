import { UsageError } from "../../errors.ts";
import type { BurstPlan } from "../../measure/bursts.ts";
import { namesOneCopy } from "../../measure/copies.ts";
import type { CrowdPlan } from "../../measure/crowds.ts";
import type { ProgressDisplay } from "../../output/progress.ts";
import type { Profile } from "../../profile/profile.ts";
import type { RequestTimes } from "../../recording/entries.ts";
import type { BenchOptions } from "./options.ts";

/** So many bursts of a size at least, for each of them has one slowest answer. */
const leastBursts = 3;
/** Many pods at once take long, and none of them may be given up for that. */
const burstTimeoutSeconds = 180;

/** How often a size is asked: about as many pods as a profile has cold starts, and some bursts at least. */
export const burstsOf = (size: number, iterations: number): number =>
	Math.max(leastBursts, Math.ceil(iterations / size));

/** What `--burst` asks for beside the cold starts of one service, which are the size 1. */
export function burstSizes({ burst = [] }: Pick<BenchOptions, "burst">): number[] {
	return [...new Set(burst)].filter((size) => size > 1).sort((a, b) => a - b);
}

/** What `--crowd` asks for beside the cold starts without any idle service, which are the size 0. */
export function crowdSizes({ crowd = [] }: Pick<BenchOptions, "crowd">): number[] {
	return [...new Set(crowd)].filter((size) => size > 0).sort((a, b) => a - b);
}

/** @throws UsageError where a profile's policies would miss all services but the first */
export function refuseManyOfOne(profiles: readonly Profile[], options: BenchOptions): void {
	if (burstSizes(options).length === 0 && (options.copies ?? 1) === 1) return;
	const option = burstSizes(options).length > 0 ? "--burst" : "--copies";
	for (const profile of profiles) {
		const naming = namesOneCopy(profile);
		if (naming === undefined) continue;
		throw new UsageError(`${option}: profile ${profile.name} is made for one service: ${naming}`, {
			hint: 'select the pods by the label knistio.dev/measured: "true", which every copy has',
		});
	}
}

/** What of a benchmark is there for many services; nothing where neither option is given. */
export function manyAtOnce(options: BenchOptions, { progress }: Pick<ProgressDisplay, "progress">): Many {
	const [bursts, crowds] = [burstSizes(options), crowdSizes(options)];
	return {
		...(bursts.length === 0 ? {} : burstsWith(options, bursts, progress)),
		...(crowds.length === 0 ? {} : { crowds: crowdsWith(options, crowds, progress) }),
	};
}

interface Many {
	bursts?: BurstPlan;
	atOnce?: number;
	requestTimeoutSeconds?: number;
	crowds?: Omit<CrowdPlan, "onAdded">;
}

type Progress = ProgressDisplay["progress"];

function burstsWith(options: BenchOptions, sizes: number[], progress: Progress): Many {
	const counts = new Map<string, number>();
	const repeats = (size: number) => burstsOf(size, options.iterations);
	return {
		atOnce: Math.max(...sizes),
		requestTimeoutSeconds: options.requestTimeoutSeconds ?? burstTimeoutSeconds,
		bursts: {
			sizes,
			repeats,
			next({ name }, size) {
				const count = (counts.get(`${name} ${size}`) ?? 0) + 1;
				counts.set(`${name} ${size}`, count);
				return count;
			},
			onBurst({ name }, { size, number }, times) {
				const text = `${name}: ${size} services at once, burst ${number} of ${repeats(size) * options.blocks}`;
				progress(
					times === undefined
						? { kind: "step", text }
						: { kind: "note", text: `${text}: ${answersOf(times, options.expectStatus ?? 200)}` },
				);
			},
		},
	};
}

/** `25 of 25 answered, the last after 12.103 s`. */
function answersOf(times: readonly RequestTimes[], expectStatus: number): string {
	const answered = times.filter(({ status, error }) => status === expectStatus && error === undefined);
	const sentAt = times.flatMap((each) => (each.sentAt === undefined ? [] : [BigInt(each.sentAt)]));
	const endedAt = answered.flatMap(({ lastByteAt }) => (lastByteAt === undefined ? [] : [BigInt(lastByteAt)]));
	const count = `${answered.length} of ${times.length} answered`;
	if (sentAt.length === 0 || endedAt.length === 0) return count;
	const first = sentAt.reduce((a, b) => (a < b ? a : b));
	const last = endedAt.reduce((a, b) => (a > b ? a : b));
	return `${count}, the last after ${(Number(last - first) / 1e9).toFixed(3)} s`;
}

function crowdsWith(
	{ namespace, image }: BenchOptions,
	sizes: number[],
	progress: Progress,
): Omit<CrowdPlan, "onAdded"> {
	return {
		sizes,
		namespace,
		image,
		onCrowd: ({ name }, size) =>
			progress({ kind: "step", text: `${name}: adding idle services until there are ${size}` }),
	};
}
