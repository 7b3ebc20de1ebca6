import { expect, test } from "vitest";
import { openTimeLeft } from "../../src/commands/bench/time-left.ts";

test("counts rounds and installs apart, and says nothing before it knows", () => {
	const left = openTimeLeft([3, 3]);
	left.begin(0);
	left.sampled(100);
	expect(left.leftMs()).toBeUndefined();
	left.sampled(120);
	// One round of this profile, then an install of 100 with its first sample and two rounds.
	expect(left.leftMs()).toBe(20 + 100 + 2 * 20);
	left.sampled(150);
	expect(left.leftMs()).toBe(100 + 2 * 25);
	left.begin(160);
	left.sampled(240);
	expect(left.leftMs()).toBe(2 * 25);
	left.sampled(265);
	left.sampled(290);
	expect(left.leftMs()).toBe(0);
});

test("runs down between samples, and is not known when the estimate is over", () => {
	const left = openTimeLeft([3]);
	left.begin(0);
	left.sampled(100);
	expect(left.leftMs(150)).toBeUndefined();
	left.sampled(120);
	expect(left.leftMs(120)).toBe(20);
	expect(left.leftMs(135)).toBe(5);
	expect(left.leftMs(140)).toBeUndefined();
});

test("is not known, and never less than nothing, where more samples come than were planned", () => {
	const left = openTimeLeft([2]);
	left.begin(0);
	for (const at of [100, 120, 140]) left.sampled(at);
	expect(left.leftMs()).toBeUndefined();
});
