import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { loadAll } from "js-yaml";
import { describe, expect, test } from "vitest";
import { exitCodeOf, judge } from "../../src/gate/judge.ts";
import { declare } from "../../src/main.ts";
import { aReport, around } from "../gate/a-report.ts";
import { fakeContext } from "../support/fake-context.ts";

const folder = join(import.meta.dirname, "../../.github");
const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
	statSync(join(folder, name)).isFile(),
);
const textOf = (name: string) => readFileSync(join(folder, name), "utf8");
const yamlFiles = files.filter((name) => name.endsWith(".yml") || name.endsWith(".yaml"));
const workflows = yamlFiles.filter((name) => name.startsWith("workflows/"));

/** The YAML of a page, block by block. */
const blocksOf = (page: string) => [...page.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, block = ""]) => block);

interface Step {
	run?: string;
	uses?: string;
}

interface Jobs {
	permissions?: unknown;
	jobs: Record<string, { steps: Step[]; permissions?: Record<string, string> }>;
}

describe("what CI reads", () => {
	test.each(yamlFiles)("%s is YAML", (name) => {
		const documents = loadAll(textOf(name));
		expect(documents.length).toBeGreaterThan(0);
		for (const document of documents) expect(document).toBeTypeOf("object");
	});

	test("the examples are YAML too", () => {
		const blocks = blocksOf(textOf("CI.md"));
		expect(blocks.length).toBeGreaterThanOrEqual(6);
		for (const block of blocks) for (const document of loadAll(block)) expect(document).toBeTypeOf("object");
	});

	test.each(workflows)("%s may read the source and write nothing", (name) => {
		const [workflow] = loadAll(textOf(name)) as Jobs[];
		expect(workflow?.permissions).toEqual({ contents: "read" });
		for (const { permissions = {} } of Object.values(workflow?.jobs ?? {})) {
			expect(Object.values(permissions).filter((value) => value !== "read")).toEqual([]);
		}
	});

	test.each([...yamlFiles, "CI.md"])("%s pins foreign actions by commit and tells the version", (name) => {
		const uses = textOf(name)
			.split("\n")
			.filter((line) => /^\s*(- )?uses: (?!\.\/|YOUR-ORG)/.test(line));
		for (const line of uses) expect(line).toMatch(/uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
		if (workflows.includes(name)) expect(uses).not.toEqual([]);
	});

	test("bench.yml asks for enough cold starts that a run can fail", () => {
		const [workflow] = loadAll(textOf("workflows/bench.yml")) as {
			jobs: { kind: { steps: { uses?: string; with?: Record<string, string> }[] } };
		}[];
		const { with: inputs = {} } = workflow?.jobs.kind.steps.find(({ uses }) => uses?.startsWith("./")) ?? {};
		const n = Number(/\|\| '(\d+)'/.exec(inputs.iterations ?? "")?.[1]);
		const report = (slower: number) => {
			const phases = Array.from({ length: 18 }, (_, index): [string, number[]] => [
				`phase-${index}`,
				around(200 * slower, 30, n),
			]);
			const sketch = { totals: around(18 * 200 * slower, 500, n), phases: Object.fromEntries(phases) };
			return aReport({ minimal: sketch, full: sketch });
		};
		const baseline = {
			reports: [report(1)],
			minimumEffectMs: 100,
			minimumEffectShare: 0.05,
			required: ["total"],
			allowDifferent: [],
		};
		expect(exitCodeOf(judge(report(1.3), { budgets: [], acceptSimulated: false, baseline }))).toBe(99);
	});

	test.each(yamlFiles.filter((name) => !/^rbac(-|\.)/.test(name)))("%s keeps expressions out of scripts", (name) => {
		const [file] = loadAll(textOf(name)) as (Partial<Jobs> & { runs?: { steps: Step[] } })[];
		const steps = [...Object.values(file?.jobs ?? {}).flatMap((job) => job.steps), ...(file?.runs?.steps ?? [])];
		expect(steps.length).toBeGreaterThan(0);
		for (const { run = "" } of steps) expect(run).not.toContain("${{");
	});

	test("names only options that knistio has", () => {
		const { commands } = declare(fakeContext().context, () => {});
		const known = new Set(
			commands
				.flatMap((command) => [command, ...command.commands])
				.flatMap(({ options }) => options.map(({ long }) => long)),
		);
		const foreign = [
			"--fail",
			"--location",
			"--output",
			"--header",
			"--global",
			"--from",
			"--adapter",
			"--file",
			"--build-arg",
			"--tag",
		];
		const named = textOf("CI.md").match(/(?<![\w-])--[a-z][a-z-]+/g) ?? [];
		expect(named.length).toBeGreaterThan(20);
		expect(named.filter((flag) => !known.has(flag) && !foreign.includes(flag))).toEqual([]);
	});
});
