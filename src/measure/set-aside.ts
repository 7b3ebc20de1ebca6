import { ClusterError } from "../errors.ts";
import type { Session } from "../kube/wait/task.ts";
import type { Profile } from "../profile/profile.ts";
import type { Untimed } from "../recording/entries.ts";

/** Variants that are being worked on. */
export interface Tried {
	profiles: readonly Profile[];
	/** Gets those that cannot be measured. */
	setAside: Set<Profile>;
	/** Gets them too, for they need no more rounds. */
	ended: Set<Profile>;
	record(entry: Untimed): void;
}

/**
 * Does what may fail. Where the cluster cannot do it for a variant, the variant is set aside, which is recorded, and the
 * others go on: a knob that one cluster does not have must not cost the measurements of all the others.
 * @returns undefined where the variants were set aside
 * @throws whatever the work throws, where one of the profiles is no variant or the run was ended
 */
export async function unlessSetAside<T>(
	{ signal, progress }: Pick<Session, "signal" | "progress">,
	{ profiles, setAside, ended, record }: Tried,
	work: () => Promise<T>,
): Promise<T | undefined> {
	try {
		return await work();
	} catch (error) {
		const mayGoOn = error instanceof ClusterError && !signal.aborted;
		if (!mayGoOn || profiles.some(({ variant }) => variant === undefined)) throw error;
		for (const profile of profiles) {
			setAside.add(profile);
			ended.add(profile);
			record({ kind: "set-aside", profile: profile.name, reason: error.message });
			progress({ kind: "note", text: `${profile.name} is not measured: ${error.message}` });
		}
		return undefined;
	}
}
