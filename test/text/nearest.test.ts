import { describe, expect, it } from "vitest";
import { editDistance, nearest, nearestFew } from "../../src/text/nearest.ts";

describe("editDistance", () => {
	it.each([
		["", "", 0],
		["", "abc", 3],
		["kitten", "sitting", 3],
		["componets", "components", 1],
		["minmial", "minimal", 1],
		["ab", "ba", 1],
	])("%s to %s: %d", (from, to, distance) => {
		expect(editDistance(from, to)).toBe(distance);
		expect(editDistance(to, from)).toBe(distance);
	});
});

describe("nearest", () => {
	const known = ["full", "full-cni", "no-policy", "minimal"];
	it.each([
		["ful", "full"],
		["FULL", "full"],
		["fullcni", "full-cni"],
		["minimum", "minimal"],
		["nopolicy", "no-policy"],
		["ambient", undefined],
		["x", undefined],
		["", undefined],
	])("%j means %j", (word, meant) => expect(nearest(word, known)).toBe(meant));

	it("takes no word of which every letter is wrong", () => expect(nearest("x", ["y"])).toBeUndefined());

	it("finds nothing among nothing", () => expect(nearest("a", [])).toBeUndefined());
});

describe("nearestFew", () => {
	const known = ["total", "start-queue-proxy", "start-istio-proxy", "startup-istio-proxy", "startup-queue-proxy"];
	it.each([
		["totl", ["total"]],
		["start-istioproxy", ["start-istio-proxy", "startup-istio-proxy"]],
		["startup", ["startup-istio-proxy", "startup-queue-proxy"]],
		["st", []],
		["nothing", []],
		["", []],
	])("%j may mean %j", (word, meant) => expect(nearestFew(word, known)).toEqual(meant));

	it("gives no more than a few", () => expect(nearestFew("proxy", known, 3)).toHaveLength(3));
});
