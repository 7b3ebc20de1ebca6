import { expect, test } from "vitest";
import { contains, difference, intersect, middle, width } from "../../src/timing/clocks/interval.ts";

const of = (lo: bigint, hi: bigint) => ({ lo, hi });

test("what two intervals both allow, their ends included", () => {
	expect(intersect(of(1n, 5n), of(3n, 9n))).toEqual(of(3n, 5n));
	expect(intersect(of(3n, 9n), of(1n, 5n))).toEqual(of(3n, 5n));
	expect(intersect(of(1n, 9n), of(3n, 5n))).toEqual(of(3n, 5n));
	expect(intersect(of(1n, 3n), of(3n, 5n))).toEqual(of(3n, 3n));
	expect(intersect(of(1n, 2n), of(3n, 5n))).toBeUndefined();
});

test("all differences, width, middle and what is within", () => {
	expect(difference(of(10n, 14n), of(1n, 3n))).toEqual(of(7n, 13n));
	expect(width(of(-2n, 8n))).toBe(10n);
	expect(middle(of(4n, 9n))).toBe(6n);
	expect([3n, 4n, 9n, 10n].map((point) => contains(of(4n, 9n), point))).toEqual([false, true, true, false]);
});
