import { describeRef } from "../cluster/cluster.ts";
import type { Context } from "../context.ts";
import { type ExitCode, exitCodes } from "../errors.ts";
import { planInstall, planLines } from "../install/plan.ts";
import { installProfile } from "../install/profile-install.ts";
import { type IstioSource, renderIstio } from "../install/render.ts";
import { requireRights } from "../install/rights.ts";
import { uninstall as uninstallAll } from "../install/uninstall.ts";
import { listed } from "../install/wording.ts";
import { openProgress } from "../output/progress.ts";
import { spell } from "../output/units.ts";
import { substitute } from "../profile/effective.ts";
import { loadProfiles } from "../profile/load.ts";
import { readKnativeManifests } from "./knative-manifests.ts";

/** Which cluster, and how long each wait may take. */
export interface ClusterOptions {
	kubeconfig?: string;
	context?: string;
	timeoutMs: number;
}

export interface InstallOptions extends ClusterOptions {
	profile: string;
	namespace: string;
	/** For the external authorizer of profiles with a policy. */
	image: string;
	source: IstioSource;
	knativeManifests: string[];
	dryRun: boolean;
}

/** `knistio install`: one profile onto the cluster, to stay there until `uninstall`. */
export async function install(options: InstallOptions, context: Context): Promise<ExitCode> {
	const [loaded] = await loadProfiles([options.profile]);
	if (loaded === undefined) return exitCodes.usage;
	const profile = substitute(loaded, options.namespace);
	const knativeObjects = await readKnativeManifests(options.knativeManifests);
	const cluster = await context.openCluster(options);
	const display = openProgress(context);
	try {
		const { signal } = context;
		const [{ objects }] = await Promise.all([
			renderIstio(profile, options.source, { signal }),
			requireRights(cluster, signal),
		]);
		const request = {
			profile,
			istioObjects: objects,
			...(knativeObjects === undefined ? {} : { knativeObjects }),
			namespace: options.namespace,
			authorizerImage: options.image,
			timeoutMs: options.timeoutMs,
			signal,
			progress: display.progress,
			isToStay: true,
		};
		if (options.dryRun) {
			context.stdout(`${planLines(await planInstall(cluster, request)).join("\n")}\n`);
			return exitCodes.ok;
		}
		const { changed, installMs, istioVersion, knative, kept } = await installProfile(cluster, request);
		display.clear();
		for (const { ref, reason } of kept) context.stderr(`kept ${describeRef(ref)}: ${reason}\n`);
		const what = `${profile.name}: Istio ${istioVersion ?? "of unknown version"}, Knative ${knative.version ?? "of unknown version"}`;
		context.stdout(changed ? `${what}, ready after ${spell(installMs)}\n` : `${what}, already there\n`);
		return exitCodes.ok;
	} finally {
		display.clear();
		cluster.close();
	}
}

export interface UninstallOptions extends ClusterOptions {
	/** Even while another run seems to use the cluster. */
	force: boolean;
}

/** `knistio uninstall` and `knistio clean`: all that knistio put there goes, all that it changed is put back. */
export async function uninstall(options: UninstallOptions, context: Context): Promise<ExitCode> {
	const cluster = await context.openCluster(options);
	const display = openProgress(context);
	try {
		const { removed, kept, restored, notes, unseen } = await uninstallAll(cluster, {
			timeoutMs: options.timeoutMs,
			force: options.force,
			signal: context.signal,
			progress: display.progress,
		});
		display.clear();
		for (const text of notes) context.stderr(`${text}\n`);
		for (const { ref, reason } of kept) context.stderr(`left ${describeRef(ref)}: ${reason}\n`);
		const isNothing = removed.length === 0 && restored === 0;
		const isUnsure = unseen.length > 0;
		if (isUnsure) {
			context.stderr(`it is not known whether something is left of: ${listed(unseen)}\n`);
			context.stderr("hint: run `knistio clean` again when the API server can list these\n");
		}
		context.stdout(
			isNothing
				? `nothing of knistio's ${isUnsure ? "was found where it could look" : "is there"}\n`
				: `removed ${removed.length} objects, restored ${restored} settings\n`,
		);
		return isUnsure || kept.some(({ reason }) => reason !== "") ? exitCodes.cluster : exitCodes.ok;
	} finally {
		display.clear();
		cluster.close();
	}
}
