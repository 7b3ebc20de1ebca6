import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { parseReport } from "../../src/report/read-report.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** The action's scripts, run as the runner runs them: with bash, with the built program, on the simulated cluster. */

interface Step {
	id?: string;
	name?: string;
	run?: string;
	env?: Record<string, string>;
	with?: Record<string, string>;
	"working-directory"?: string;
}

const actionPath = join(import.meta.dirname, "../../.github/actions/knistio");
const action = load(readFileSync(join(actionPath, "action.yml"), "utf8")) as {
	inputs: Record<string, { default?: string }>;
	outputs: Record<string, { value: string }>;
	runs: { steps: Step[] };
};
const folder = temporaryFolder();
vi.setConfig({ testTimeout: 60_000 });

/** Stands for GitHub's own: `run list` knows run 7, and `run download` gives its artifact, where there is one. */
const gh = `#!/usr/bin/env bash
if [[ $2 == list ]]; then [[ -n $ARTIFACT ]] && echo 7; exit 0; fi
[[ $2 == download && $3 == 7 ]] || exit 1
while [[ $1 != --dir ]]; do shift; done
mkdir -p "$2" && cp "$ARTIFACT"/*.json "$2"
`;

interface Job {
	inputs: Record<string, string>;
	refName: string;
	/** The folder that an earlier run has kept as its baseline. */
	artifact?: string;
}

function runJob({ inputs: given, refName, artifact = "" }: Job) {
	const temp = mkdtempSync(join(folder, "job-"));
	const bin = join(temp, "bin");
	mkdirSync(bin);
	writeFileSync(join(bin, "gh"), gh);
	chmodSync(join(bin, "gh"), 0o755);
	const defaults = Object.entries(action.inputs).map(([name, { default: value = "" }]) => [name, value]);
	const inputs: Record<string, string> = { ...Object.fromEntries(defaults), token: "", ...given };
	const values: Record<string, string> = {
		"github.action_path": actionPath,
		"runner.temp": temp,
		"github.ref_name == inputs.branch": String(refName === inputs.branch),
	};
	for (const [name, value] of Object.entries(inputs)) values[`inputs.${name}`] = value;
	const evaluate = (text: string) =>
		text.replace(/\$\{\{\s*(.*?)\s*\}\}/g, (_, expression: string) => {
			const value = values[expression];
			if (value === undefined) throw new Error(`this test does not know ${expression}`);
			return value;
		});
	const summary = join(temp, "summary.md");

	function run(name: string) {
		const step = action.runs.steps.find((each) => each.name === name);
		if (step?.run === undefined) throw new Error(`the action has no script "${name}"`);
		const output = join(temp, "output");
		writeFileSync(output, "");
		const env = Object.entries(step.env ?? {}).map(([key, value]) => [key, evaluate(value)]);
		const ended = spawnSync("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", step.run], {
			cwd: temp,
			encoding: "utf8",
			env: {
				PATH: `${bin}:${process.env.PATH}`,
				HOME: temp,
				CI: "true",
				GITHUB_ACTIONS: "true",
				GITHUB_REPOSITORY: "someone/something",
				GITHUB_WORKFLOW: "bench",
				GITHUB_OUTPUT: output,
				GITHUB_STEP_SUMMARY: summary,
				ARTIFACT: artifact,
				...Object.fromEntries(env),
			},
		});
		for (const line of readFileSync(output, "utf8").split("\n").filter(Boolean)) {
			const [key = "", value = ""] = line.split("=", 2);
			values[`steps.${step.id}.outputs.${key}`] = value;
		}
		return ended;
	}

	const fetched = inputs.baseline === "" ? undefined : run("Fetch the baseline");
	const measured = run("Measure");
	const outputs = Object.fromEntries(
		Object.entries(action.outputs).map(([name, { value }]) => [name, evaluate(value)] as const),
	);
	const verdict = run("Verdict");
	const uploads = action.runs.steps.find(({ name }) => name === "Keep the report")?.with?.path ?? "";
	return {
		fetched,
		measured,
		outputs,
		verdict,
		keepsBaseline: values["steps.bench.outputs.keep-baseline"] === "true",
		baselineFolder: evaluate(
			action.runs.steps.find(({ name }) => name === "Keep the baseline")?.with?.path ?? "",
		).replace(/\/\*\.json$/, ""),
		reportFolder: evaluate(uploads.split("\n")[0] ?? "").replace(/\/\*$/, ""),
		summary: existsSync(summary) ? readFileSync(summary, "utf8") : "",
	};
}

