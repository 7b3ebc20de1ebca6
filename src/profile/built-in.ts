import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The profiles that come with knistio: those of the talk in its order, and the one that came after it. */
export const builtInProfiles = ["full", "full-cni", "no-policy", "minimal", "ambient"] as const;

/** The file of a built-in profile; undefined for any other name. */
export function builtInFile(name: string): string | undefined {
	return builtInProfiles.some((known) => known === name) ? join(profilesFolder(), `${name}.yaml`) : undefined;
}

/** The folder `profiles` beside package.json: two levels up from this source, one from the bundle in dist. */
function profilesFolder(): string {
	let folder = dirname(fileURLToPath(import.meta.url));
	while (!existsSync(join(folder, "package.json"))) {
		const parent = dirname(folder);
		if (parent === folder) throw new Error(`no package.json above ${import.meta.url}`);
		folder = parent;
	}
	return join(folder, "profiles");
}
