import { expect, it, vi } from "vitest";
import { builtInVariants } from "../../src/profile/built-in.ts";
import { knistio } from "../support/command-line.ts";
import { expectFilesOf, recipeFor, withEntry } from "./recipe.ts";

/** The file of a variant that is not there: the text of `classic` under another name. */
vi.mock("node:fs/promises", async (original) => {
	const real = await original<typeof import("node:fs/promises")>();
	const readFile = async (path: string, options: "utf8") => {
		if (!String(path).endsWith("profiles/variants/toy.yaml")) return real.readFile(path, options);
		const text = await real.readFile(String(path).replace("toy", "classic"), options);
		return text.replace(/^name: .*$/m, "name: toy").replace(/^title: .*$/m, "title: a toy");
	};
	return { ...real, readFile };
});

const recipe = recipeFor("A variant");

it("names files that are there", () => {
	expectFilesOf(recipe);
	expect(recipe.files).toEqual(expect.arrayContaining(["src/profile/built-in.ts", "docs/variants.md"]));
	expect(recipe.newFiles).toEqual(["profiles/variants/NAME.yaml"]);
});

it("adds a variant by its file and its name: it is listed, shown, suggested and taken by `all`", () =>
	withEntry<string>(builtInVariants, "toy", async () => {
		expect((await knistio(["profiles", "list"])).stdout).toMatch(/^toy +a toy /m);
		expect(await knistio(["profiles", "show", "toy"])).toMatchObject({
			code: 0,
			stdout: expect.stringContaining("sidecar: classic"),
		});
		const { code, stderr } = await knistio(["bench", "-p", "full", "--variants", "toyy"]);
		expect([code, stderr]).toEqual([2, expect.stringContaining('did you mean "toy"?')]);
	}));
