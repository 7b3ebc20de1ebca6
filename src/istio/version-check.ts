import { UsageError } from "../errors.ts";
import type { Profile } from "../profile/profile.ts";
import { isInRange } from "../profile/version-range.ts";

/** Refuses an Istio of another version than the profile is written for. `whose` version it is is for the message. */
export function requireVersion(profile: Profile, version: string, whose: string): void {
	const range = profile.istio.version;
	if (range === undefined) return;
	const fits = isInRange(version, range);
	if (fits) return;
	const is = fits === undefined ? `"${version}", which cannot be compared` : version;
	throw new UsageError(`profile ${profile.name} is written for Istio ${range}, but ${whose} is ${is}`, {
		hint: `use an Istio ${range}, or change \`istio.version\` in a copy of the profile`,
	});
}
