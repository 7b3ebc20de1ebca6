import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The profiles that come with knistio: those of the talk in its order, and the one that came after it. */
export const builtInProfiles = ["full", "full-cni", "no-policy", "minimal", "ambient"] as const;

/** The variants that come with knistio, each a file of its name in profiles/variants. */
export const builtInVariants = [
	"classic",
	"hold",
	"probe",
	"proxy-cpu",
	"concurrency",
	"outbound",
	"no-dns-capture",
	"queue-cpu",
	"egress",
	"discovery",
	"manual",
] as const;

/** The file of a built-in profile or variant; undefined for any other name. */
export function builtInFile(name: string): string | undefined {
	if (builtInProfiles.some((known) => known === name)) return join(profilesFolder(), `${name}.yaml`);
	if (builtInVariants.some((known) => known === name)) return join(profilesFolder(), "variants", `${name}.yaml`);
	return undefined;
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