const simulated = "--cluster\nsimulated\n--speed\n10\n";
const usual = { profiles: "minimal", iterations: "1", baseline: "cold-starts", args: simulated };

describe("the action's scripts, with the program", () => {
	let first: ReturnType<typeof runJob>;
	let artifact: string;

	beforeAll(() => {
		first = runJob({ inputs: usual, refName: "main" });
		artifact = first.baselineFolder;
	}, 60_000);

	test("measure, write what a job shows, and keep the first baseline", () => {
		expect(first.fetched).toMatchObject({ status: 0, stdout: "no run of main has a baseline yet\n" });
		expect(first.measured.status, first.measured.stderr).toBe(0);
		expect(first.outputs).toMatchObject({ "exit-code": "0", verdict: "pass" });
		expect(first.verdict.status).toBe(0);
		const report = parseReport(readFileSync(first.outputs.report ?? "", "utf8"), "report");
		expect(report.profiles[0]?.coldStarts.length).toBe(2);
		expect(readdirSync(first.reportFolder).sort()).toEqual([
			"baseline",
			"comment.md",
			"junit.xml",
			"report.json",
			"report.md",
			"report.recording.ndjson",
		]);
		expect(first.keepsBaseline).toBe(true);
		expect(readdirSync(artifact).sort()).toEqual(["anchor-1.json", "recent-1.json"]);
		const kept = readFileSync(join(artifact, "recent-1.json"), "utf8");
		expect(kept).toBe(readFileSync(first.outputs.report ?? "", "utf8"));
		expect(first.summary).toContain("## ✅ Cold starts: pass (simulated)");
	});

	test("fail a pull request that breaches, with code 99, and leave the baseline alone", () => {
		const inputs = { ...usual, budgets: "minimal.total: max < 1ms\n", inconclusive: "warn" };
		const { fetched, measured, outputs, verdict, keepsBaseline, summary, reportFolder } = runJob({
			inputs,
			refName: "12/merge",
			artifact,
		});
		expect(fetched?.stdout).toBe("the baseline is that of run 7\n");
		expect(measured.status, measured.stderr).toBe(0);
		expect(outputs).toMatchObject({ "exit-code": "99", verdict: "breach" });
		expect(verdict.status).toBe(99);
		expect(keepsBaseline).toBe(false);
		expect(measured.stderr).toMatch(/^::error title=knistio%3A breach \(simulated\)::minimal: total /m);
		expect(summary).toContain("## ❌ Cold starts: breach (simulated)");
		expect(readFileSync(join(reportFolder, "junit.xml"), "utf8")).toMatch(/<testsuites [^>]*failures="1"/);
	});

	test.each([
		["warn", 0, "::warning title=knistio::inconclusive"],
		["fail", 3, ""],
	])("let a pull request that cannot tell %s", (inconclusive, status, said) => {
		const { outputs, verdict, summary } = runJob({ inputs: { ...usual, inconclusive }, refName: "12/merge" });
		expect(outputs).toMatchObject({ "exit-code": "3", verdict: "inconclusive" });
		expect(verdict.status).toBe(status);
		expect(verdict.stdout).toContain(said);
		expect(summary).toContain("there is no baseline");
	});

	test("are an error where knistio refuses its arguments", () => {
		const { outputs, verdict } = runJob({ inputs: { ...usual, budgets: "minimal.totl: p(50) < 3s" }, refName: "main" });
		expect(outputs).toMatchObject({ "exit-code": "2", verdict: "error" });
		expect(verdict.status).toBe(2);
	});

	test("are built where the package is", () => {
		const build = action.runs.steps.find(({ name }) => name === "Build knistio");
		const path = (build?.["working-directory"] ?? "").replace(/\$\{\{.*\}\}/, actionPath);
		const { scripts } = JSON.parse(readFileSync(join(path, "package.json"), "utf8")) as { scripts: object };
		expect(build?.run).toContain("npm run build");
		expect(scripts).toHaveProperty("build");
		expect(existsSync(join(path, "package-lock.json"))).toBe(true);
	});
});
