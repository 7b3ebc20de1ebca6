import type { Ledger } from "../../report/report.ts";

/** Milliseconds as seconds with three digits, or as milliseconds below one: `1.234 s`, `56 ms`, `0.8 ms`. */
export function duration(ms: number): string {
	const size = Math.abs(ms);
	if (size >= 999.5) return `${(ms / 1000).toFixed(3)} s`;
	if (size >= 9.95) return `${Math.round(ms)} ms`;
	return `${ms.toFixed(1)} ms`;
}

/** The same with its sign: `+56 ms`, `-1.234 s`. */
export function signedDuration(ms: number): string {
	const text = duration(Math.abs(ms));
	return ms < 0 && Number.parseFloat(text) !== 0 ? `-${text}` : `+${text}`;
}

/** Both ends in the unit of the larger: `[1.20, 1.31] s`; `∞` where a missing value leaves one open. */
export function range(loMs: number, hiMs: number): string {
	const size = Math.max(0, ...[loMs, hiMs].filter(Number.isFinite).map(Math.abs));
	const inSeconds = size >= 999.5;
	const places = inSeconds ? 2 : size >= 9.95 ? 0 : 1;
	const digits = (ms: number) => openEnd(ms) ?? (inSeconds ? ms / 1000 : ms).toFixed(places);
	return `[${digits(loMs)}, ${digits(hiMs)}] ${inSeconds ? "s" : "ms"}`;
}

/** How the open end of a range is written; undefined for a number. */
export function openEnd(value: number): string | undefined {
	if (Number.isFinite(value)) return undefined;
	return value > 0 ? "∞" : "-∞";
}

/** The attempt ledger as a sum. */
export function ledgerWords({ attempted, cold, warm, failed, unresolved, counted }: Ledger): string {
	return `${attempted} attempted = ${cold} cold + ${warm} warm + ${failed} failed + ${unresolved} unresolved; ${counted} counted`;
}

/** `12 min 30 s`, `48 s`: for people who wait. */
export function spell(ms: number): string {
	const seconds = Math.round(ms / 1000);
	if (seconds < 60) return `${seconds} s`;
	const rest = seconds % 60;
	return rest === 0 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 60)} min ${rest} s`;
}
