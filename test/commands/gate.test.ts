import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type GateOptions, judgeRun, parseGate } from "../../src/commands/gate.ts";
import { main } from "../../src/main.ts";
import type { Report } from "../../src/model/report.ts";
import { anAttempt, aReport, around } from "../judge/a-report.ts";
import { anApp, entriesOf, plainStart } from "../support/cold-start-truth.ts";
import { fakeContext } from "../support/fake-context.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const folder = temporaryFolder();

const open: GateOptions = {
	budgets: [],
	budgetsFiles: [],
	baseline: [],
	minimumEffectMs: 100,
	minimumEffectShare: 0.05,
	required: [],
	allowDifferent: [],
	files: {},
};
const fine = aReport({ minimal: { totals: around(2000, 50, 20) } });
const empty = aReport({ minimal: { totals: around(2000, 50, 20) }, full: { extra: [anAttempt(1, "failed")] } });

async function gateOn(report: Report, options: Partial<GateOptions> = {}, env: Record<string, string> = {}) {
	const world = fakeContext({ "main.json": fine }, env);
	const profiles = report.profiles.map(({ profile }) => profile);
	const gate = await parseGate(profiles, { ...open, ...options }, world.context);
	const code = await judgeRun(report, gate, { acceptSimulated: false, sink: world.context });
	return { code, ...world };
}

describe("the gate of a run", () => {
	test("without anything to judge by asks for a cold start of every profile, and prints nothing else", async () => {
		expect(await gateOn(fine)).toMatchObject({ code: 0, said: { stdout: "", stderr: "" } });
		const { code, said } = await gateOn(empty);
		expect(code).toBe(3);
		expect(said.stdout).toContain("none of 1 attempts counts as a cold start");
	});

	test.each([
		[{ budgets: ["total: p(50) < 3s"] }, 0],
		[{ budgets: ["total: p(50) < 1s"] }, 99],
		[{ baseline: ["main.json"] }, 99],
		[{ baseline: ["main.json"], minimumEffectMs: 900 }, 0],
		[{ baseline: ["none.json"] }, 3],
	])("ends by %j with %i", async (options, code) => {
		const slow = aReport({ minimal: { totals: around(2500, 50, 20) } });
		expect((await gateOn(slow, options)).code).toBe(code);
	});

	test("lets only the run's own profiles be named: another would be inconclusive after hours", async () => {
		await expect(gateOn(fine, { budgets: ["full.total: p(50) < 3s"] })).rejects.toThrow('no profile "full"');
	});

	test("writes what CI shows, whether or not something is judged", async () => {
		const env = { GITHUB_STEP_SUMMARY: "step.md", GITHUB_ACTIONS: "true" };
		const { files, said } = await gateOn(empty, { files: { junit: "j.xml" } }, env);
		expect(files.get("step.md")).toContain("Cold starts: inconclusive");
		expect(files.get("j.xml")).toContain("<error");
		expect(said.stderr).toMatch(/^::warning title=knistio%3A inconclusive::/);
		expect((await gateOn(fine, {}, env)).files.get("step.md")).toContain("minimal");
	});
});

describe("replay", () => {
	const made = { ...plainStart, containers: [anApp("user-container")] };
	const recording = join(folder, "run.ndjson");
	const profile = fine.profiles[0]?.profile;
	const lines = entriesOf(made).entries.map((entry) =>
		JSON.stringify(entry.kind === "profile" ? { ...entry, profile } : entry),
	);
	writeFileSync(recording, lines.join("\n"));

	test.each([
		[[], 0],
		[["--budget", "total: max < 3s"], 0],
		[["--budget", "total: max < 300ms"], 99],
		[["--budget", "total: p(50) < 3s"], 3],
		[["--budget", "totl: p(50) < 3s"], 2],
	])("ends with %j as the run would have: %i", async (options, code) => {
		const { context, said } = fakeContext();
		expect(await main(["replay", recording, ...options], context), said.stderr).toBe(code);
	});
});
