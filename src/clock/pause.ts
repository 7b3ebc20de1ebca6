import { startTimer } from "./timer.ts";

/** Waits so many milliseconds. @throws the signal's reason as soon as it is aborted */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
	return new Promise((resolve, reject) => {
		const onAbort = () => {
			stop();
			reject(signal?.reason);
		};
		const stop = startTimer(ms, () => {
			signal?.removeEventListener("abort", onAbort);
			resolve();
		});
		signal?.addEventListener("abort", onAbort, { once: true });
		if (signal?.aborted) onAbort();
	});
}

/** An answer that others wait for too. @throws the signal's reason as soon as it is aborted; the answer still comes */
export function unlessAborted<T>(answer: Promise<T>, signal?: AbortSignal): Promise<T> {
	if (signal === undefined) return answer;
	return new Promise((resolve, reject) => {
		const onAbort = () => reject(signal.reason);
		signal.addEventListener("abort", onAbort, { once: true });
		answer.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
		if (signal.aborted) onAbort();
	});
}
