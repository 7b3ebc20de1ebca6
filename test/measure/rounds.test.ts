import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../src/analysis/statistics/random.ts";
import { balancedOrders, groupsOf, planVisits } from "../../src/measure/rounds.ts";
import { loadProfiles } from "../../src/profile/load.ts";
import type { Profile } from "../../src/profile/profile.ts";

const take = (size: number, count: number, seed = 1): number[][] => {
	const orders = balancedOrders(size, seededRandom(seed));
	return Array.from({ length: count }, () => orders.next().value);
};

const [minimal, full, cni] = (await loadProfiles(["minimal", "full", "full-cni"])) as [Profile, Profile, Profile];
const classic: Profile = {
	...full,
	name: "full-classic",
	podAnnotations: { "sidecar.istio.io/nativeSidecar": "false" },
	promises: { ...full.promises, sidecar: "classic" },
};

const inShort = (visits: ReturnType<typeof planVisits>) =>
	visits.map(({ rounds }) =>
		rounds.map(({ round, order }) => `${round}: ${order.map(({ name }) => name).join(" ")}`).join(", "),
	);

describe("balanced orders", () => {
	it("have every profile in each place, and after each other one, equally often", () => {
		fc.assert(
			fc.property(
				fc.integer({ min: 2, max: 7 }),
				fc.integer(),
				fc.integer({ min: 1, max: 3 }),
				(size, seed, cycles) => {
					const perCycle = size % 2 === 0 ? size : 2 * size;
					const orders = take(size, perCycle * cycles, seed);
					const places = new Map<string, number>();
					const follows = new Map<string, number>();
					for (const order of orders) {
						expect([...order].sort()).toEqual([...Array(size).keys()]);
						for (const [place, value] of order.entries()) {
							places.set(`${value} at ${place}`, (places.get(`${value} at ${place}`) ?? 0) + 1);
							const pair = `${value} after ${order[place - 1]}`;
							if (place > 0) follows.set(pair, (follows.get(pair) ?? 0) + 1);
						}
					}
					expect(new Set(places.values())).toEqual(new Set([(perCycle * cycles) / size]));
					expect(places.size).toBe(size * size);
					expect(new Set(follows.values()).size).toBe(1);
					expect(follows.size).toBe(size * (size - 1));
				},
			),
		);
	});

	it("are the same for the same seed, and others for another", () => {
		expect(take(4, 12, 7)).toEqual(take(4, 12, 7));
		expect(take(4, 12, 7)).not.toEqual(take(4, 12, 8));
	});
});

describe("the profiles", () => {
	it("take turns where they put the same on the cluster, and only there", () => {
		const groups = groupsOf([minimal, full, cni, classic]);
		expect(groups.map((group) => group.map(({ name }) => name))).toEqual([
			["minimal"],
			["full", "full-classic"],
			["full-cni"],
		]);
		const meshed = { ...full, name: "x", meshCompatibilityMode: "auto" } as const;
		expect(groupsOf([full, meshed])).toHaveLength(2);
		expect(groupsOf([full, { ...full, name: "x", policy: [] }])).toHaveLength(2);
		expect(groupsOf([full, { ...full, name: "x", namespaceLabels: {} }])).toHaveLength(2);
	});
});

describe("the visits", () => {
	it("are one a profile in the order given, unless blocks are asked for", () => {
		const visits = planVisits({ profiles: [full, minimal], iterations: 2, blocks: 1, seed: 3 });
		expect(inShort(visits)).toEqual(["0: full, 1: full, 2: full", "0: minimal, 1: minimal, 2: minimal"]);
	});

	it("share the iterations out among the blocks, each with a warm-up of its own", () => {
		const visits = planVisits({ profiles: [minimal, full], iterations: 5, blocks: 2, seed: 1 });
		const sorted = inShort(visits).map((text) => text.replaceAll(/[a-z]+/g, ""));
		expect(sorted).toEqual(["0: , 1: , 2: ", "0: , 1: , 2: ", "0: , 3: , 4: , 5: ", "0: , 3: , 4: , 5: "]);
		// Two blocks of two are one cycle: who comes first in the one comes last in the other.
		const names = visits.map(({ profiles: [first] }) => first?.name);
		expect(names[0]).toBe(names[3]);
		expect(names[1]).toBe(names[2]);
	});

	it("have every profile once in each round, in balanced turns", () => {
		const [visit] = planVisits({ profiles: [full, classic], iterations: 8, blocks: 1, seed: 1 });
		const rounds = visit?.rounds ?? [];
		expect(rounds.map(({ round }) => round)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
		const firsts = rounds.slice(1).map(({ order }) => order[0]?.name);
		expect(firsts.filter((name) => name === "full")).toHaveLength(4);
		for (const { order } of rounds) expect(new Set(order)).toEqual(new Set([full, classic]));
	});

	it("hold every profile and round exactly once, whatever is asked for", () => {
		const profiles = [minimal, full, cni, classic];
		fc.assert(
			fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 6 }), fc.integer(), (n, wanted, seed) => {
				const blocks = Math.min(n, wanted);
				const visits = planVisits({ profiles, iterations: n, blocks, seed });
				for (const profile of profiles) {
					const counted = visits.flatMap(({ rounds }) =>
						rounds.flatMap(({ round, order }) =>
							order.flatMap((each) => (each === profile && round > 0 ? [round] : [])),
						),
					);
					expect(counted).toEqual(Array.from({ length: n }, (_, index) => index + 1));
				}
				expect(visits).toHaveLength(3 * blocks);
			}),
		);
	});
});
