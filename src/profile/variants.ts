import { UsageError } from "../errors.ts";
import { builtInVariants } from "./built-in.ts";
import { loadProfiles, type ReadText, requireVariantName } from "./load.ts";
import type { Profile } from "./profile.ts";

/** Stands for every built-in variant of the profiles that are measured. */
export const allVariants = "all";

/**
 * The profiles that the user named, and then the variants: names, files, or {@link allVariants}. A variant is compared
 * with the profile that it is one of, so that one must be among the profiles.
 * @throws UsageError for a variant that is none, or whose profile is not measured
 */
export async function loadWithVariants(
	names: readonly string[],
	variants: readonly string[],
	read?: ReadText,
): Promise<Profile[]> {
	if (variants.length === 0) return loadProfiles(names, read);
	const profiles = await loadProfiles(names, read);
	const named = variants.filter((name) => name !== allVariants);
	for (const name of named) requireVariantName(name);
	const every = variants.includes(allVariants) ? await allOf(profiles, [...names, ...named], read) : [];
	const all = await loadProfiles([...names, ...named, ...every], read);
	for (const [index, name] of named.entries()) requireBase(all[names.length + index], name, all);
	return all;
}

/** The built-in variants of the profiles that were not named already. */
async function allOf(
	profiles: readonly Profile[],
	named: readonly string[],
	read: ReadText | undefined,
): Promise<string[]> {
	const bases = profiles.map(({ name }) => name);
	const known = await loadProfiles(builtInVariants, read);
	const fitting = known.filter(({ variant }) => variant !== undefined && bases.includes(variant.of));
	if (fitting.length === 0) {
		const of = [...new Set(known.flatMap(({ variant }) => variant?.of ?? []))].join(", ");
		throw new UsageError(`--variants ${allVariants}: there is no variant of ${bases.join(", ")}`, {
			hint: `the built-in variants are of ${of}: add --profile ${of}`,
		});
	}
	return fitting.map(({ name }) => name).filter((name) => !named.includes(name));
}

function requireBase(profile: Profile | undefined, name: string, profiles: readonly Profile[]): void {
	const of = profile?.variant?.of;
	if (of === undefined) {
		throw new UsageError(`--variants ${name}: the profile does not say what it is a variant of`, {
			hint: "measure it with --profile, or add `variant` to its file; profiles/README.md has an example",
		});
	}
	if (profiles.some((other) => other.name === of)) return;
	throw new UsageError(`--variants ${name}: it is a variant of ${of}, which is not measured`, {
		hint: `add --profile ${of}`,
	});
}
