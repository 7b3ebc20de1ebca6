import { readdirSync } from "node:fs";
import { expect, it, vi } from "vitest";
import { builtInProfiles } from "../../src/profile/built-in.ts";
import { knistio } from "../support/command-line.ts";
import { expectFilesOf, recipeFor, withEntry } from "./recipe.ts";

/** The file of a profile that is not there: the text of `minimal` under another name. */
vi.mock("node:fs/promises", async (original) => {
	const real = await original<typeof import("node:fs/promises")>();
	const readFile = async (path: string, options: "utf8") => {
		if (!String(path).endsWith("profiles/toy.yaml")) return real.readFile(path, options);
		const text = await real.readFile(String(path).replace("toy", "minimal"), options);
		return text.replace(/^name: .*$/m, "name: toy").replace(/^title: .*$/m, "title: a toy");
	};
	return { ...real, readFile };
});

const recipe = recipeFor("A profile");

it("names files that are there", () => {
	expectFilesOf(recipe);
	expect(recipe.files).toEqual(expect.arrayContaining(["src/profile/built-in.ts", "README.md"]));
	expect(recipe.newFiles).toEqual(["profiles/NAME.yaml"]);
});

it("adds a profile by its file and its name: it is listed, shown and suggested", () =>
	withEntry<string>(builtInProfiles, "toy", async () => {
		expect((await knistio(["profiles", "list"])).stdout).toMatch(/^toy +a toy /m);
		expect(await knistio(["profiles", "show", "toy"])).toMatchObject({
			code: 0,
			stdout: expect.stringContaining("toy"),
		});
		const { code, stderr } = await knistio(["bench", "-p", "toyy"]);
		expect([code, stderr]).toEqual([2, expect.stringMatching(/did you mean "toy"\?.*, toy\n/)]);
	}));

it("has every file in the list", () => {
	const files = readdirSync("profiles").filter((file) => file.endsWith(".yaml"));
	expect(files.map((file) => file.replace(".yaml", "")).sort()).toEqual([...builtInProfiles].sort());
});
