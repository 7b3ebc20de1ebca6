import { systemClock } from "../clock/clock.ts";
import type { Context } from "../context/context.ts";
import { type ExitCode, exitCodes, InterruptedError } from "../errors.ts";
import { planInstall, planLines } from "../install/plan.ts";
import { requireRights } from "../install/rights.ts";
import { readState } from "../install/state/store.ts";
import { uninstall as uninstallAll } from "../install/uninstall.ts";
import { type IstioSource, renderIstio } from "../istio/render.ts";
import { removeJobIfAllowed } from "../job/removal.ts";
import { readKnativeManifests } from "../knative/manifest-files.ts";
import { type Cluster, describeRef } from "../kube/api/cluster.ts";
import { newTask, type Session } from "../kube/wait/task.ts";
import { openProgress, type ProgressDisplay } from "../output/progress.ts";
import { spell } from "../output/words/units.ts";
import { substitute } from "../profile/effective.ts";
import { loadProfiles } from "../profile/load.ts";
import { listed } from "../text/listed.ts";
import { installationFor, installTelling } from "./bench/installing.ts";

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
		const [istio] = await Promise.all([
			renderIstio(profile, options.source, { signal }),
			requireRights(cluster, signal),
		]);
		const session = sessionOn(cluster, { context, options, display });
		const what = installationFor(profile, istio, { ...options, knativeObjects, progress: display.progress });
		if (options.dryRun) {
			context.stdout(`${planLines(await planInstall(session, what)).join("\n")}\n`);
			return exitCodes.ok;
		}
		const { changed, installMs, istioVersion, knative } = await installTelling(session, what, {
			isToStay: true,
		}).catch(async (error) => {
			display.clear();
			context.stderr(await leftBy(cluster));
			throw error;
		});
		display.clear();
		const done = `${profile.name}: Istio ${istioVersion ?? "of unknown version"}, Knative ${knative.version ?? "of unknown version"}`;
		context.stdout(changed ? `${done}, ready after ${spell(installMs)}\n` : `${done}, already there\n`);
		return exitCodes.ok;
	} finally {
		display.clear();
		cluster.close();
	}
}

function sessionOn(
	cluster: Cluster,
	{ context, options, display }: { context: Context; options: ClusterOptions; display: ProgressDisplay },
): Session {
	const { signal } = context;
	return { cluster, signal, clock: systemClock, progress: display.progress, timeoutMs: options.timeoutMs };
}

/** How long it may take to look at what a failed install has left. */
const lookTimeoutMs = 3_000;

/** What an install that did not come to its end has left, and what takes it away; nothing where it left nothing. */
async function leftBy(cluster: Cluster): Promise<string> {
	const remedy = "`knistio uninstall` (or `knistio clean`) removes what is left and restores what was changed";
	try {
		const { inventory, journal } = await readState(cluster, AbortSignal.timeout(lookTimeoutMs));
		if (inventory.length === 0 && journal.length === 0) return "";
		const parts = [
			...(inventory.length === 0 ? [] : [`up to ${amount(inventory.length, "object")} that knistio makes`]),
			...(journal.length === 0 ? [] : [`${amount(journal.length, "setting")} that it changed`]),
		];
		return `left on the cluster: ${parts.join(" and ")}; ${remedy}\n`;
	} catch {
		return `not known what is left on the cluster; ${remedy}\n`;
	}
}

const amount = (count: number, what: string) => `${count} ${what}${count === 1 ? "" : "s"}`;

export interface UninstallOptions extends ClusterOptions {
	/** Even while another run seems to use the cluster. */
	force: boolean;
}

/** `knistio uninstall` and `knistio clean`: all that knistio put there goes, all that it changed is put back. */
export async function uninstall(options: UninstallOptions, context: Context): Promise<ExitCode> {
	const cluster = await context.openCluster(options);
	const display = openProgress(context);
	try {
		const session = sessionOn(cluster, { context, options, display });
		const { removed, kept, restored, notes, unseen } = await removeAll(session, options.force).catch((error) => {
			display.clear();
			if (error instanceof InterruptedError) {
				context.stderr("some of it may be left; `knistio clean` goes on where this ended\n");
			}
			throw error;
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

/** What a bench has left, and then its Job: while that is at work it holds the lock, and is refused or loses it. */
async function removeAll(session: Session, force: boolean) {
	const undone = await uninstallAll(session, { force });
	const { removed, kept, unseen } = await removeJobIfAllowed(newTask(session));
	return {
		...undone,
		removed: [...undone.removed, ...removed],
		kept: [...undone.kept, ...kept],
		notes: [...undone.notes, ...unseen.map((what) => `could not look for ${what}`)],
		unseen: [...undone.unseen, ...unseen],
	};
}
