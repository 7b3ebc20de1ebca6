import { readdirSync } from "node:fs";
import type { Command } from "commander";
import { expect, it } from "vitest";
import { commands } from "../../src/cli/commands.ts";
import type { Declaration } from "../../src/cli/declaration.ts";
import { declare } from "../../src/main.ts";
import { knistio } from "../support/command-line.ts";
import { silentContext } from "../support/silent-context.ts";
import { expectFilesOf, recipeFor, withEntry } from "./recipe.ts";

const recipe = recipeFor("A command");

const declareToy: Declaration = (program, context, finish) => {
	program
		.command("toy")
		.description("do nothing")
		.action(async () => {
			context.stdout("done\n");
			finish(0);
		});
};

it("names files that are there", () => {
	expectFilesOf(recipe);
	expect(recipe.files).toContain("src/cli/commands.ts");
	expect(recipe.newFiles).toEqual(["src/cli/NAME.ts", "src/commands/NAME.ts"]);
});

it("adds a command by its entry alone: it runs, and help and suggestions know it", () =>
	withEntry(commands, declareToy, async () => {
		expect(await knistio(["toy"])).toMatchObject({ code: 0, stdout: "done\n" });
		expect((await knistio(["--help"])).stdout).toMatch(/^ +toy +do nothing$/m);
		expect((await knistio(["help", "toy"])).stdout).toContain("Usage: knistio toy");
		expect((await knistio(["tpy"])).stderr).toContain("did you mean toy?");
	}));

it("has a file for each command, named like it", () => {
	const names = declare(silentContext(), () => {}).commands.map((command: Command) => command.name());
	const files = readdirSync("src/cli").filter((file) => file.endsWith(".ts"));
	const declared = files
		.map((file) => file.replace(".ts", ""))
		.filter((name) => !/^(commands|declaration)$/.test(name));
	expect(names.sort()).toEqual(declared.sort());
});
