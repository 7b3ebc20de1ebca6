import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { exitCodes } from "../src/errors.ts";
import { declare } from "../src/main.ts";
import { builtInProfiles } from "../src/profile/built-in.ts";
import { phaseDescriptions } from "../src/report/phases.ts";
import { updateBlock } from "./support/readme.ts";
import { silentContext } from "./support/silent-context.ts";

const readme = readFileSync("README.md", "utf8");
const program = declare(silentContext(), () => {});

const commandTable = () => {
	const rows = program.commands
		.filter((command) => command.name() !== "help")
		.map((command) => {
			const names = [command.name(), ...command.aliases()].map((name) => `\`${name}\``).join(", ");
			return `| ${names} | ${command.description()} |`;
		});
	return ["| command | does |", "| --- | --- |", ...rows].join("\n");
};

const phaseTable = () => {
	const rows = phaseDescriptions.map(({ name, kind, text }) => `| \`${name}\` | ${kind} | ${text} |`);
	return ["| name | kind | from → to |", "| --- | --- | --- |", ...rows].join("\n");
};

describe("README.md", () => {
	it("lists the commands and phases that there are (`vitest run test/docs.test.ts --update` writes them)", async () => {
		const updated = updateBlock(updateBlock(readme, "commands", commandTable()), "phases", phaseTable());
		await expect(updated).toMatchFileSnapshot("../README.md");
	});

	it("explains every exit code", () => {
		for (const code of Object.values(exitCodes))
			expect(readme).toMatch(new RegExp(`^\\| (\\d+, )*${code}(, \\d+)* \\|`, "m"));
	});

	it("names every built-in profile", () => {
		for (const name of builtInProfiles) expect(readme).toContain(`| \`${name}\` |`);
	});
});

/** Command lines in code blocks and examples, without comments; lines that end in \ go on. */
function commandLines(text: string): string[] {
	const lines = text.replaceAll("\\\n", " ").split("\n");
	return lines.flatMap((line) => {
		const found = /^\s*(?:\$ )?(?:knistio|node dist\/bin\.js) (.+)$/.exec(line.replace(/\s#\s.*$/, ""));
		return found?.[1] === undefined ? [] : [found[1].replace(/\s*\|.*$/, "").trim()];
	});
}

function complaint(line: string): string | undefined {
	const words = line.match(/"[^"]*"|\S+/g) ?? [];
	let command: Command | undefined = program;
	let next: Command | undefined = program;
	const rest = [...words];
	while (rest[0] !== undefined && next !== undefined) {
		next = command?.commands.find((each) => each.name() === rest[0] || each.aliases().includes(rest[0] ?? ""));
		if (next === undefined) break;
		command = next;
		rest.shift();
	}
	if (command === program && words[0] !== "help") return `no command in "${line}"`;
	const options = command?.options ?? [];
	for (const word of rest.filter((each) => each.startsWith("-"))) {
		const name = word.replace(/=.*$/, "");
		if (!options.some(({ short, long }) => short === name || long === name)) return `${name} is no option in "${line}"`;
	}
	return undefined;
}

describe("examples", () => {
	const helps = (command: Command): string[] => {
		let text = "";
		command.configureOutput({
			writeOut: (part) => {
				text += part;
			},
		});
		command.outputHelp();
		return [text, ...command.commands.flatMap(helps)];
	};
	const texts = [readme, readFileSync("profiles/README.md", "utf8"), ...helps(program)];
	const lines = texts.flatMap(commandLines);

	it("are there", () => expect(lines.length).toBeGreaterThan(10));

	it.each(lines)("%s", (line) => expect(complaint(line)).toBeUndefined());
});
