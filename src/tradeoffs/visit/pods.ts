import type { Session } from "../../kube/wait/task.ts";
import { type LiveState, openLiveState } from "../../recording/live-state.ts";

/** What the pods of a namespace are like, looked at again and again. */
export interface FollowedPods {
	state: LiveState;
	stop(): Promise<void>;
}

const gapMs = 400;

/** Follows the pods of a namespace by lists: no time of theirs is measured here, so no watch is needed. */
export async function followPods(session: Session, namespace: string): Promise<FollowedPods> {
	const { cluster, clock } = session;
	const ended = new AbortController();
	const signal = AbortSignal.any([session.signal, ended.signal]);
	const state = openLiveState();
	const look = async () => {
		const objects = await cluster.list({ apiVersion: "v1", kind: "Pod", namespace }, signal);
		state.add({
			kind: "listed",
			at: "0",
			watch: "pods",
			objects,
			afterGap: false,
		});
	};
	const follow = async () => {
		while (!signal.aborted) {
			// A look that fails is one that has not seen anything new.
			await look().catch(() => {});
			await clock.sleep(gapMs, signal).catch(() => {});
		}
	};
	await look();
	const following = follow();
	return {
		state,
		async stop() {
			ended.abort();
			await following;
		},
	};
}
