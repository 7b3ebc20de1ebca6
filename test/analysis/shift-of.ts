import type { Sample } from "../../src/analysis/samples.ts";
import { shiftBetween } from "../../src/analysis/shift.ts";

/** How far times lie above others, known to ± `aroundMs` each, as the gate has it. */
export function shiftOf(
	a: readonly number[],
	b: readonly number[],
	aroundMs: readonly [number, number] = [0, 0],
	confidence = 0.95,
) {
	return shiftBetween(sampleOf(a, aroundMs[0]), sampleOf(b, aroundMs[1]), confidence);
}

function sampleOf(values: readonly number[], by: number): Sample {
	return {
		values: values.map((ms) => ({ ms, loMs: ms - by, hiMs: ms + by, source: "client" })),
		rounds: values.map((_, index) => index + 1),
		missing: 0,
	};
}
