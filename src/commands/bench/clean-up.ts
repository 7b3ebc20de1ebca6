import { ClusterError, KnistioError } from "../../errors.ts";
import { comeBackTo } from "../../install/come-back.ts";
import { removeWorkloadsIn } from "../../install/removal/workloads.ts";
import { readStanding, type Standing } from "../../install/standing.ts";
import type { Lock } from "../../install/state/lock.ts";
import { ownerOf, readState } from "../../install/state/store.ts";
import { uninstall } from "../../install/uninstall.ts";
import { describeRef } from "../../kube/api/cluster.ts";
import type { Session } from "../../kube/wait/task.ts";

/** Whose the cluster's profile was before the run: what the run comes back to in the end. */
export type Before =
	/** Nothing, or what a bench left there that was killed or asked to keep it: all goes. */
	| { kind: "nobody" }
	/** `knistio install` put it there to stay. */
	| { kind: "install"; standing: Standing }
	/** An older knistio put it there, or its record is lost: nobody can tell whether it may go. */
	| { kind: "unknown" };

/** Finds out what to come back to. */
export async function lookBefore({ cluster, signal }: Pick<Session, "cluster" | "signal">): Promise<Before> {
	const owner = ownerOf(await readState(cluster, signal));
	if (owner === "unknown") return { kind: "unknown" };
	if (owner !== "install") return { kind: "nobody" };
	const standing = await readStanding(cluster, signal);
	return standing === undefined ? { kind: "unknown" } : { kind: "install", standing };
}

/** What the end of a run will do, or did, in words. */
export function endInWords(before: Before, keep: boolean): string {
	if (keep && before.kind === "install") {
		const { name } = before.standing.profile;
		return `leave all of this in place of ${name}, which \`knistio install\` put there; the next bench without --keep brings ${name} back`;
	}
	if (keep) return "leave all of this; `knistio clean` removes it, and so does the next bench without --keep";
	if (before.kind === "install") {
		return `remove the service and bring back ${before.standing.profile.name}, which \`knistio install\` put there`;
	}
	if (before.kind === "nobody") return "remove all of this and restore what was changed";
	return "remove the service and leave the rest: an older knistio may have put it there to stay; `knistio clean` removes it";
}

/** What a run leaves. */
interface End {
	/** Leave everything for the next run or for a look. */
	keep: boolean;
	before: Before;
	namespace: string;
	lock: Lock;
}

/**
 * Ends a run on the cluster, also an interrupted one: removes what it made, restores what it changed, brings back what
 * `install` had put there, and says what it had to leave.
 * @param session whose signal must not end with the run: see `uninterrupted`
 * @returns why it could not, for the caller to say as the last thing; undefined if all is done
 */
export async function cleanUp(session: Session, end: End): Promise<ClusterError | undefined> {
	const { lock } = end;
	const lost = () =>
		new ClusterError("nothing more was cleaned up: another knistio has taken over the cluster, and may be using it", {
			hint: "when that one has ended, `knistio clean` removes what is left",
		});
	if (lock.lost.aborted) return lost();
	try {
		await endOn(session, end);
		return undefined;
	} catch (error) {
		if (lock.lost.aborted) return lost();
		const own = error instanceof KnistioError && error.hint !== undefined ? `; ${error.hint}` : "";
		return new ClusterError(`could not clean up, and the cluster is still changed: ${messageOf(error)}`, {
			cause: error,
			hint: `\`knistio clean\` goes on where this ended${own}`,
		});
	} finally {
		await lock.release().catch(() => {});
	}
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

async function endOn(session: Session, end: End): Promise<void> {
	const { keep, before, lock } = end;
	const note = (text: string) => session.progress({ kind: "note", text });
	if (keep) return note(`as asked: ${endInWords(before, keep)}`);
	if (before.kind === "nobody") {
		const { kept, notes, unseen } = await uninstall(session, { lock });
		for (const { ref, reason } of kept) note(`left ${describeRef(ref)}: ${reason}`);
		for (const text of notes) note(text);
		if (unseen.length > 0) {
			throw new ClusterError(`it is not known whether something is left of ${unseen.join(", ")}`);
		}
		return;
	}
	await removeWorkloadsIn(session, end.namespace);
	if (before.kind === "unknown") return note(`at the end: ${endInWords(before, keep)}`);
	const { changed, kept } = await comeBackTo(session, before.standing, lock);
	for (const { ref, reason } of kept) note(`left ${describeRef(ref)}: ${reason}`);
	note(
		`${before.standing.profile.name}, which \`knistio install\` put there, ${changed ? "is there again" : "is there as it was"}`,
	);
}
