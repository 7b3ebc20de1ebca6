import type { EntryOf } from "../recording/entries.ts";
import type { Finding, Fingerprint, ProfileRun } from "../report/report.ts";

/** A profile that is being measured: what the recording said of it last, and what it comes to. */
export interface OpenProfile {
	profile: EntryOf<"profile">;
	result: ProfileRun;
	/** Of the last time that it was proven; before, not all is known of what is measured. */
	proven: Fingerprint | undefined;
}

/** The profiles of a run, each of which may be installed several times. */
export interface MeasuredProfiles {
	/** A profile that comes back goes on where it was. */
	begin(entry: EntryOf<"profile">): OpenProfile;
	of(name: string): OpenProfile | undefined;
	/** In the order in which the run asked for them. */
	inOrder(asked: readonly string[]): ProfileRun[];
}

/** No profile is measured yet. */
export function openMeasuredProfiles(): MeasuredProfiles {
	const opened = new Map<string, OpenProfile>();
	return {
		begin(entry) {
			const { profile, fingerprint, installMs } = entry;
			const known = opened.get(profile.name);
			const result: ProfileRun = known?.result ?? { profile, fingerprint, coldStarts: [], findings: [] };
			if (entry.isAsFound === true) result.isAsFound = true;
			const proven = entry.isUnproven === true ? known?.proven : fingerprint;
			if (entry.isUnproven !== true) {
				if (known?.proven === undefined) result.fingerprint = fingerprint;
				else result.findings.push(...changesOf(result.fingerprint, fingerprint));
			}
			if (installMs !== undefined) result.installMs = (result.installMs ?? 0) + installMs;
			const open = { profile: entry, result, proven };
			opened.set(profile.name, open);
			return open;
		},
		of: (name) => opened.get(name),
		inOrder(asked) {
			const place = ({ profile }: ProfileRun) => asked.indexOf(profile.name);
			return [...opened.values()].map(({ result }) => result).sort((a, b) => place(a) - place(b));
		},
	};
}

/** A profile that comes back must be the same, or its cold starts are not of one kind. */
function changesOf(before: Fingerprint, now: Fingerprint): Finding[] {
	const keys = [...new Set([...Object.keys(before), ...Object.keys(now)])].filter((key) => before[key] !== now[key]);
	if (keys.length === 0) return [];
	const changes = keys.map((key) => `${key} was ${before[key] ?? "absent"}, is ${now[key] ?? "absent"}`);
	const message = `another install of the profile is not the same: ${changes.join("; ")}`;
	return [
		{
			code: "fingerprint-changed",
			message,
			hint: "compare the cold starts of the two installs before you use their median",
		},
	];
}
