import { UsageError } from "../errors.ts";
import type { Fingerprint, Report } from "../report/report.ts";

/** One thing that was not the same when two reports were made. */
export interface FingerprintDifference {
	profile: string;
	key: string;
	before: string | undefined;
	after: string | undefined;
}

/** What is known of what a report measured, perhaps before it is one. */
export interface Measured {
	simulated?: Report["simulated"] | undefined;
	profiles: readonly { profile: { name: string }; fingerprint: Fingerprint }[];
}

/**
 * Keys that are recorded and not compared: knistio chooses the request's limit by the first start-up, which takes a
 * second more or less, and a start that is cut off by it counts as failed.
 */
const notCompared = ["request-timeout"];

/** What differs between the profiles that two reports share; the first is the older one. */
export function fingerprintDifferences(before: Measured, after: Measured): FingerprintDifference[] {
	return after.profiles.flatMap((run) => {
		const other = before.profiles.find((candidate) => candidate.profile.name === run.profile.name);
		if (other === undefined) return [];
		const [a, b] = [completed(other.fingerprint, before), completed(run.fingerprint, after)];
		return [...new Set([...Object.keys(a), ...Object.keys(b)])]
			.filter((key) => a[key] !== b[key] && !notCompared.includes(key))
			.map((key) => ({ profile: run.profile.name, key, before: a[key], after: b[key] }));
	});
}

/** A simulated cluster is as different from a real one as anything can be. */
function completed(fingerprint: Fingerprint, { simulated }: Measured): Fingerprint {
	return {
		...fingerprint,
		simulated: simulated === undefined ? "no" : `${simulated.model} at speed ${simulated.speed}`,
	};
}

/** How the measured is held against its baseline. */
export interface Likeness {
	/** Keys of the fingerprint that may differ. */
	allowed: readonly string[];
	/** Whether only the keys that are known by now are compared; those of the baseline that are not may yet come. */
	isPartial?: boolean;
}

/**
 * Refuses to compare reports of different things.
 *
 * Throws a `UsageError` with a line for each difference whose key is not allowed.
 */
export function refuseDifferent(
	baseline: readonly Measured[],
	measured: Measured,
	{ allowed, isPartial = false }: Likeness,
): void {
	const differences = baseline
		.flatMap((other) => fingerprintDifferences(other, measured))
		.filter(({ key, after }) => !allowed.includes(key) && !(isPartial && after === undefined));
	if (differences.length === 0) return;
	const lines = new Set(
		differences.map(
			({ profile, key, before, after }) => `  ${profile}: ${key}: ${before ?? "none"} → ${after ?? "none"}`,
		),
	);
	const flags = [...new Set(differences.map(({ key }) => `--allow-different ${quoted(key)}`))].join(" ");
	throw new UsageError(`the baseline measured something else:\n${[...lines].join("\n")}`, {
		hint: `make a new baseline, or compare all the same with ${flags}`,
	});
}

function quoted(key: string): string {
	return /^[\w./-]+$/.test(key) ? key : `'${key}'`;
}
