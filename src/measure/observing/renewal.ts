/** New credentials, asked for once by all who are refused at the same time. */
export interface Renewal {
	/** Resolves when there are new credentials, or after a stop. */
	wait(): Promise<void>;
	/** There are new credentials: everybody who waits goes on. */
	finish(): void;
}

/** @param ask asks for new credentials @param stopped after this none come, and nobody waits any more */
export function openRenewal(ask: () => void, stopped: AbortSignal): Renewal {
	let waiting: { done: Promise<void>; finish(): void } | undefined;
	return {
		wait() {
			if (waiting === undefined) {
				let finish = () => {};
				const done = new Promise<void>((resolve) => {
					finish = resolve;
				});
				waiting = { done, finish };
				stopped.addEventListener("abort", finish, { once: true });
				ask();
			}
			return waiting.done;
		},
		finish() {
			waiting?.finish();
			waiting = undefined;
		},
	};
}
