import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dump } from "js-yaml";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { openKube } from "../../src/kube/api/client.ts";
import type { Cluster } from "../../src/kube/api/cluster.ts";
import { loadProfiles } from "../../src/profile/load.ts";
import { parseReport } from "../../src/report/read-report.ts";
import { ledgerOf } from "../../src/report/report.ts";
import { istioManifests } from "../../src/simulator/istio/manifests.ts";
import { type SimulatedCluster, startSimulatedCluster } from "../../src/simulator/start.ts";
import { allReady } from "../support/all-ready.ts";
import { startBuilt } from "../support/built-program.ts";
import { type JobWorld, jobProgram, knistioImage } from "../support/job-program.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** The built program outside and inside of a Job, each a process of its own, on a simulated cluster. */
const folder = temporaryFolder();
const timeout = 120_000;
const world: JobWorld = { kubeconfig: "", folder };

let simulated: SimulatedCluster;
let cluster: Cluster;
let before: string[];

const file = (name: string) => join(folder, name);

beforeAll(async () => {
	simulated = await startSimulatedCluster({ model: "today", seed: 1, speed: 40, program: jobProgram(world) });
	world.kubeconfig = simulated.kubeconfig;
	cluster = await openKube({ text: simulated.kubeconfig, env: {} });
	writeFileSync(file("kubeconfig"), simulated.kubeconfig);
	const parts = { cni: false, isAutoInjected: true, meshConfig: {}, version: "1.31.0" };
	const istio = istioManifests(parts).map((object) => `---\n${dump(object, { noRefs: true })}`);
	writeFileSync(file("istio.yaml"), istio.join(""));
	await vi.waitFor(async () => expect(await allReady(cluster)).toBe(true), { timeout, interval: 200 });
	before = await lasting();
}, timeout);
afterAll(async () => {
	cluster.close();
	await simulated.close();
});
beforeEach(() => {
	delete world.script;
});

const passing = new Set(["Event", "Lease", "EndpointSlice", "Endpoints"]);

async function lasting(): Promise<string[]> {
	const resources = (await cluster.resources()).filter(
		({ verbs, kind }) => verbs.includes("list") && !passing.has(kind),
	);
	const lists = await Promise.all(resources.map(({ apiVersion, kind }) => cluster.list({ apiVersion, kind })));
	const lines = lists.flat().flatMap(({ kind, metadata: { namespace, name, deletionTimestamp } }) => {
		if (kind === "Pod" && deletionTimestamp !== undefined) return [];
		return `${kind} ${namespace ?? ""}/${kind === "Pod" ? name.replace(/-[a-z0-9]{5}$/, "") : name}`;
	});
	return lines.sort();
}

const kubeconfig = ["--kubeconfig", file("kubeconfig")];
const apply = ["job", "--image", knistioImage, ...kubeconfig, "--apply", "--timeout", "60s", "--"];
/** How fast time runs, and how busy the machine is, says whether a start is resolved. */
const measured: (number | null)[] = [0, 3];
/** Measures a cluster of its own, so that there are figures. */
const quick = ["bench", "--cluster", "simulated", "-p", "minimal", "-n", "1", "--speed", "40"];
/** Installs on the cluster that the Job is in, whose time runs too fast to measure it. */
const real = ["bench", "-p", "minimal", "-n", "1", "--istio-manifests", file("istio.yaml")];

/** Runs the built program, and keeps its two streams apart. */
function start(...argv: string[]) {
	const { child, ended } = startBuilt(argv, {}, folder);
	const said = { stdout: "", stderr: "" };
	child.stdout.on("data", (text) => {
		said.stdout += text;
	});
	child.stderr.on("data", (text) => {
		said.stderr += text;
	});
	return { child, said, ended };
}

async function run(...argv: string[]) {
	const { said, ended } = start(...argv);
	return { code: await ended, ...said };
}

const expectNothingLeft = async () => expect(await lasting()).toEqual(before);

describe("a Job that measures", () => {
	it("brings report, recording and table back, and leaves nothing", { timeout }, async () => {
		const { code, stdout, stderr } = await run(...apply, ...quick, "--out", file("run.json"));
		expect(measured, stderr).toContain(code);
		const report = parseReport(readFileSync(file("run.json"), "utf8"), "run.json");
		expect(ledgerOf(report.profiles[0]?.coldStarts ?? [])).toMatchObject({ attempted: 2 });
		expect(readFileSync(file("run.recording.ndjson"), "utf8")).toContain('"kind":"end"');
		expect(stderr).toContain("installing minimal");
		expect(stdout).toMatch(/\btotal /);
		for (const text of [stdout, stderr]) expect(text).not.toContain("[knistio ");
		expect(stdout).not.toContain("installing minimal");
		await expectNothingLeft();
	});

	it("ends as bench ends, and takes the files of the line along", { timeout }, async () => {
		const [minimal] = await loadProfiles(["minimal"]);
		writeFileSync(file("mine.yaml"), dump({ ...minimal, name: "mine", title: "Mine" }));
		writeFileSync(file("budgets.yaml"), "- mine.total: p(50) < 1ms\n");
		const files = ["--budgets", file("budgets.yaml"), "--junit", file("sub/junit.xml"), "--out", file("mine.json")];
		mkdirSync(file("sub"));
		const line = ["bench", "--cluster", "simulated", "-p", file("mine.yaml"), "-n", "6", "--speed", "40"];
		const { code, stdout, stderr } = await run(...apply, ...line, ...files);
		expect(code, stderr).toBe(99);
		expect(stdout).toContain("in/4/budgets.yaml:1");
		expect(parseReport(readFileSync(file("mine.json"), "utf8"), "").profiles[0]?.profile.title).toBe("Mine");
		expect(readFileSync(file("sub/junit.xml"), "utf8")).toContain("<testsuite");
		await expectNothingLeft();
	});
});

