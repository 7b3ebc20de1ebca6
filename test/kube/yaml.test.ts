import { dump, load } from "js-yaml";
import { describe, expect, it } from "vitest";
import { kubectlSchema } from "../../src/kube/yaml.ts";

/** Every right-hand side is what sigs.k8s.io/yaml 1.6.0 gave for the text on the left. */
const cases: [text: string, value: unknown][] = [
	["0644", 420],
	["0o644", 420],
	["0O17", 15],
	["0755_0", 3944],
	["-0644", -420],
	["00", 0],
	["08", 8],
	["-08", -8],
	["1_000", 1000],
	["1__0", 10],
	["_1", "_1"],
	["+12", 12],
	["0b11", 3],
	["-0b1_1", -3],
	["0b2", "0b2"],
	["0x1F", 31],
	["0x_1", 1],
	["0x1.8p1", "0x1.8p1"],
	["1e3", 1000],
	["1e", "1e"],
	["1e400", "1e400"],
	[".5", 0.5],
	["1.", 1],
	["1_0.5", 10.5],
	["0.1e-2", 0.001],
	["1:30", "1:30"],
	["2020-01-01", "2020-01-01"],
	["2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z"],
	["on", true],
	["y", true],
	["Off", false],
	["NO", false],
	["nUll", "nUll"],
	["~", null],
	["", null],
	["=", "="],
	['"0644"', "0644"],
];

describe("kubectlSchema", () => {
	it.each(cases)("reads %s as kubectl does", (text, value) => {
		expect(load(`a: ${text}`, { schema: kubectlSchema })).toEqual({ a: value });
	});

	it("reads keys as kubectl does", () => {
		expect(load("0644: mode\nyes: 1\n1.5: f", { schema: kubectlSchema })).toEqual({ 420: "mode", true: 1, 1.5: "f" });
	});

	it("merges anchors", () => {
		const text = "base: &base {a: 1}\nmore:\n  <<: *base\n  b: 2";
		expect(load(text, { schema: kubectlSchema })).toEqual({ base: { a: 1 }, more: { a: 1, b: 2 } });
	});

	it("writes texts that look like something else so that they come back as texts", () => {
		const value = { a: "on", b: "0644", c: "1_000", d: "2020-01-01", e: true, f: 420, g: 0.5, h: "~", i: -1, j: "y" };
		const text = dump(value, { schema: kubectlSchema });
		expect(load(text, { schema: kubectlSchema })).toEqual(value);
	});
});
