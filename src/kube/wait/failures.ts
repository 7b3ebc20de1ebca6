import { ClusterError } from "../../errors.ts";
import { listed } from "../../text/listed.ts";
import { describeRef, type ObjectRef } from "../api/cluster.ts";
import { ApiError } from "../http/api-error.ts";
import { hintOnWebhook, webhookIn } from "./patience.ts";
import { inParallel, type Task } from "./task.ts";

/** An object that could not be removed or put back, and why. */
export interface Failure {
	ref: ObjectRef;
	error: ClusterError;
}

/**
 * Does something to each object; a failure that concerns one of them alone does not stop the others.
 * @throws whatever concerns all of them: an interruption, a cluster that cannot be reached, credentials that ran out
 */
export async function forEach<Item>(
	task: Task,
	items: readonly Item[],
	work: { refOf: (item: Item) => ObjectRef; run: (item: Item) => Promise<void> },
): Promise<Failure[]> {
	const failures: Failure[] = [];
	await inParallel(items, async (item) => {
		try {
			await work.run(item);
		} catch (error) {
			failures.push({ ref: work.refOf(item), error: ofOneObject(task, error) });
		}
	});
	return failures;
}

/** The error where it concerns one object alone; otherwise it is thrown. */
export function ofOneObject(task: Task, error: unknown): ClusterError {
	if (task.signal?.aborted || !(error instanceof ClusterError)) throw error;
	if (error instanceof ApiError && (error.status === undefined || error.status === 401)) throw error;
	return error;
}

/** What a clean-up could not do, in one error. */
export function undoneError(failures: readonly Failure[]): ClusterError {
	const texts = failures.map(({ ref, error }) => {
		const name = describeRef(ref);
		return error.message.includes(name) ? error.message : `${name}: ${error.message}`;
	});
	const webhook = texts.map(webhookIn).find((name) => name !== undefined);
	const again = "`knistio clean` goes on where this ended";
	const hint = webhook === undefined ? (failures[0]?.error.hint ?? again) : `${hintOnWebhook(webhook)}; then ${again}`;
	return new ClusterError(`not everything could be undone: ${listed([...new Set(texts)])}`, {
		cause: failures[0]?.error,
		hint,
	});
}
