import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dump } from "js-yaml";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { aReport, around } from "../gate/a-report.ts";
import { startApiServer } from "../support/api-server.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();

/** As the last build made it, which `npm test` does before. */
const program = join(process.cwd(), "dist/bin.js");

/** The program as a process of its own. */
function start(...argv: string[]) {
	const child = spawn(process.execPath, [program, ...argv], {
		env: { HOME: folder, PATH: process.env.PATH },
		stdio: ["ignore", "pipe", "pipe"],
	});
	onTestFinished(() => void child.kill("SIGKILL"));
	let stderr = "";
	child.stderr.setEncoding("utf8").on("data", (text: string) => {
		stderr += text;
	});
	const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
	return { child, ended, stderr: () => stderr };
}

describe("a pipe that is closed early", () => {
	it("ends the program without a complaint", async () => {
		const file = join(folder, "run.json");
		writeFileSync(file, JSON.stringify(aReport({ minimal: { totals: around(2_000, 100, 5_000) } })));
		const { child, ended, stderr } = start("show", file, "--format", "csv");
		child.stdout.once("data", () => child.stdout.destroy());
		expect(await ended).toBe(0);
		expect(stderr()).toBe("");
	});
});

describe("a chart as PNG", () => {
	const file = join(folder, "chart.json");
	writeFileSync(file, JSON.stringify(aReport({ minimal: { totals: around(2_000, 100, 20) } })));
	const show = (built: string, out: string) =>
		spawnSync(process.execPath, [built, "show", file, "--out", out], { encoding: "utf8" });

	it("is drawn by the built program", () => {
		const out = join(folder, "chart.png");
		expect(show(program, out)).toMatchObject({ status: 0, stdout: "", stderr: `wrote ${out}\n` });
		expect(readFileSync(out).subarray(1, 4).toString()).toBe("PNG");
	});

	it("is refused, with a way out, where what draws it is not installed", () => {
		const bare = join(folder, "bare");
		cpSync(join(process.cwd(), "dist"), join(bare, "dist"), { recursive: true });
		writeFileSync(join(bare, "package.json"), '{"type": "module"}');
		const out = join(bare, "chart.png");
		const { status, stderr } = show(join(bare, "dist/bin.js"), out);
		expect(status).toBe(2);
		expect(stderr).toMatch(/^error: PNG cannot be drawn on this machine: .*resvg[\s\S]*\nhint: .*as \.svg/);
		expect(existsSync(out)).toBe(false);
		expect(show(join(bare, "dist/bin.js"), join(bare, "chart.svg")).status).toBe(0);
	});
});

describe("what is piped in", () => {
	it("is a report where its path is a dash", () => {
		const report = JSON.stringify(aReport({ minimal: { totals: around(2_000, 100, 20) } }));
		const checked = (input: string) =>
			spawnSync(process.execPath, [program, "check", "-", "--budget", "total: p(50) < 3s"], {
				input,
				encoding: "utf8",
			});
		expect(checked(report)).toMatchObject({ status: 0, stderr: "" });
		expect(checked(report.slice(0, 200))).toMatchObject({ status: 2 });
		expect(checked("").stderr).toContain("-: the file is empty");
	});
});

describe("an interruption", () => {
	/** At work on a server that never answers. */
	async function atWork() {
		const server = await startApiServer();
		server.on("POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews", "silence");
		const file = join(folder, "kubeconfig");
		const content = {
			clusters: [{ name: "c", cluster: { server: server.origin } }],
			contexts: [{ name: "c", context: { cluster: "c" } }],
			"current-context": "c",
		};
		writeFileSync(file, dump(content));
		const [profile, istio] = ["mine.yaml", "istio.yaml"].map((name) => join(folder, name)) as [string, string];
		const promises = { sidecar: "none" };
		writeFileSync(profile, dump({ name: "mine", istio: { components: {} }, meshCompatibilityMode: "auto", promises }));
		writeFileSync(istio, dump({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "istio" } }));
		const started = start("bench", "-p", profile, "--istio-manifests", istio, "--kubeconfig", file);
		started.child.stdout.resume();
		await vi.waitFor(() => expect(server.calls.length).toBeGreaterThan(0), { timeout: 15_000 });
		return started;
	}

	it.each([
		["SIGHUP", 129],
		["SIGINT", 130],
		["SIGTERM", 143],
	] as const)("by %s ends in order with %d, and says so", async (signal, code) => {
		const { child, ended, stderr } = await atWork();
		child.kill(signal);
		expect(await ended).toBe(code);
		expect(stderr()).toContain(`error: interrupted by ${signal}\n`);
		expect(stderr()).not.toContain("defect");
	});

	it.each(["check", "replay"])("ends the wait of %s for what is piped in", async (command) => {
		const child = spawn(process.execPath, [program, command, "-"], { stdio: "pipe" });
		onTestFinished(() => void child.kill("SIGKILL"));
		const ended = new Promise((resolve) => child.on("close", resolve));
		setTimeout(() => child.kill("SIGINT"), 2_000);
		expect(await ended).toBe(130);
	}, 20_000);
});
