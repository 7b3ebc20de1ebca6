import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { main } from "../../src/main.ts";
import { aReport, around } from "../gate/a-report.ts";
import { fakeContext } from "../support/fake-context.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
const report = aReport({ minimal: { totals: around(1_000, 40, 10) } });
const limit = "minimal.total: p(50) < 5s";

/** Reading the program for the first time takes a while on a busy machine. */
vi.setConfig({ testTimeout: 30_000 });

it.each([
	["a verdict over its report", ["check", "run.json", "--budget", limit, "--junit", "./run.json"], "the report"],
	["a verdict over its budgets", ["check", "run.json", "--budgets", "b.yaml", "--summary", "b.yaml"], "the budgets"],
	["a badge over its history", ["history", "show", "h.ndjson", "--badge", "h.ndjson"], "the history"],
	["a comparison over a report", ["compare", "run.html", "--out", "run.html"], "a report that is compared"],
	["a report over its recording", ["replay", "run.json", "--out", "run.json"], "the recording"],
	["a report over its profile", ["bench", "-p", "./p.yaml", "--junit", "p.yaml", "--dry-run"], "a profile"],
])("%s is refused before anything is written", async (_, argv, what) => {
	const { context, files, said } = fakeContext({ "run.json": report, "run.html": report, "b.yaml": `- ${limit}` });
	expect(await main(["history", "add", "h.ndjson", "run.json"], context)).toBe(0);
	const before = new Map(files);
	const profile = join(folder, "p.yaml");
	writeFileSync(profile, "name: p\nistio: {components: {}}\nmeshCompatibilityMode: auto\npromises: {sidecar: none}\n");
	const words = argv.map((word) => (/p\.yaml$/.test(word) ? profile : word));
	expect(await main(words, context), said.stderr).toBe(2);
	expect(said.stderr).toContain(`a result would overwrite ${what}`);
	expect(said.stderr).toContain("hint: give each result a file of its own");
	expect(files).toEqual(before);
});

it.each([
	["its baseline", ["--out", "main.json", "--baseline", "./main.json"], "the baseline would be overwritten"],
	["another result", ["--out", "run.json", "--junit", "run.json"], "two results would be written to this file"],
])("a Job whose result would overwrite %s is refused, also where it is only printed", async (_, line, said) => {
	const world = fakeContext({ "main.json": report });
	expect(await main(["job", "--image", "x:1", "--", "bench", "-p", "minimal", ...line], world.context)).toBe(2);
	expect(world.said.stderr).toContain(said);
	expect(world.said.stdout).toBe("");
});
