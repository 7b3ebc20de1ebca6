import { type SpawnOptions, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { aReport, around } from "../gate/a-report.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
const program = join(process.cwd(), "dist/bin.js");
const [report, junit] = ["run.json", "junit.xml"].map((name) => join(folder, name)) as [string, string];
const env = { HOME: folder, PATH: process.env.PATH };

beforeAll(() => {
	writeFileSync(report, JSON.stringify(aReport({ minimal: { totals: around(2_000, 100, 20) } })));
});

/** Through a shell, as the user redirects it; `$K` is the program. The exit code is the program's own. */
function inShell(command: string) {
	const { status, stdout, stderr } = spawnSync("bash", ["-c", `set -o pipefail; ${command}`], {
		env: { ...env, K: program, R: report, J: junit, N: process.execPath },
		encoding: "utf8",
	});
	return { status, stdout, stderr };
}

const breach = '"$N" "$K" check "$R" --budget "total: p(50) < 1s" --junit "$J"';
const pass = '"$N" "$K" check "$R" --budget "total: p(50) < 9s"';

const makeRoom = "hint: make room there, or name a file on another disk\n";

describe("a reader who has gone", () => {
	it("leaves a breach a breach, and JUnit whole", () => {
		expect(inShell(`${breach} | true`)).toMatchObject({ status: 99, stderr: `wrote ${junit}\n` });
		expect(readFileSync(junit, "utf8")).toContain("</testsuites>");
	});

	it("of the messages changes no verdict", () => {
		expect(inShell(`GITHUB_ACTIONS=true ${breach} 2> >(true)`).status).toBe(99);
	});
});

describe("a full disk behind stdout", () => {
	it.each([
		["check", pass],
		["compare", '"$N" "$K" compare "$R"'],
		["show", '"$N" "$K" show "$R"'],
		["profiles list", '"$N" "$K" profiles list'],
		["phases", '"$N" "$K" phases'],
		["schema", '"$N" "$K" schema'],
		["help", '"$N" "$K" --help'],
	])("is an error of %s", (_, command) => {
		const { status, stderr } = inShell(`${command} > /dev/full`);
		expect([status, stderr]).toEqual([2, "error: cannot write to stdout: the disk is full\n"]);
	});

	it("leaves a breach a breach", () => {
		expect(inShell(`${breach} > /dev/full`)).toMatchObject({ status: 99 });
		expect(readFileSync(junit, "utf8")).toContain("</testsuites>");
	});
});

describe("results on a full disk", () => {
	it("are an error where all else passed, and no reason to leave out the others", () => {
		const other = join(folder, "other.xml");
		const full = inShell(`${pass} --summary /dev/full --junit ${other}`);
		expect(full.status).toBe(2);
		expect(full.stdout).toContain("pass");
		expect(full.stderr).toBe(`wrote ${other}\nerror: cannot write /dev/full: the disk is full\n${makeRoom}`);
		expect(existsSync(other)).toBe(true);
		expect(inShell(`${breach} --summary /dev/full`).status).toBe(99);
	});
});

describe("bench", () => {
	const bench = ["bench", "--cluster", "simulated", "--speed", "20", "-n", "1", "-p", "minimal"];

	function run(argv: string[], stdio: SpawnOptions["stdio"] = ["ignore", "pipe", "pipe"]) {
		const child = spawn(process.execPath, [program, ...bench, ...argv], { env, stdio });
		const said = { stdout: "", stderr: "" };
		child.stdout?.on("data", (text) => {
			said.stdout += text;
		});
		child.stderr?.on("data", (text) => {
			said.stderr += text;
		});
		const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
		return { child, said, ended };
	}

	it("keeps its verdict where nobody reads its messages", async () => {
		const out = join(folder, "unread.json");
		const { child, said, ended } = run(["--out", out]);
		child.stderr?.once("data", () => child.stderr?.destroy());
		expect(await ended).toBe(0);
		expect(said.stdout).toContain("total");
		expect(JSON.parse(readFileSync(out, "utf8")).endedBy).toBeUndefined();
	}, 60_000);

	it.each([
		["recording", "--record", ["--out", join(folder, "beside.json")]],
		["summary", "--summary", []],
	])(
		"cleans up and prints the table where its %s cannot be written, and is no pass",
		async (_, option, more) => {
			const { said, ended } = run([option, "/dev/full", "--budget", "total: max < 99s", ...more]);
			expect(await ended).toBe(2);
			expect(said.stderr).toContain("removing Namespace knistio-system");
			expect(said.stdout).toContain("cold starts");
			expect(said.stdout).toContain("pass");
			expect(said.stderr.endsWith(`\nerror: cannot write /dev/full: the disk is full\n${makeRoom}`), said.stderr).toBe(
				true,
			);
		},
		60_000,
	);

	it("goes on where the folder of its results is removed meanwhile", async () => {
		const gone = join(folder, "gone");
		mkdirSync(gone);
		const { child, said, ended } = run(["--out", join(gone, "run.json")]);
		const hasBegun = (text: Buffer) => {
			if (text.includes("installing")) rmSync(gone, { recursive: true, force: true });
		};
		child.stderr?.on("data", hasBegun);
		expect(await ended).toBe(2);
		expect(said.stderr).toContain("removing Namespace knistio-system");
		expect(said.stdout).toContain("cold starts");
		expect(said.stderr).toContain("run.recording.ndjson: it was removed while it was written");
		expect(said.stderr).toMatch(/error: cannot write \S+run\.json: there is no such file or directory\nhint: /);
	}, 60_000);
});
