import { UsageError } from "../errors.ts";

const unitMs: Record<string, number> = {
	ns: 1e-6,
	us: 1e-3,
	µs: 1e-3,
	μs: 1e-3,
	ms: 1,
	s: 1000,
	m: 60_000,
	min: 60_000,
	h: 3_600_000,
};

/** The longest one, 10 years in ms: what is longer is a slip. */
const longestMs = 87_600 * 3_600_000;

const part = String.raw`(\d+(?:\.\d+)?)\s*(ns|us|µs|μs|ms|min|s|m|h)`;
const ungrouped = part.replaceAll(/\((?!\?)/g, "(?:");

/** A duration within a longer text: `500ms`, `1.5h`, or Go's `1m30s`. */
export const durationPattern = new RegExp(`(?:${ungrouped})+(?![\\w.µμ])`, "i");

/** Milliseconds of a duration that may be 0; undefined for any other text. */
export function readDuration(text: string): number | undefined {
	const trimmed = text.trim();
	if (!new RegExp(`^(?:${ungrouped})+$`, "i").test(trimmed)) return undefined;
	let ms = 0;
	for (const [, digits, unit = ""] of trimmed.matchAll(new RegExp(part, "gi"))) {
		ms += Number(digits) * (unitMs[unit.toLowerCase()] ?? Number.NaN);
	}
	// Half a nanosecond is nobody's wish; 0.1 s + 0.2 s shall be 300 ms.
	return Math.round(ms * 1e6) / 1e6;
}

/**
 * Milliseconds of `250ms`, `90s`, `1.5h` or Go's `1m30s`.
 * @param where the option's name, for the message
 * @throws UsageError for any other text, for 0, and for more than 10 years
 */
export function parseDuration(text: string, where: string): number {
	const ms = readDuration(text);
	if (ms === undefined || ms === 0) {
		throw new UsageError(`${where}: "${text}" is not a duration`, { hint: "such as 500ms, 90s or 1m30s" });
	}
	if (!(ms <= longestMs)) {
		throw new UsageError(`${where}: "${text}" is too long`, { hint: "10 years (87600h) at most" });
	}
	return ms;
}

/** Milliseconds of a duration in Go's spelling, such as `30s` or `1h2m3.5s`; undefined for anything else. */
export function goDurationMs(text: unknown): number | undefined {
	if (typeof text !== "string") return undefined;
	const [, sign, amounts = ""] =
		/^([-+]?)(0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.exec(text.trim()) ?? [];
	if (amounts === "") return undefined;
	const parts = [...amounts.matchAll(/([\d.]+)(ns|us|µs|μs|ms|s|m|h)/g)];
	const ms = parts.reduce((sum, [, count, unit = ""]) => sum + Number(count) * (unitMs[unit] ?? Number.NaN), 0);
	return sign === "-" ? -ms : ms;
}

/** A whole number of at least `least`. @param where the option's name, for the message */
export function parseCount(text: string, least: number, where: string): number {
	const count = /^\s*\+?\d+\s*$/.test(text) ? Number(text) : Number.NaN;
	if (!Number.isSafeInteger(count) || count < least) {
		throw new UsageError(`${where}: "${text}" is not a whole number of at least ${least}`, { hint: "such as 10" });
	}
	return count;
}
