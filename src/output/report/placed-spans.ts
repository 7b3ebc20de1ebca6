import type { ColdStart, Span } from "../../report/report.ts";

/** A span of the talk whose beginning is known. */
export type PlacedSpan = Span & { name: string; fromMs: number };

/** The talk's spans of a cold start in their order, without those whose beginning an earlier version did not save. */
export function placedSpans(spans: ColdStart["spans"]): PlacedSpan[] {
	return Object.entries(spans).flatMap(([name, { fromMs, ...span }]) =>
		fromMs === undefined ? [] : [{ name, fromMs, ...span }],
	);
}
