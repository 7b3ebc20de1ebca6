/**
 * Adjusts the p-values of a family of tests so that the chance of any false finding stays below the level that each
 * is compared with (Holm 1979). In the order given; holds whatever the dependence between the tests.
 */
export function holm(pValues: readonly number[]): number[] {
	const ascending = [...pValues.keys()].sort((a, b) => (pValues[a] ?? 1) - (pValues[b] ?? 1));
	const adjusted = new Array<number>(pValues.length).fill(1);
	let largest = 0;
	for (const [rank, index] of ascending.entries()) {
		largest = Math.max(largest, (pValues.length - rank) * (pValues[index] ?? 1));
		adjusted[index] = Math.min(1, largest);
	}
	return adjusted;
}
