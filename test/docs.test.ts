import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { exitCodes } from "../src/errors.ts";
import { declare } from "../src/main.ts";
import { reportFormats } from "../src/output/formats.ts";
import { builtInProfiles, builtInVariants } from "../src/profile/built-in.ts";
import { loadProfiles } from "../src/profile/load.ts";
import { phaseDescriptions } from "../src/report/phases.ts";
import { reportSchema, sourceSchema } from "../src/report/report.ts";
import { updateBlock } from "./support/readme.ts";
import { silentContext } from "./support/silent-context.ts";

const read = (file: string) => readFileSync(file, "utf8");
const readme = read("README.md");
const pages = readdirSync("docs").map((name) => `docs/${name}`);
const guides = [".github/CI.md", ".github/CONTRIBUTING.md", "profiles/README.md", "src/README.md"];
const documents = ["README.md", ...pages, ...guides];
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

const variantTable = async () => {
	const rows = (await loadProfiles(builtInVariants)).map(({ name, title = "", variant }) => {
		const file = `[${name}](../profiles/variants/${name}.yaml)`;
		return `| ${file} | ${title} | ${variant?.knob} | ${variant?.cost} | [docs](${variant?.source}) |`;
	});
	return ["| variant | is | the knob | what it costs | source |", "| --- | --- | --- | --- | --- |", ...rows].join(
		"\n",
	);
};

const formatTable = () => {
	const rows = reportFormats.flatMap(({ extension, description }) =>
		extension === undefined ? [] : [`| \`${extension}\` | ${description} |`],
	);
	return ["| a file that ends in | holds |", "| --- | --- |", ...rows].join("\n");
};

describe("README.md", () => {
	it("lists the commands and formats that there are (`vitest run test/docs.test.ts --update` writes them)", async () => {
		const updated = updateBlock(updateBlock(readme, "commands", commandTable()), "formats", formatTable());
		await expect(updated).toMatchFileSnapshot("../README.md");
	});

	it("explains every exit code", () => {
		for (const code of Object.values(exitCodes))
			expect(readme).toMatch(new RegExp(`^\\| (\\d+, )*${code}(, \\d+)* \\|`, "m"));
	});

	it("names every built-in profile", () => {
		for (const name of builtInProfiles) expect(readme).toContain(`| \`${name}\` |`);
	});

	it("links to every page of docs", () => {
		for (const page of pages) expect(readme).toContain(`(${page})`);
	});
});

describe("docs/phases.md", () => {
	it("lists the phases that there are", async () => {
		await expect(updateBlock(read("docs/phases.md"), "phases", phaseTable())).toMatchFileSnapshot("../docs/phases.md");
	});
});

describe("docs/variants.md", () => {
	it("lists the variants that there are", async () => {
		const updated = updateBlock(read("docs/variants.md"), "variants", await variantTable());
		await expect(updated).toMatchFileSnapshot("../docs/variants.md");
	});
});

describe("docs/accuracy.md", () => {
	it("explains every source of a time", () => {
		for (const source of sourceSchema.options) expect(read("docs/accuracy.md")).toContain(`| \`${source}\` |`);
	});
});

describe("docs/report.md", () => {
	const report = read("docs/report.md");

	it("explains every field of a report", () => {
		expect(fieldsOf(reportSchema).filter((name) => !new RegExp(`\`${name}(\\[\\])?\``).test(report))).toEqual([]);
	});

	it("explains every anomaly", () => {
		expect(findingCodes().filter((code) => !report.includes(`\n| \`${code}\` |`))).toEqual([]);
	});
});

/** The names of all fields but a profile's, which profiles/README.md explains. */
function fieldsOf(schema: unknown): string[] {
	if (schema instanceof z.ZodOptional || schema instanceof z.ZodExactOptional) return fieldsOf(schema.unwrap());
	if (schema instanceof z.ZodArray) return fieldsOf(schema.element);
	if (schema instanceof z.ZodRecord) return fieldsOf(schema.valueType);
	if (!(schema instanceof z.ZodObject)) return [];
	return Object.entries(schema.shape).flatMap(([name, inner]) => [
		name,
		...(name === "profile" ? [] : fieldsOf(inner)),
	]);
}

/** The codes of findings, as the source writes them. */
function findingCodes(): string[] {
	const files = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
	const codes = files.flatMap((name) =>
		[...read(join("src", name)).matchAll(/\bcode: "([a-z]+(?:-[a-z]+)*)"/g)].map(([, code = ""]) => code),
	);
	expect(codes.length).toBeGreaterThan(10);
	return [...new Set(codes)];
}

describe.each(documents)("%s", (file) => {
	const text = read(file);

	it("links to what is there", () => {
		const links = [...text.matchAll(/\]\((?!https?:)([^)#\s]*)(#[^)\s]+)?\)/g)];
		const broken = links.filter(([, path = "", anchor]) => {
			const target = path === "" ? file : join(file, "..", path);
			if (!existsSync(target)) return true;
			return anchor !== undefined && !anchorsOf(read(target)).includes(anchor.slice(1));
		});
		expect(broken.map(([link]) => link)).toEqual([]);
	});

	it("has lines of at most 100 columns, tables and code apart", () => {
		const prose = text.replace(/```[\s\S]*?```/g, "");
		const long = prose.split("\n").filter((line) => line.length > 100 && !/^\s*\||\]\(/.test(line));
		expect(long).toEqual([]);
	});
});

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(text: string): string[] {
	return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
		heading
			.toLowerCase()
			.replace(/[^\p{L}\p{N} _-]/gu, "")
			.replaceAll(" ", "-"),
	);
}

/** Options that a page names in its sentences, such as `--until 50ms`. */
const optionsNamed = (text: string) => [...text.matchAll(/`(--[a-z][a-z-]*)/g)].map(([, name = ""]) => name);

it.each(["README.md", ...pages])("%s names options that there are", (file) => {
	const known = program.commands.flatMap(({ options }) => options.map(({ long }) => long));
	expect(optionsNamed(read(file)).filter((name) => !known.includes(name))).toEqual([]);
});

/** What stands in a page's code blocks. */
const codeOf = (text: string) =>
	[...text.matchAll(/```[a-z]*\n([\s\S]*?)```|((?:^ {4}\S.*\n)+)/gm)]
		.map(([, block, indented]) => block ?? indented)
		.join("\n");

/** Command lines in code blocks and examples, without comments; lines that end in \ go on. */
function commandLines(text: string): string[] {
	const lines = text.replaceAll("\\\n", " ").split("\n");
	return lines.flatMap((line) => {
		const found = /^\s*(?:\$ )?(?:knistio|node dist\/bin\.js) (.+)$/.exec(line.replace(/\s#\s.*$/, ""));
		return found?.[1] === undefined ? [] : [found[1].replace(/\s*\|.*$/, "").trim()];
	});
}

/** A command line of another command may follow a --. */
function complaint(line: string): string | undefined {
	const [outer = "", ...inner] = line.split(" -- ");
	return [outer, ...inner].map(complaintOf).find((each) => each !== undefined);
}

function complaintOf(line: string): string | undefined {
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
		if (!options.some(({ short, long }) => short === name || long === name))
			return `${name} is not an option in "${line}"`;
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
	const texts = [...documents.map(read).map(codeOf), ...helps(program)];
	const lines = texts.flatMap(commandLines);

	it("are there", () => expect(lines.length).toBeGreaterThan(10));

	it.each(lines)("%s", (line) => expect(complaint(line)).toBeUndefined());
});
