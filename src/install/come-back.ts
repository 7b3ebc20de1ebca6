import { refOf } from "../kube/api/cluster.ts";
import { keyOf } from "../kube/objects/ownership.ts";
import { undoneError } from "../kube/wait/failures.ts";
import { newTask, type Session } from "../kube/wait/task.ts";
import { installProfile } from "./install.ts";
import { type Removal, removeObjects } from "./removal/remove.ts";
import type { Standing } from "./standing.ts";
import type { Lock } from "./state/lock.ts";
import { openState, withoutInventory } from "./state/store.ts";
import { type Installation, wantedObjects } from "./wanted.ts";

/**
 * Brings back what `knistio install` had put there before a bench: installs it again, which leaves alone what is as it
 * should be, and removes what only the bench needed, such as another namespace.
 * @returns whether anything of Istio or Knative had to be changed, and what could not be removed
 * @throws ClusterError
 */
export async function comeBackTo(
	session: Session,
	standing: Standing,
	lock: Lock,
): Promise<{ changed: boolean; kept: Removal["kept"] }> {
	const what: Installation = { ...standing, useInstalled: false };
	const { changed, kept } = await installProfile(session, what, { lock, isToStay: true });
	const store = await openState(session);
	const wanted = new Set(wantedObjects(what).workload.map((object) => keyOf(refOf(object))));
	const extra = store.current.inventory
		.filter(({ part, ref }) => part === "workload" && !wanted.has(keyOf(ref)))
		.map(({ ref }) => ref);
	if (extra.length === 0) return { changed, kept };
	const removal = await removeObjects(newTask(session), extra);
	if (removal.failed.length > 0) throw undoneError(removal.failed);
	const left = new Set(removal.kept.map(({ ref }) => keyOf(ref)));
	await store.update((state) =>
		withoutInventory(
			state,
			extra.filter((ref) => !left.has(keyOf(ref))),
		),
	);
	return { changed, kept: [...kept, ...removal.kept] };
}
