import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dump } from "js-yaml";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadProfiles } from "../../src/profile/load.ts";
import { parseReport } from "../../src/report/read-report.ts";
import { ledgerOf } from "../../src/report/report.ts";
import { importImage, istioctlInImage, packImage } from "./image.ts";
import { clusterArgs, everything, run, start } from "./knistio.ts";

const image = "dev.local/knistio:test";

let folder: string;
let before: string[];

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "knistio-job-"));
	const istioctl = process.env.KNISTIO_TEST_ISTIOCTL ?? "istioctl";
	importImage(packImage({ folder, name: image, istioctl }));
	const cleaned = await run(["clean", "--force"]);
	expect(cleaned.code, cleaned.stderr).toBe(0);
	before = await everything();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const file = (name: string) => join(folder, name);

/** A `knistio job` with a bench line that this cluster needs. */
const job = (...line: string[]) => [
	...["job", "--image", image, "--apply", "--"],
	...["bench", ...clusterArgs, "--istioctl", istioctlInImage, ...line],
];

describe("bench as a Job", () => {
	it("measures what bench measures outside, with the documented rights, and brings its report back", async () => {
		const [full] = await loadProfiles(["full"]);
		await writeFile(file("mine.yaml"), dump({ ...full, name: "mine", title: "Mine" }));
		const outputs = ["--out", file("run.json"), "--out", file("run.csv"), "--junit", file("junit.xml")];
		const budget = ["--budget", "failed: count <= 0"];
		const ended = await run(job("-p", "minimal", "-p", file("mine.yaml"), "-n", "2", ...budget, ...outputs));
		expect(ended.code, ended.stderr).toBe(0);
		console.log(ended.stdout);
		expect(ended.stdout).toContain("startup-istio-proxy");
		expect(ended.stderr).toContain("installing minimal");
		const report = parseReport(await readFile(file("run.json"), "utf8"), "run.json");
		expect(report.profiles.map(({ profile }) => profile.title)).toEqual(["Minimal (no sidecar)", "Mine"]);
		for (const { coldStarts } of report.profiles) {
			expect(ledgerOf(coldStarts)).toEqual({ attempted: 3, cold: 3, warm: 0, failed: 0, unresolved: 0, counted: 2 });
		}
		const codes = [...report.findings, ...report.profiles.flatMap(({ findings }) => findings)].map(({ code }) => code);
		expect(codes).not.toContain("no-ping");
		expect(await readFile(file("junit.xml"), "utf8")).toContain("<testsuite");
		expect(await everything()).toEqual(before);
	});

	it("brings a recording back that gives the same report again", async () => {
		const replayed = await run(["replay", file("run.recording.ndjson"), "--out", file("again.json")]);
		expect(replayed.code, replayed.stderr).toBe(0);
		expect(await readFile(file("again.json"), "utf8")).toBe(await readFile(file("run.json"), "utf8"));
	});

	it("cleans up after Ctrl-C, in the cluster and behind itself", async () => {
		const running = start(job("-p", "minimal", "-n", "3", "--out", file("cut.json")));
		await running.says("warm-up: HTTP 200");
		running.signal("SIGINT");
		const ended = await running.ended;
		expect(ended.code, ended.stderr).toBe(130);
		expect(parseReport(await readFile(file("cut.json"), "utf8"), "cut.json").endedBy).toContain("SIGTERM");
		expect(await everything()).toEqual(before);
	});

	it("says the kubelet's reason where the image cannot be had, and leaves nothing", async () => {
		const args = ["job", "--image", "registry.invalid/knistio:1", "--apply", "--timeout", "45s"];
		const ended = await run([...args, "--", "bench", "-p", "minimal"]);
		expect(ended.code, ended.stderr).toBe(4);
		expect(ended.stderr).toMatch(/ErrImagePull|ImagePullBackOff/);
		expect(await everything()).toEqual(before);
	});
});
