import { loadAll } from "js-yaml";
import { describe, expect, it } from "vitest";
import { recordPositions } from "../../src/profile/positions.ts";

function positionOf(text: string, path: PropertyKey[], document = 0): string {
	const positions = recordPositions(text);
	loadAll(text, null, { listener: positions.listener });
	const { line, column } = positions.positionOf(path, document);
	return `${line}:${column}`;
}

const text = `# a comment
name: x
istio:
  # another
  values:
    list:
      - a: 1
        b: {c: d, lone, e: 2}
      -
        f: 3
      - plain
    "quoted key": yes
    text: |
      name: not a key
      values
last:
`;

describe("recordPositions", () => {
	it.each([
		[[], "2:1"],
		[["name"], "2:1"],
		[["istio"], "3:1"],
		[["istio", "values"], "5:3"],
		[["istio", "values", "list"], "6:5"],
		[["istio", "values", "list", 0], "7:9"],
		[["istio", "values", "list", 0, "b"], "8:9"],
		[["istio", "values", "list", 0, "b", "c"], "8:13"],
		[["istio", "values", "list", 0, "b", "e"], "8:25"],
		[["istio", "values", "list", 1], "10:9"],
		[["istio", "values", "list", 1, "f"], "10:9"],
		[["istio", "values", "list", 2], "11:9"],
		[["istio", "values", "quoted key"], "12:5"],
		[["istio", "values", "text"], "13:5"],
		[["last"], "16:1"],
	])("%j begins at %s", (path, place) => expect(positionOf(text, path)).toBe(place));

	it.each([
		[["missing"], "2:1"],
		[["istio", "missing"], "3:1"],
		[["istio", "values", "list", 7], "6:5"],
		[["name", "deeper"], "2:1"],
	])("%j is not there, so its parent's place is given", (path, place) => expect(positionOf(text, path)).toBe(place));

	it("tells documents apart", () => {
		expect(positionOf("a: 1\n---\n\nb: 2\n", ["b"], 1)).toBe("4:1");
	});

	it("takes a value for no key, also where it has a later key's name", () => {
		expect(positionOf("a: b\nb: c\n", ["b"])).toBe("2:1");
	});

	it("gives the list's place where an item is not written", () => {
		expect(positionOf("a:\n  -\n  - b\n", ["a", 0])).toBe("1:1");
	});

	it("looks into a flow mapping on a line of its own, as JSON is", () => {
		expect(positionOf("a:\n  {b: 1}\n", ["a", "b"])).toBe("2:4");
		expect(positionOf('{"a": {"b": 1}}', ["a", "b"])).toBe("1:8");
	});

	it("gives an alias its own place", () => {
		expect(positionOf("a: &x {k: 1}\nb:\n  - *x\n", ["b", 0, "k"])).toBe("3:5");
	});

	it("takes Windows line ends", () => {
		expect(positionOf("a: 1\r\nb:\r\n  c: 2\r\n", ["b", "c"])).toBe("3:3");
	});
});
