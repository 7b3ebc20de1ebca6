import type { Cluster } from "../cluster/cluster.ts";
import { describeRef } from "../cluster/cluster.ts";
import type { Lock } from "../install/lock.ts";
import { ownedBySelector } from "../install/ownership.ts";
import type { Clock } from "../install/task.ts";
import { uninstall } from "../install/uninstall.ts";
import type { Progress } from "../model/progress.ts";

/** What a run leaves, and how it is told. */
export interface CleanUpOptions {
	/** Leave everything for the next run or for a look. */
	keep: boolean;
	/** `knistio install` had put a profile there before; then only the service under test goes. */
	wasInstalled: boolean;
	namespace: string;
	lock: Lock;
	progress: Progress;
	clock: Clock;
	timeoutMs: number;
}

/**
 * Ends a run on the cluster, also an interrupted one: removes what it made, restores what it changed, and says what it
 * had to leave. A failure here is told and does not hide the run's own outcome.
 */
export async function cleanUp(cluster: Cluster, options: CleanUpOptions): Promise<void> {
	const { keep, wasInstalled, lock, progress, clock, timeoutMs } = options;
	const note = (text: string) => progress({ kind: "note", text });
	try {
		if (wasInstalled) await removeService(cluster, options);
		else if (keep) note("left on the cluster as asked; `knistio clean` removes it");
		else {
			const { kept, notes } = await uninstall(cluster, { lock, timeoutMs, progress, clock });
			for (const { ref, reason } of kept) note(`left ${describeRef(ref)}: ${reason}`);
			for (const text of notes) note(text);
		}
	} catch (error) {
		note(`could not clean up: ${(error as Error).message}\nhint: \`knistio clean\` goes on where this ended`);
	} finally {
		await lock.release().catch(() => {});
	}
}

async function removeService(cluster: Cluster, { namespace, keep, progress }: CleanUpOptions): Promise<void> {
	if (keep) return;
	progress({ kind: "step", text: "removing the service under test" });
	for (const [apiVersion, kind] of [
		["serving.knative.dev/v1", "Service"],
		["v1", "Pod"],
	] as const) {
		const objects = await cluster.list({ apiVersion, kind, namespace, labelSelector: ownedBySelector });
		await Promise.all(objects.map(({ metadata: { name } }) => cluster.remove({ apiVersion, kind, namespace, name })));
	}
}
