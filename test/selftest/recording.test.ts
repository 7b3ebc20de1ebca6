import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { removed } from "../../src/recording/without-secrets.ts";
import { parseReport } from "../../src/report/read-report.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
const program = fileURLToPath(new URL("../../dist/bin.js", import.meta.url));
const file = (name: string) => join(folder, name);
const bench = ["bench", "--cluster", "simulated", "-p", "full"];

/** The built program as a process of its own. */
function start(...argv: string[]) {
	const child = spawn(process.execPath, [program, ...argv], {
		env: { HOME: folder, PATH: process.env.PATH },
		stdio: ["ignore", "ignore", "pipe"],
	});
	onTestFinished(() => void child.kill("SIGKILL"));
	let stderr = "";
	let listener = () => {};
	child.stderr.setEncoding("utf8").on("data", (text: string) => {
		stderr += text;
		listener();
	});
	const says = (text: string) =>
		new Promise<void>((resolve) => {
			listener = () => stderr.includes(text) && resolve();
			listener();
		});
	return { child, says, ended: once(child, "close").then(([code]) => code as number | null), stderr: () => stderr };
}

async function run(...argv: string[]) {
	const { ended, stderr } = start(...argv);
	return { code: await ended, stderr: stderr() };
}

/** Versions, the machines, images, manifests, settings, shapes, the way to the gateway, and ourselves. */
const fingerprint = [
	...["kubernetes", "knative", "istio", "kubelet", "renderer"],
	...["nodes", "node-shape", "kernel", "runtime", "architecture", "pleg"],
	...["image:istio-init", "image:istio-proxy", "image:queue-proxy", "image:user-container"],
	...["profile", "manifests", "config-network", "config-autoscaler", "config-deployment"],
	...["mesh-compatibility-mode", "sidecar", "init-containers", "gateway", "client"],
];

describe("a recording of the built program", () => {
	it("lies beside the first output, gives each output again byte by byte, and holds no secret", async () => {
		const out = (name: string) => ["json", "csv", "md"].flatMap((format) => ["--out", file(`${name}.${format}`)]);
		const ended = await run(...bench, "-n", "1", ...out("run"));
		expect(ended.code, ended.stderr).toBe(0);
		const replayed = await run("replay", file("run.recording.ndjson"), ...out("again"), "--cluster", "simulated");
		expect(replayed.code, replayed.stderr).toBe(0);
		for (const format of ["json", "csv", "md"]) {
			expect(await readFile(file(`again.${format}`), "utf8")).toBe(await readFile(file(`run.${format}`), "utf8"));
		}
		const { profiles } = parseReport(await readFile(file("run.json"), "utf8"), "run.json");
		const known = Object.entries(profiles[0]?.fingerprint ?? {}).flatMap(([key, value]) => (value === "" ? [] : [key]));
		expect(known).toEqual(expect.arrayContaining(fingerprint));
		const recording = await readFile(file("run.recording.ndjson"), "utf8");
		expect(recording).not.toMatch(/PRIVATE KEY|Bearer /);
		expect(recording).toContain(`"name":"TARGET","value":"${removed}"`);
		expect(recording).not.toMatch(/"name":"[A-Z_]+","value":"(?!<removed>)/);
	}, 60_000);

	it("of a run that was killed gives the report up to there", async () => {
		const running = start(...bench, "-n", "50", "--out", file("killed.json"));
		await running.says("cold start 2 of 50: HTTP 200");
		running.child.kill("SIGKILL");
		await running.ended;
		const again = ["--out", file("killed-again.json"), "--cluster", "simulated"];
		const replayed = await run("replay", file("killed.recording.ndjson"), ...again);
		// A run that did not reach its end is no pass, whatever it measured.
		expect(replayed.code, replayed.stderr).toBe(3);
		const report = parseReport(await readFile(file("killed-again.json"), "utf8"), "killed-again.json");
		expect(report.endedBy).toBe("the recording broke off");
		const [warmUp, ...starts] = report.profiles[0]?.coldStarts ?? [];
		expect(warmUp?.response?.status).toBe(200);
		// The last had been answered, though its pod's events may not all have come.
		expect(starts.slice(0, 2).map(({ round, response }) => [round, response?.status])).toEqual([
			[1, 200],
			[2, 200],
		]);
	}, 60_000);
});
