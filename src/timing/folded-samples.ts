import type { EntryOf } from "../recording/entries.ts";
import type { ColdStart } from "../report/report.ts";
import { type FoldContext, foldColdStart } from "./cold-start.ts";
import type { SampleRecord } from "./facts/sample.ts";

/** Samples that were folded already, and are folded again when spans of their pods come. */
export interface FoldedSamples {
	/**
	 * Keeps the last sample of a list.
	 * @param context as it was before the sample was folded
	 */
	keep(record: SampleRecord, context: FoldContext, among: ColdStart[]): void;
	/** Folds the sample of the pod again, in its place; spans of an unknown pod are not used. */
	foldAgain(entry: EntryOf<"spans">): void;
}

interface Folded {
	record: SampleRecord;
	context: FoldContext;
	among: ColdStart[];
	place: number;
}

/** So many of the last samples are kept: spans come some seconds after their pod. */
const mostKept = 64;

/** Opens one that holds nothing. */
export function openFoldedSamples(): FoldedSamples {
	const kept: Folded[] = [];
	return {
		keep(record, context, among) {
			kept.push({ record, context, among, place: among.length - 1 });
			if (kept.length > mostKept) kept.shift();
		},
		foldAgain({ pod, spans }) {
			const folded = kept.findLast(({ context }) =>
				context.sightings.pods.some(({ object }) => object.metadata.uid === pod),
			);
			if (folded === undefined) return;
			const { record, context, among, place } = folded;
			record.spans = new Map([...(record.spans ?? []), [pod, spans]]);
			// The clocks are narrowed anew each time.
			among[place] = foldColdStart(record, { ...context, offsets: context.offsets.copy() });
		},
	};
}
