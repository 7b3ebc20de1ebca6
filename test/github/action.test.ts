import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { describe, expect, test } from "vitest";
import { main } from "../../src/main.ts";
import { fakeContext } from "../support/fake-context.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const file = join(import.meta.dirname, "../../.github/actions/knistio/action.yml");
const action = load(readFileSync(file, "utf8")) as {
	runs: { steps: { name?: string; run?: string; env?: Record<string, string> }[] };
};
const step = (name: string) => action.runs.steps.find((each) => each.name === name);
const keepBaseline = join(file, "../keep-baseline.mjs");
const folder = temporaryFolder();

/** A report that can be part of a baseline, told from others by its start. */
const usable = (startedAt: string) =>
	JSON.stringify({ startedAt, profiles: [{ coldStarts: [{ counted: false }, { counted: true }] }] });

/** Runs a step's script as GitHub does, with a knistio that notes its arguments and ends with a code. */
function runStep(name: string, given: Record<string, string>) {
	const own = mkdtempSync(join(folder, "step-"));
	const knistio = join(own, "knistio.js");
	writeFileSync(
		knistio,
		`const fs = require("fs");
		const [command] = process.argv.slice(2);
		fs.writeFileSync(${JSON.stringify(`${own}/argv-`)} + command, JSON.stringify(process.argv.slice(2)));
		if (command === "check") process.exit(Number(process.env.CODE_OF_CHECK));
		fs.writeFileSync(${JSON.stringify(join(own, "results/report.json"))}, process.env.REPORT ?? ${JSON.stringify(usable("new"))});
		process.exit(Number(process.env.CODE_OF_KNISTIO));`,
	);
	const baseline = join(own, "kept");
	mkdirSync(baseline);
	for (const [kind, names] of Object.entries({ recent: given.RECENT ?? "", anchor: given.ANCHOR ?? "" })) {
		for (const [index, text] of names.split(" ").filter(Boolean).entries()) {
			writeFileSync(join(baseline, `${kind}-${index + 1}.json`), usable(text));
		}
	}
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
			KEPT: baseline,
			KEEP_BASELINE: keepBaseline,
			...given,
		},
	});
	const outputs = Object.fromEntries(
		readFileSync(output, "utf8")
			.split("\n")
			.filter(Boolean)
			.map((line) => line.split("=", 2) as [string, string]),
	);
	const argvOf = (command: string): string[] => {
		const path = join(own, `argv-${command}`);
		return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as string[]) : [];
	};
	const keptFolder = join(own, "results/baseline");
	const keptOf = (kind: string) =>
		readdirSync(keptFolder)
			.filter((file) => file.startsWith(kind))
			.sort()
			.map((file) => (JSON.parse(readFileSync(join(keptFolder, file), "utf8")) as { startedAt: string }).startedAt)
			.join(" ");
	const kept = existsSync(keptFolder) ? { recent: keptOf("recent"), anchor: keptOf("anchor") } : undefined;
	return { ended, outputs, argv: argvOf("bench"), checked: argvOf("check"), kept };
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
		["a pull request with a baseline", "no", "a b", "0", true, undefined],
		["a pull request without one", "no", "", "3", true, undefined],
		["the first run of main", "yes", "", "0", false, "new"],
		["a run of main that passes", "yes", "a", "0", true, "a new"],
		["a run of main that cannot tell", "yes", "a b", "3", true, "a b new"],
		["a first run of main that cannot tell", "yes", "", "3", false, "new"],
		["a run of main that is slower", "yes", "a", "99", true, undefined],
		["a run of main that did not work", "yes", "a", "4", true, undefined],
		["the sixth run of main", "yes", "a b c d e", "0", true, "b c d e new"],
	])("%s: is judged by the pooled baseline, and keeps one", (_, isMain, recent, code, isJudged, kept) => {
		const ran = runStep("Measure", {
			...usual,
			BASELINE: "cold-starts",
			WRITES_BASELINE: String(isMain === "yes"),
			RECENT: recent,
			CODE_OF_KNISTIO: code,
		});
		const baselines = ran.argv.filter((_, index) => ran.argv[index - 1] === "--baseline");
		expect(baselines).toHaveLength(isJudged ? Math.max(1, recent.split(" ").filter(Boolean).length) : 0);
		expect(ran.kept?.recent).toBe(kept);
		expect(ran.outputs["keep-baseline"]).toBe(kept === undefined ? undefined : "true");
	});

	test.each([
		["of which no cold start counts", { profiles: [{ coldStarts: [{ counted: false }] }] }],
		["that was cut short", { ...JSON.parse(usable("cut")), endedBy: "interrupted" }],
		["without a profile", { profiles: [] }],
		["of another shape", { profiles: [null] }],
		["that is null", null],
	])("keeps no report %s, and hands on what there is", (_, report) => {
		const given = { ...usual, BASELINE: "cold-starts", WRITES_BASELINE: "true", CODE_OF_KNISTIO: "3" };
		const ran = runStep("Measure", { ...given, REPORT: JSON.stringify(report), RECENT: "a b", ANCHOR: "a b" });
		expect(ran.ended.status, ran.ended.stderr).toBe(0);
		expect(ran.kept).toEqual({ recent: "a b", anchor: "a b" });
		expect(runStep("Measure", { ...given, REPORT: JSON.stringify(report) }).kept).toBeUndefined();
	});

	test("keeps the first five runs for good, and holds a run against them by what the user says of the baseline", () => {
		const ran = runStep("Measure", {
			...usual,
			BASELINE: "cold-starts",
			WRITES_BASELINE: "true",
			RECENT: "f g h i j",
			ANCHOR: "a b c d e",
			CODE_OF_CHECK: "99",
			ARGS: "--min-effect\n300ms\n--sidecar\nnative\n--allow-different=kernel\n--budget\ntotal: max < 9s\n",
		});
		expect(ran.kept).toEqual({ recent: "g h i j new", anchor: "a b c d e" });
		expect(ran.checked.filter((arg) => arg.includes("anchor-"))).toHaveLength(5);
		expect(ran.checked.filter((arg) => !arg.includes("/") && arg !== "--baseline")).toEqual([
			"check",
			"--min-effect",
			"300ms",
			"--allow-different=kernel",
		]);
		expect(ran.outputs).toMatchObject({ verdict: "pass", creep: "breach" });
	});

	test.each([
		["the first runs are the baseline themselves", { RECENT: "a b", ANCHOR: "a b", CODE_OF_KNISTIO: "0" }],
		["the run is a breach already", { RECENT: "f g", ANCHOR: "a b", CODE_OF_KNISTIO: "99" }],
		["there is none", { RECENT: "", ANCHOR: "", CODE_OF_KNISTIO: "3" }],
	])("does not ask about many small steps where %s", (_, given) => {
		const ran = runStep("Measure", { ...usual, BASELINE: "cold-starts", CODE_OF_CHECK: "99", ...given });
		expect(ran.checked).toEqual([]);
		expect(ran.outputs.creep).toBe("");
	});

	test.each([
		["breach", "warn", 0, true],
		["breach", "fail", 99, true],
		["inconclusive", "fail", 0, false],
		["", "fail", 0, false],
	])("against the first runs %s, creep: %s", (creep, onCreep, status, isSaid) => {
		const { ended } = runStep("Verdict", { CODE: "0", CREEP: creep, ON_CREEP: onCreep });
		expect(ended.status).toBe(status);
		expect(ended.stdout.includes("::warning")).toBe(isSaid);
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
