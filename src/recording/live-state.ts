import { startTimer } from "../clock/timer.ts";
import type { KubeObject } from "../kube/api/cluster.ts";
import type { Entry, WatchedKind } from "./entries.ts";

/** What the watches last said of every object, and a way to wait for a state of it without asking the API again. */
export interface LiveState {
	/** Takes an entry in; entries that are not of a watch are ignored. */
	add(entry: Entry): void;
	objects(kind: WatchedKind): KubeObject[];
	/**
	 * Resolves with the first value that is not undefined, tried now and after every change.
	 * @throws the signal's reason, or what `onTimeout` makes after `timeoutMs`
	 */
	until<T>(look: (state: LiveState) => T | undefined, limits: WaitLimits): Promise<T>;
}

/** How long to wait, and what it means when it was too long. */
export interface WaitLimits {
	timeoutMs: number;
	signal: AbortSignal;
	onTimeout(state: LiveState): Error;
}

/** As `until`, where what does not come in time is no error: it resolves with undefined. */
export async function untilLate<T>(
	state: LiveState,
	look: (state: LiveState) => T | undefined,
	limits: Omit<WaitLimits, "onTimeout">,
): Promise<T | undefined> {
	const late = new Error("late");
	return state.until(look, { ...limits, onTimeout: () => late }).catch((error) => {
		if (error !== late) throw error;
		return undefined;
	});
}

/** Opens an empty state. */
export function openLiveState(): LiveState {
	const known = new Map<WatchedKind, Map<string, KubeObject>>();
	const listeners = new Set<() => void>();
	const ofKind = (kind: WatchedKind) => {
		const objects = known.get(kind) ?? new Map<string, KubeObject>();
		known.set(kind, objects);
		return objects;
	};
	const keyOf = ({ metadata }: KubeObject) => metadata.uid ?? metadata.name;

	const state: LiveState = {
		add(entry) {
			// Events are read from the recording; as a state they mean nothing and would only fill memory.
			if ((entry.kind !== "watch" && entry.kind !== "listed") || entry.watch === "events") return;
			const objects = ofKind(entry.watch);
			if (entry.kind === "listed") {
				objects.clear();
				for (const object of entry.objects) objects.set(keyOf(object), object);
			} else if (entry.type === "DELETED") objects.delete(keyOf(entry.object));
			else objects.set(keyOf(entry.object), entry.object);
			for (const listener of [...listeners]) listener();
		},
		objects: (kind) => [...ofKind(kind).values()],
		until(look, { timeoutMs, signal, onTimeout }) {
			return new Promise((resolve, reject) => {
				const finish = (settle: () => void) => {
					listeners.delete(check);
					stop();
					signal.removeEventListener("abort", onAbort);
					settle();
				};
				const check = () => {
					try {
						const found = look(state);
						if (found !== undefined) finish(() => resolve(found));
					} catch (error) {
						finish(() => reject(error));
					}
				};
				const onAbort = () => finish(() => reject(signal.reason));
				const stop = startTimer(timeoutMs, () => finish(() => reject(onTimeout(state))));
				signal.addEventListener("abort", onAbort);
				listeners.add(check);
				if (signal.aborted) onAbort();
				else check();
			});
		},
	};
	return state;
}
