import { load } from "js-yaml";
import { expect, test } from "vitest";
import { readBudgetsFile } from "../../src/gate/budgets-file.ts";
import { parseManifests } from "../../src/kube/objects/manifests.ts";
import { parseProfile } from "../../src/profile/parse.ts";
import { holdsItself } from "../../src/text/circle.ts";

test("a value that holds itself, however far below, is told from one that is only named twice", () => {
	expect(holdsItself(load("a: &x {b: [1, {c: *x}]}"))).toBe(true);
	expect(holdsItself(load("- &x [*x]"))).toBe(true);
	expect(holdsItself(load("a: &x {b: 1}\nc: *x\nd: [*x, *x]"))).toBe(false);
	for (const plain of [undefined, null, 1, "a", [], {}]) expect(holdsItself(plain)).toBe(false);
});

test("aliases of aliases do not take for ever", () => {
	const levels = Array.from(
		{ length: 60 },
		(_, index) => `- &l${index} [${index ? `*l${index - 1}, *l${index - 1}` : 1}]`,
	);
	expect(holdsItself(load(levels.join("\n")))).toBe(false);
});

const words = "an alias stands within its own anchor, so the value has no end";
test.each([
	["budgets", () => readBudgetsFile("a.total: &x [*x]", "b.yaml"), `b.yaml: ${words}`],
	["a profile", () => parseProfile("name: p\nistio: &x {values: *x}", "p.yaml"), `p.yaml: ${words}`],
	[
		"manifests",
		() => parseManifests("apiVersion: v1\nkind: A\nmetadata: {name: a}\nspec: &x {y: *x}", "m.yaml"),
		`m.yaml:1: document 1: ${words}`,
	],
])("%s that hold themselves are refused with their file", (_, read, message) => {
	expect(read).toThrow(expect.objectContaining({ exitCode: 2, message }));
});

test("budgets in two documents are refused with their file", () => {
	expect(() => readBudgetsFile("- a.total: p(50) < 3s\n---\n- b.total: p(50) < 3s\n", "b.yaml")).toThrow(
		expect.objectContaining({ exitCode: 2, message: expect.stringMatching(/^b\.yaml: .*document/) }),
	);
});