describe("a report that does not come back whole", () => {
	it("is an error where the log breaks off, and no file is written", { timeout }, async () => {
		world.script = `id=\${2#--inside=}; echo "[knistio $id] begin {\\"version\\":\\"0.1.0\\"}"; echo "[knistio $id] file {\\"name\\":\\"cut.json\\"}"`;
		const { code, stderr } = await run(...apply, ...quick, "--out", file("cut.json"), "--no-record");
		expect(code, stderr).toBe(4);
		expect(stderr).toContain("the Job's log broke off before its end");
		expect(stderr).toContain(`${file("cut.json")} did not come back from the Job: it came damaged`);
		expect(existsSync(file("cut.json"))).toBe(false);
		await expectNothingLeft();
	});

	it("is an error where another program runs, with its words", { timeout }, async () => {
		world.script = "echo hello";
		const { code, stderr } = await run(...apply, ...quick, "--out", file("none.json"));
		expect(code).toBe(4);
		expect(stderr).toMatch(/^hello$/m);
		expect(stderr).toContain("not that of a knistio that knows Jobs");
		await expectNothingLeft();
	});

	it("is an error where the container was killed", { timeout }, async () => {
		world.script = "kill -9 $$";
		const { code, stderr } = await run(...apply, ...quick);
		expect(code).toBe(4);
		expect(stderr).toContain("the run in the Job was ended from outside: exit code 137");
		await expectNothingLeft();
	});
});

describe("a Job that is not to go on", () => {
	it("cleans up in the cluster after Ctrl-C, and is removed", { timeout }, async () => {
		const { child, said, ended } = start(...apply, ...real, "--out", file("cut-short.json"));
		await vi.waitFor(() => expect(said.stderr).toContain("warm-up"), { timeout });
		child.kill("SIGINT");
		expect(await ended, said.stderr).toBe(130);
		expect(said.stderr).toContain("error: interrupted by SIGTERM");
		expect(said.stderr).toContain("error: interrupted by SIGINT");
		expect(parseReport(readFileSync(file("cut-short.json"), "utf8"), "").endedBy).toContain("SIGTERM");
		await expectNothingLeft();
	});

	it("goes on after a kill, is in the way of another, is followed again, and gives its report", {
		timeout,
	}, async () => {
		const { child, said } = start(...apply, ...real, "--out", file("again.json"));
		await vi.waitFor(() => expect(said.stderr).toContain("installing minimal"), { timeout });
		child.kill("SIGKILL");
		const second = await run(...apply, ...quick);
		expect(second).toMatchObject({
			code: 4,
			stderr: expect.stringContaining("Job knistio-job/knistio-bench is there already"),
		});
		const attached = await run("job", "--attach", ...kubeconfig, "--", ...real, "--out", file("again.json"));
		expect(measured, attached.stderr).toContain(attached.code);
		expect(attached.stderr).toContain("installing minimal");
		expect(parseReport(readFileSync(file("again.json"), "utf8"), "").profiles).toHaveLength(1);
		await expectNothingLeft();
	});

	it("is refused by clean while it is at work, and ended by clean --force", { timeout }, async () => {
		const { child, said } = start(...apply, ...real);
		await vi.waitFor(() => expect(said.stderr).toContain("installing minimal"), { timeout });
		child.kill("SIGKILL");
		expect(await run("clean", ...kubeconfig)).toMatchObject({
			code: 4,
			stderr: expect.stringContaining("another knistio"),
		});
		const cleaned = await run("clean", "--force", ...kubeconfig);
		expect(cleaned.code, cleaned.stderr).toBe(0);
		await expectNothingLeft();
	});

	it("is removed by clean when it has ended", { timeout }, async () => {
		world.script = "echo done";
		expect((await run(...apply.slice(0, -1), "--keep", "--", ...quick)).code).toBe(4);
		expect(await lasting()).not.toEqual(before);
		const cleaned = await run("clean", ...kubeconfig);
		expect(cleaned.code, cleaned.stderr).toBe(0);
		await expectNothingLeft();
	});
});
