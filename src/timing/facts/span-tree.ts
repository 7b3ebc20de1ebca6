import type { RecordedSpan } from "../../recording/spans.ts";
import type { Interval } from "../clocks/interval.ts";

/** A pod's spans, with the way from each to its parents. */
export interface SpanTree {
	/** In the order in which they begin. */
	all: readonly RecordedSpan[];
	/** The span's parents, the nearest first, as far as they are known. */
	above(span: RecordedSpan): RecordedSpan[];
}

/** Orders them; a span that is there twice is taken once. */
export function spanTree(spans: readonly RecordedSpan[]): SpanTree {
	const keyOf = (trace: string, id: string) => `${trace} ${id}`;
	const known = new Map(spans.map((span) => [keyOf(span.trace, span.id), span]));
	return {
		all: [...known.values()].sort((a, b) => Number(BigInt(a.fromNs) - BigInt(b.fromNs))),
		above(span) {
			const parents: RecordedSpan[] = [];
			let parent = span.parent === undefined ? undefined : known.get(keyOf(span.trace, span.parent));
			// Spans of others may name each other as parents in a circle.
			while (parent !== undefined && !parents.includes(parent) && parent !== span) {
				parents.push(parent);
				parent = parent.parent === undefined ? undefined : known.get(keyOf(parent.trace, parent.parent));
			}
			return parents;
		},
	};
}

/** When a span began, and when it ended, as sharp as it is known. */
export const beginOf = ({ fromNs, resolutionNs }: RecordedSpan): Interval => ({
	lo: BigInt(fromNs),
	hi: BigInt(fromNs) + BigInt(resolutionNs),
});
export const endOf = ({ toNs, resolutionNs }: RecordedSpan): Interval => ({
	lo: BigInt(toNs),
	hi: BigInt(toNs) + BigInt(resolutionNs),
});

/** Why spans are of no use. */
export interface SpanProblem {
	code: "traces-incomplete" | "traces-contradict";
	problem: string;
}

export const incomplete = (problem: string): SpanProblem => ({ code: "traces-incomplete", problem });
