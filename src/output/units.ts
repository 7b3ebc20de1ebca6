/** Milliseconds as seconds with three digits, or as milliseconds below one: `1.234 s`, `56 ms`, `0.8 ms`. */
export function duration(ms: number): string {
	const size = Math.abs(ms);
	if (size >= 999.5) return `${(ms / 1000).toFixed(3)} s`;
	if (size >= 9.95) return `${Math.round(ms)} ms`;
	return `${ms.toFixed(1)} ms`;
}

/** The same with its sign: `+56 ms`, `-1.234 s`. */
export function signedDuration(ms: number): string {
	return ms < 0 ? duration(ms) : `+${duration(ms)}`;
}

/** Both ends in the unit of the larger: `[1.20, 1.31] s`. */
export function range(loMs: number, hiMs: number): string {
	const size = Math.max(Math.abs(loMs), Math.abs(hiMs));
	if (size >= 999.5) return `[${(loMs / 1000).toFixed(2)}, ${(hiMs / 1000).toFixed(2)}] s`;
	const digits = size >= 9.95 ? 0 : 1;
	return `[${loMs.toFixed(digits)}, ${hiMs.toFixed(digits)}] ms`;
}

/** `12 min 30 s`, `48 s`: for people who wait. */
export function spell(ms: number): string {
	const seconds = Math.round(ms / 1000);
	if (seconds < 60) return `${seconds} s`;
	const rest = seconds % 60;
	return rest === 0 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 60)} min ${rest} s`;
}
