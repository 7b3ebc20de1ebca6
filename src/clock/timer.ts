/** The longest time that a timer of Node can have, in ms; a longer one would end at once. */
const longestMs = 2 ** 31 - 1;

/**
 * Calls back after so many milliseconds, however many these are.
 * @returns what ends it before
 */
export function startTimer(ms: number, onEnd: () => void): () => void {
	const part = Math.min(ms, longestMs);
	let stop = () => {};
	const timer = setTimeout(() => {
		if (ms <= longestMs) onEnd();
		else stop = startTimer(ms - part, onEnd);
	}, part);
	stop = () => clearTimeout(timer);
	return () => stop();
}
