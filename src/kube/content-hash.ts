import { createHash } from "node:crypto";

/**
 * A short SHA-256 of a value, the same for the same content whatever the order of its keys.
 * @param digits how many hexadecimal digits it has
 */
export function contentHash(value: unknown, digits = 16): string {
	return createHash("sha256")
		.update(JSON.stringify(sortKeys(value)))
		.digest("hex")
		.slice(0, digits);
}

function sortKeys(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(sortKeys);
	if (typeof value !== "object" || value === null) return value;
	const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
	return Object.fromEntries(entries.map(([key, each]) => [key, sortKeys(each)]));
}
