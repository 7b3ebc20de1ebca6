/** How many letters must be changed, added, left out or swapped with the next to make one word of another. */
export function editDistance(from: string, to: string): number {
	let beforeLast: number[] = [];
	let last = Array.from({ length: to.length + 1 }, (_, column) => column);
	for (let row = 1; row <= from.length; row++) {
		const current = [row];
		for (let column = 1; column <= to.length; column++) {
			const same = from[row - 1] === to[column - 1];
			let cost = Math.min(
				(last[column] ?? 0) + 1,
				(current[column - 1] ?? 0) + 1,
				(last[column - 1] ?? 0) + (same ? 0 : 1),
			);
			const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
			if (swapped) cost = Math.min(cost, (beforeLast[column - 2] ?? 0) + 1);
			current.push(cost);
		}
		beforeLast = last;
		last = current;
	}
	return last[to.length] ?? 0;
}

/** The known word that a mistyped one most likely meant: no more than a third of its letters wrong, and at least one right. */
export function nearest(word: string, known: readonly string[]): string | undefined {
	const [best] = ranked(word, known);
	return best !== undefined && isClose(word, best) ? best.candidate : undefined;
}

/** A part of a name must have so many letters to tell what was meant. */
const tellingLetters = 3;

/** A word that takes so many more changes than the nearest one was hardly meant. */
const farther = 2;

/**
 * The few known words that a mistyped one may have meant, the most likely first: those of which no more than a third of
 * the letters are wrong, and where there are none those that hold the word.
 */
export function nearestFew(word: string, known: readonly string[], most = 3): string[] {
	const all = ranked(word, known);
	const close = all.filter((each) => isClose(word, each) && each.distance - (all[0]?.distance ?? 0) <= farther);
	const holding = all.filter(
		({ candidate }) => word.length >= tellingLetters && candidate.toLowerCase().includes(word.toLowerCase()),
	);
	return (close.length > 0 ? close : holding).slice(0, most).map(({ candidate }) => candidate);
}

interface Ranked {
	candidate: string;
	distance: number;
}

const ranked = (word: string, known: readonly string[]): Ranked[] =>
	known
		.map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
		.sort((a, b) => a.distance - b.distance);

function isClose(word: string, { candidate, distance }: Ranked): boolean {
	const longest = Math.max(word.length, candidate.length);
	return distance <= Math.max(1, Math.floor(longest / 3)) && distance < longest;
}
