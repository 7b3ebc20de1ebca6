const rfc3339 = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})$/;

/**
 * Nanoseconds since the epoch of an RFC 3339 time, with every digit kept; undefined if it is none. The beginning of 1970
 * and what lies before it is no time that anything happened: it is what a program writes for a time that it does not have.
 */
export function parseTime(text: string | null | undefined): bigint | undefined {
	const match = rfc3339.exec(text ?? "");
	if (match === null) return undefined;
	const [, seconds, fraction = "", zone] = match;
	const wholeMs = Date.parse(`${seconds}${zone}`);
	if (Number.isNaN(wholeMs)) return undefined;
	const ns = BigInt(wholeMs) * 1_000_000n + BigInt(fraction.padEnd(9, "0"));
	return ns > 0n ? ns : undefined;
}

/** RFC 3339 in UTC with nanoseconds. */
export function formatTime(ns: bigint): string {
	const second = ns / 1_000_000_000n;
	const fraction = (ns % 1_000_000_000n).toString().padStart(9, "0");
	return `${new Date(Number(second) * 1000).toISOString().slice(0, 19)}.${fraction}Z`;
}

/**
 * The time of an event that kubelet and the older controllers hide in its name: `<object>.<hex Unix ns>`, the same
 * instant that is cut to seconds in `firstTimestamp` (client-go `tools/record/event.go`, makeEvent). Undefined if the name
 * holds no such time, or one that is not within the second of `firstTimestamp`: newer recorders may name it otherwise.
 */
export function eventNameTime(name: string, firstTimestamp: string | null | undefined): bigint | undefined {
	const hex = name.slice(name.lastIndexOf(".") + 1);
	if (!/^[0-9a-f]{15,16}$/.test(hex)) return undefined;
	const ns = BigInt(`0x${hex}`);
	const first = parseTime(firstTimestamp);
	if (first === undefined || ns / 1_000_000_000n !== first / 1_000_000_000n) return undefined;
	return ns;
}
