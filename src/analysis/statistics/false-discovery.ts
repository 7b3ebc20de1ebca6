/**
 * Adjusts p-values so that, of those that are called findings below a level, no larger share than the level is false on
 * average (Benjamini and Hochberg 1995). In the order given. Finds more than Holm's family-wise rule, and promises less:
 * for a list that is searched, not for a question that is answered.
 */
export function falseDiscoveryRates(pValues: readonly number[]): number[] {
	const descending = [...pValues.keys()].sort((a, b) => (pValues[b] ?? 1) - (pValues[a] ?? 1));
	const adjusted = new Array<number>(pValues.length).fill(1);
	let smallest = 1;
	for (const [index, position] of descending.entries()) {
		const rank = pValues.length - index;
		smallest = Math.min(smallest, ((pValues[position] ?? 1) * pValues.length) / rank);
		adjusted[position] = smallest;
	}
	return adjusted;
}
