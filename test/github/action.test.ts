import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { describe, expect, test } from "vitest";
import { main } from "../../src/main.ts";
import { fakeContext } from "../support/fake-context.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const file = join(import.meta.dirname, "../../.github/actions/knistio/action.yml");
const action = load(readFileSync(file, "utf8")) as {
	runs: { steps: { name?: string; run?: string; env?: Record<string, string> }[] };
};
const step = (name: string) => action.runs.steps.find((each) => each.name === name);
const folder = temporaryFolder();

/** Runs a step's script as GitHub does, with a knistio that notes its arguments and ends with a code. */
function runStep(name: string, given: Record<string, string>) {
	const own = mkdtempSync(join(folder, "step-"));
	const knistio = join(own, "knistio.js");
	writeFileSync(
		knistio,
		`require("fs").writeFileSync(${JSON.stringify(join(own, "argv"))}, JSON.stringify(process.argv.slice(2)));
		require("fs").writeFileSync(${JSON.stringify(join(own, "results/report.json"))}, "new");
		process.exit(Number(process.env.CODE_OF_KNISTIO));`,
	);
	const baseline = join(own, "main.json");
	if (given.HAS_BASELINE === "yes") writeFileSync(baseline, "old");
	const output = join(own, "output");
	writeFileSync(output, "");
	mkdirSync(join(own, "cwd"));
	const nothing = Object.fromEntries(Object.keys(step(name)?.env ?? {}).map((key) => [key, ""]));
	const ended = spawnSync("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", step(name)?.run ?? "exit 77"], {
		cwd: join(own, "cwd"),
		encoding: "utf8",
		env: {
			PATH: process.env.PATH,
			...nothing,
			GITHUB_OUTPUT: output,
			KNISTIO: knistio,
			FOLDER: join(own, "results"),
			BASELINE_FILE: baseline,
			...given,
		},
	});
	const outputs = Object.fromEntries(
		readFileSync(output, "utf8")
			.split("\n")
			.filter(Boolean)
			.map((line) => line.split("=", 2) as [string, string]),
	);
	const argv = existsSync(join(own, "argv")) ? (JSON.parse(readFileSync(join(own, "argv"), "utf8")) as string[]) : [];
	const kept = join(own, "results/baseline/baseline.json");
	return { ended, outputs, argv, kept: existsSync(kept) ? readFileSync(kept, "utf8") : undefined };
}

const usual = { PROFILES: "minimal\n./mine.yaml\n", ITERATIONS: "5", CODE_OF_KNISTIO: "0", WRITES_BASELINE: "false" };

describe("the action", () => {
	test("gives knistio arguments that it takes, budgets with their blanks", async () => {
		const { argv, ended } = runStep("Measure", {
			...usual,
			BUDGETS: "minimal.total: p(50) < 3s\nlimits.yaml\n",
			ARGS: "--min-effect\n300ms\n",
		});
		expect(ended.stderr).toBe("");
		expect(argv).toEqual(expect.arrayContaining(["--profile", "minimal", "./mine.yaml", "--iterations", "5"]));
		const following = (flag: string) => argv[argv.indexOf(flag) + 1];
		expect(following("--budget")).toBe("minimal.total: p(50) < 3s");
		expect(following("--budgets")).toBe("limits.yaml");
		expect(following("--min-effect")).toBe("300ms");
		expect(argv).not.toContain("--baseline");
		const { context, said } = fakeContext();
		expect(await main(argv, context)).toBe(2);
		// Every option was understood; the next thing is to read the profiles, one of which is missing.
		expect(said.stderr).toContain("mine.yaml");
	});

	test.each([
		["0", "pass"],
		["99", "breach"],
		["3", "inconclusive"],
		["2", "error"],
		["137", "error"],
	])("calls exit code %s %s", (code, verdict) => {
		const { outputs } = runStep("Measure", { ...usual, CODE_OF_KNISTIO: code });
		expect(outputs).toMatchObject({ "exit-code": code, verdict });
	});

	test.each([
		["a pull request with a baseline", "no", "yes", "0", true, undefined],
		["a pull request without one", "no", "no", "3", true, undefined],
		["the first run of main", "yes", "no", "0", false, "new"],
		["a run of main that passes", "yes", "yes", "0", true, "new"],
		["a run of main that cannot tell", "yes", "yes", "3", true, "old"],
		["a first run of main that cannot tell", "yes", "no", "3", false, undefined],
		["a run of main that is slower", "yes", "yes", "99", true, undefined],
	])("%s: is judged by the baseline, and keeps one", (_, isMain, hasBaseline, code, isJudged, kept) => {
		const ran = runStep("Measure", {
			...usual,
			BASELINE: "cold-starts",
			WRITES_BASELINE: String(isMain === "yes"),
			HAS_BASELINE: hasBaseline,
			CODE_OF_KNISTIO: code,
		});
		expect(ran.argv.includes("--baseline")).toBe(isJudged);
		expect(ran.kept).toBe(kept);
		expect(ran.outputs["keep-baseline"]).toBe(kept === undefined ? undefined : "true");
	});

	test.each([
		["0", "fail", 0],
		["99", "warn", 99],
		["3", "fail", 3],
		["3", "warn", 0],
		["4", "warn", 4],
		["", "warn", 2],
	])("fails the job by code %s, inconclusive: %s", (code, inconclusive, status) => {
		const { ended } = runStep("Verdict", { CODE: code, INCONCLUSIVE: inconclusive });
		expect(ended.status).toBe(status);
		expect(ended.stdout.includes("::warning")).toBe(code === "3" && inconclusive === "warn");
	});
});
