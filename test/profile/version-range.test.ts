import { describe, expect, it } from "vitest";
import { isInRange, isVersionRange, versionNumbers } from "../../src/profile/version-range.ts";

describe("versionNumbers", () => {
	it.each([
		["1.31.2", [1, 31, 2]],
		["v1.31", [1, 31, 0]],
		["1.31-eed52ebb66ad", [1, 31, 0]],
		["1.31.0-rc.0", [1, 31, 0]],
		["1.30.3-distroless", [1, 30, 3]],
		["unknown", undefined],
		["latest", undefined],
		["1", undefined],
		["1.2.3.4", undefined],
		["", undefined],
	])("%s", (version, numbers) => expect(versionNumbers(version)).toEqual(numbers));
});

describe("isInRange", () => {
	it.each([
		["1.27.0", ">=1.27 <2", true],
		["1.26.9", ">=1.27 <2", false],
		["2.0.0", ">=1.27 <2", false],
		["1.100.0", ">=1.27 <2", true],
		["1.31-eed52ebb66ad", ">=1.31.0", true],
		["1.31.1", "<=1.31", false],
		["1.31.0", "=1.31", true],
		["1.31.4", "1.31.4", true],
		["1.31.4", ">1.31.4", false],
		["unknown", ">=1.27", undefined],
		["1.31.0", "^1.31", undefined],
	])("%s in %s: %s", (version, range, answer) => expect(isInRange(version, range)).toBe(answer));
});

it.each(["", " ", ">=", "~1.2", ">=1.27, <2", "1.x", "1.2.3.4"])("%j is no range", (range) =>
	expect(isVersionRange(range)).toBe(false));
