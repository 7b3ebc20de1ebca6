import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type OffsetBounds, openOffsets } from "../../src/timing/clocks/offsets.ts";

const clock = "node/n1";
const delayNs = fc.bigInt({ min: 0n, max: 10_000_000_000n });

/** What sources say of a clock that is off by `offset`: stamps precede their receipt, and follow what was asked for. */
const saidOf = (offset: bigint): fc.Arbitrary<OffsetBounds> =>
	fc.oneof(
		delayNs.map((late) => ({ lo: offset - late })),
		fc.tuple(delayNs, delayNs).map(([late, early]) => ({ lo: offset - late, hi: offset + early })),
	);
const aClock = fc
	.bigInt({ min: -100_000_000_000n, max: 100_000_000_000n })
	.chain((offset) => fc.tuple(fc.constant(offset), fc.array(saidOf(offset), { minLength: 1, maxLength: 12 })));

describe("the offset of a clock", () => {
	it("lies within its bounds, whatever was said of it and in whatever order, and above only where something says so", () => {
		fc.assert(
			fc.property(aClock, ([offset, said]) => {
				const offsets = openOffsets();
				for (const bounds of said) {
					expect(offsets.narrow(clock, bounds, bounds.hi === undefined ? "lease" : "http-date")).toBe(true);
					offsets.age(1_000_000_000n);
				}
				const { lo, hi } = offsets.of(clock)?.bounds ?? { lo: offset + 1n };
				expect(lo).toBeLessThanOrEqual(offset);
				const tops = said.flatMap(({ hi }) => hi ?? []);
				expect(hi === undefined).toBe(tops.length === 0);
				if (hi !== undefined) expect(hi).toBeGreaterThanOrEqual(offset);
			}),
		);
	});

	it("is bounded by the sharpest on each side, and less so with time", () => {
		const offsets = openOffsets();
		offsets.narrow(clock, { lo: -20n }, "lease");
		expect(offsets.of(clock)).toEqual({ bounds: { lo: -20n }, method: "lease" });
		offsets.narrow(clock, { lo: -50n, hi: 30n }, "http-date");
		offsets.narrow(clock, { lo: -10n }, "lease");
		offsets.narrow(clock, { lo: -60n, hi: 90n }, "causes");
		expect(offsets.of(clock)).toEqual({ bounds: { lo: -10n, hi: 30n }, method: "lease + http-date + causes" });
		offsets.age(1_000_000_000n);
		expect(offsets.of(clock)?.bounds).toEqual({ lo: -20_010n, hi: 20_030n });
	});

	it("stays as it was where a bound from below contradicts it, and is open above once replaced by that", () => {
		const offsets = openOffsets();
		offsets.narrow(clock, { lo: -5n, hi: 5n }, "http-date");
		expect(offsets.narrow(clock, { lo: 6n }, "lease")).toBe(false);
		expect(offsets.of(clock)?.bounds).toEqual({ lo: -5n, hi: 5n });
		expect(offsets.narrow(clock, { lo: -6n }, "lease")).toBe(true);
		offsets.replace(clock, { lo: 6n }, "lease");
		expect(offsets.known()).toEqual([{ clock, bounds: { lo: 6n }, method: "lease" }]);
	});
});
