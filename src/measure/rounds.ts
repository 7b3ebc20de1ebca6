import { seededRandom } from "../analysis/statistics/random.ts";
import type { Profile } from "../profile/profile.ts";

/** One cold start of each profile of a visit, in this order. Round 0 is the first after an install, and kept apart. */
export interface Round {
	round: number;
	order: readonly Profile[];
}

/** One stay of an installation on the cluster: what is measured before another takes its place. */
export interface Visit {
	/** Profiles of one installation: changing from one to the other costs nothing. The first is the one installed. */
	profiles: readonly Profile[];
	rounds: readonly Round[];
}

/** What a schedule is made of. */
export interface ScheduleOrder {
	profiles: readonly Profile[];
	/** Counted cold starts of each profile. */
	iterations: number;
	/** How often every profile is installed; the iterations are shared out among these. */
	blocks: number;
	seed: number;
}

/**
 * Plans who is started when. Profiles of the same installation take turns in every round; the others do so in blocks,
 * for an install between them takes a minute. Orders are balanced: in every full cycle each profile stands in each place
 * equally often, and follows each other one equally often (Williams 1949), so that neither a drift of the cluster nor what
 * one cold start leaves behind favours any. One block keeps the profiles in the order given.
 */
export function planVisits({ profiles, iterations, blocks, seed }: ScheduleOrder): Visit[] {
	const random = seededRandom(seed);
	const groups = groupsOf(profiles).map((group) => ({ group, orders: balancedOrders(group.length, random) }));
	const groupOrders = balancedOrders(groups.length, random);
	const visits: Visit[] = [];
	for (let block = 0; block < blocks; block++) {
		const from = Math.floor((block * iterations) / blocks) + 1;
		const to = Math.floor(((block + 1) * iterations) / blocks);
		const order = blocks === 1 ? groups : permuted(groups, groupOrders.next().value);
		for (const { group, orders } of order) {
			const numbers = [0, ...Array.from({ length: to - from + 1 }, (_, index) => from + index)];
			const rounds = numbers.map((round) => ({
				round,
				order: round === 0 ? group : permuted(group, orders.next().value),
			}));
			visits.push({ profiles: group, rounds });
		}
	}
	return visits;
}

/** Profiles that put the same on the cluster and differ only in their pods, in the order in which they were given. */
export function groupsOf(profiles: readonly Profile[]): Profile[][] {
	const groups = new Map<string, Profile[]>();
	for (const profile of profiles) {
		const {
			istio,
			namespaceLabels,
			meshCompatibilityMode,
			security,
			policy,
			traffic = [],
			externalAuthorizer,
		} = profile;
		const { version: _, ...installed } = istio;
		const key = JSON.stringify([
			installed,
			Object.entries(namespaceLabels).sort(),
			meshCompatibilityMode,
			security,
			policy,
			traffic,
			externalAuthorizer,
		]);
		groups.set(key, [...(groups.get(key) ?? []), profile]);
	}
	return [...groups.values()];
}

const permuted = <T>(values: readonly T[], order: readonly number[]): T[] => order.map((index) => values[index] as T);

/** Orders of 0 … size − 1 without end; each cycle of them is balanced, and shuffled anew. */
export function* balancedOrders(size: number, random: () => number): Generator<number[], never> {
	for (;;) {
		const names = shuffled(range(size), random);
		for (const square of williamsSquares(size)) {
			for (const row of shuffled(square, random)) yield row.map((place) => names[place] ?? place);
		}
	}
}

/**
 * Zigzag from both ends, 0 1 n−1 2 n−2 …, moved on by one for each row. In an even number of rows each value follows each
 * other one once; with an odd size it takes the rows read backwards too.
 */
function williamsSquares(size: number): number[][][] {
	const zigzag = range(size).map((place) => (place % 2 === 1 ? (place + 1) / 2 : (size - place / 2) % size));
	const square = range(size).map((row) => zigzag.map((value) => (value + row) % size));
	return size % 2 === 0 || size === 1 ? [square] : [square, square.map((row) => [...row].reverse())];
}

/** Fisher–Yates. */
function shuffled<T>(values: readonly T[], random: () => number): T[] {
	const result = [...values];
	for (let last = result.length - 1; last > 0; last--) {
		const other = Math.floor(random() * (last + 1));
		[result[last], result[other]] = [result[other] as T, result[last] as T];
	}
	return result;
}

const range = (size: number): number[] => Array.from({ length: size }, (_, index) => index);
