import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "../errors.ts";
import { parseManifests } from "../kube/objects/manifests.ts";
import type { Profile } from "../profile/profile.ts";
import { inTemporaryFolder, lastWords, linesOf, type Rendered, runRenderer } from "./renderer.ts";
import type { RunProcess } from "./run-process.ts";
import { type IstioSettings, operatorDocument, readSettings } from "./settings.ts";
import { requireVersion } from "./version-check.ts";

/** How istioctl is called. */
export interface IstioctlCall extends IstioSettings {
	profile: Profile;
	/** A path, or a name to be found on PATH. */
	istioctl: string;
	run: RunProcess;
	signal?: AbortSignal | undefined;
}

/**
 * The objects that `istioctl manifest generate` makes of a profile. The user's overlays and settings win over the
 * profile. A missing istioctl, one of another version than the profile is written for, and what it refuses is a
 * {@link UsageError}.
 */
export async function renderWithIstioctl(call: IstioctlCall): Promise<Rendered> {
	const { profile, istioctl, run, signal } = call;
	const settings = await readSettings(call);
	const version = await istioctlVersion(istioctl, run, signal);
	requireVersion(profile, version, "istioctl");
	return inTemporaryFolder(async (folder) => {
		const file = join(folder, "profile.json");
		await writeFile(file, JSON.stringify(operatorDocument(profile), undefined, 1));
		const files = [file, ...settings.operatorFiles.map(({ path }) => path)];
		const args = [
			...["manifest", "generate"],
			...files.flatMap((path) => ["--filename", path]),
			...settings.sets.flatMap((setting) => ["--set", setting]),
		];
		const result = await runRenderer({ program: "istioctl", file: istioctl, args, run, signal });
		if (result.code !== 0) {
			throw new UsageError(`profile ${profile.name}: istioctl manifest generate failed: ${lastWords(result)}`, {
				hint: "see the profile's `istio` section, --istio-overlay and --istio-set",
			});
		}
		return {
			objects: parseManifests(result.stdout, "istioctl's output"),
			version,
			warnings: linesOf(result.stderr),
		};
	});
}

/** The version of an istioctl, such as `1.30.3`; no cluster is asked. */
export async function istioctlVersion(istioctl: string, run: RunProcess, signal?: AbortSignal): Promise<string> {
	const args = ["version", "--remote=false", "--output", "json"];
	const result = await runRenderer({ program: "istioctl", file: istioctl, args, run, signal });
	const version = result.code === 0 ? versionIn(result.stdout) : undefined;
	if (version === undefined) {
		throw new UsageError(`${istioctl} does not tell its version as istioctl does: ${lastWords(result)}`, {
			hint: "name Istio's own client with --istioctl",
		});
	}
	return version;
}

function versionIn(text: string): string | undefined {
	try {
		const answer: { clientVersion?: { version?: unknown } } | null = JSON.parse(text);
		const version = answer?.clientVersion?.version;
		return typeof version === "string" && version !== "" ? version : undefined;
	} catch {
		return undefined;
	}
}
