import type { Took } from "../report/tradeoffs.ts";

/** `full: probes took 58.2 s: deploying 9.8 s, memory of the sidecar 0.1 s, …`; those that ran at once do not add up. */
export function tookWords(profile: string, { ms, parts }: Took): string {
	const each = parts.map((part) => `${part.title} ${inSeconds(part.ms)}`).join(", ");
	return `${profile}: probes took ${inSeconds(ms)}: ${each}`;
}

/** The same of all profiles of which it is known. */
export function tookOf(rows: readonly { profile: string; took?: Took | undefined }[]): string[] {
	return rows.flatMap(({ profile, took }) => (took === undefined ? [] : tookWords(profile, took)));
}

const inSeconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
