import { readCheckedYaml } from "./checked-yaml.ts";
import { type Profile, profileSchema } from "./profile.ts";

const hint = "`knistio profiles show full` prints a complete profile; profiles/README.md explains every field";

/**
 * Reads a profile. All that is wrong with it comes in one UsageError, one line a complaint:
 * `file:line:column: field.path: what is wrong`.
 */
export function parseProfile(text: string, file: string): Profile {
	return readCheckedYaml({
		text,
		file,
		noun: "a profile",
		schema: profileSchema,
		hint,
	}).value;
}
