/** The name that was probably meant, if one is near enough: at most a third of its letters typed wrong. */
export function nearestName(typed: string, names: readonly string[]): string | undefined {
	let best: { name: string; distance: number } | undefined;
	for (const name of names) {
		const distance = editDistance(typed.toLowerCase(), name.toLowerCase());
		if (best === undefined || distance < best.distance) best = { name, distance };
	}
	if (best === undefined) return undefined;
	return best.distance <= Math.max(2, Math.floor(best.name.length / 3)) ? best.name : undefined;
}

/** Letters to insert, remove, replace or swap with their neighbour (Damerau; the restricted form). */
function editDistance(a: string, b: string): number {
	let beforeLast: number[] = [];
	let last = Array.from({ length: b.length + 1 }, (_, index) => index);
	for (let i = 1; i <= a.length; i++) {
		const row = [i];
		for (let j = 1; j <= b.length; j++) {
			const isSame = a[i - 1] === b[j - 1];
			let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (isSame ? 0 : 1));
			const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
			if (isSwap) cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
			row.push(cost);
		}
		[beforeLast, last] = [last, row];
	}
	return last[b.length] ?? 0;
}
