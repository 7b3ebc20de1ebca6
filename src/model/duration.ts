import { UsageError } from "../errors.ts";

const unitMs: Record<string, number> = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000 };

/** Milliseconds of `250ms`, `90s`, `2m` or `1.5h`. @param where the option's name, for the message */
export function parseDuration(text: string, where: string): number {
	const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|min|h)$/.exec(text.trim());
	const unit = unitMs[match?.[2] ?? ""];
	if (match === null || unit === undefined || Number(match[1]) === 0) {
		throw new UsageError(`${where}: "${text}" is no duration`, { hint: "such as 500ms, 90s or 2m" });
	}
	return Number(match[1]) * unit;
}

/** A whole number of at least `least`. @param where the option's name, for the message */
export function parseCount(text: string, least: number, where: string): number {
	const count = Number(text);
	if (!Number.isInteger(count) || count < least) {
		throw new UsageError(`${where}: "${text}" is no whole number of at least ${least}`);
	}
	return count;
}
