import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { main } from "../../src/main.ts";
import { type ReportFormat, reportFormats } from "../../src/output/formats.ts";
import { type VerdictFormat, verdictFormats } from "../../src/output/verdict-formats.ts";
import { aReport, around } from "../gate/a-report.ts";
import { fakeContext } from "../support/fake-context.ts";
import { expectFilesOf, recipeFor, withEntry } from "./recipe.ts";

const recipe = recipeFor("A format");
const report = aReport({ minimal: { totals: around(2000, 50, 20) } });

async function run(...argv: string[]) {
	const world = fakeContext({ "run.json": report });
	const code = await main(argv, world.context);
	return { code, files: world.files, ...world.said };
}

it("names files that are there", () => {
	expectFilesOf(recipe);
	expect(recipe.files).toEqual(expect.arrayContaining(["src/output/formats.ts", "src/output/verdict-formats.ts"]));
});

describe("a format of reports", () => {
	const toy: ReportFormat = {
		name: "toy",
		extension: ".toy",
		description: "a toy",
		load: async () => (figures) => `toy of ${figures.runs.length}\n`,
	};

	it("is written by --out and printed by show", () =>
		withEntry(reportFormats, toy, async () => {
			expect(await run("show", "run.json", "--format", "toy")).toMatchObject({ code: 0, stdout: "toy of 1\n" });
			expect((await run("show", "run.json", "--out", "run.toy")).files.get("run.toy")).toBe("toy of 1\n");
		}));

	it("is in every help and in every message that lists formats", () =>
		withEntry(reportFormats, toy, async () => {
			for (const command of ["bench", "show", "replay"]) {
				expect((await run(command, "--help")).stdout, command).toContain(".toy");
			}
			expect((await run("show", "--help")).stdout).toContain("toy (a toy)");
			for (const command of [
				["show", "run.json"],
				["replay", "run.ndjson"],
				["bench", "-p", "minimal"],
			]) {
				const { code, stderr } = await run(...command, "--out", "x.xml");
				expect([code, stderr]).toEqual([2, expect.stringMatching(/hint: .*\.toy/)]);
			}
			expect((await run("show", "run.json", "--format", "xml")).stderr).toMatch(/hint: .*toy/);
		}));
});

describe("a format of verdicts", () => {
	const toy: VerdictFormat = {
		name: "toy-verdict",
		description: "write a toy",
		load: async () => (judgement, figures) => `${judgement.verdicts.length} of ${figures.runs.length}\n`,
	};

	it("is an option of every command that judges", () =>
		withEntry(verdictFormats, toy, async () => {
			for (const command of ["bench", "check", "replay"]) {
				expect((await run(command, "--help")).stdout, command).toMatch(/--toy-verdict <file> +write a toy/);
			}
			const { files } = await run("check", "run.json", "--budget", "total: p(50) < 9s", "--toy-verdict", "toy.txt");
			expect(files.get("toy.txt")).toMatch(/^\d+ of 1\n$/);
		}));
});

it("the list stands nowhere else", () => {
	const texts = ["src/cli", "src/commands"].flatMap((folder) =>
		readdirSync(folder, { recursive: true, encoding: "utf8" })
			.filter((file) => file.endsWith(".ts"))
			.map((file) => ({ file, text: readFileSync(join(folder, file), "utf8") })),
	);
	// `table` and `json` are words of other options too.
	const named = [...reportFormats.slice(2), ...verdictFormats].map(({ name }) => name);
	const listing = texts.filter(
		({ text }) => named.filter((name) => new RegExp(`\\.?\\b${name}\\b[,"]`).test(text)).length > 1,
	);
	expect(listing.map(({ file }) => file)).toEqual([]);
});
