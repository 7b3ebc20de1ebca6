import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parseReport } from "../../src/report/read-report.ts";
import { startBuilt } from "../support/built-program.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** The built program: its cold starts are watched by a thread that is a file of its own. */
const folder = temporaryFolder();
const file = (name: string) => join(folder, name);

async function knistio(...argv: string[]) {
	const run = startBuilt(argv);
	return { code: await run.ended, output: run.output() };
}

it("observes costs and benefits in the visit of each profile, for every format, replay and advise", async () => {
	const simulated = ["--cluster", "simulated", "--speed", "40"];
	const out = ["run.json", "run.csv", "run.md"].flatMap((name) => ["--out", file(name)]);
	const profiles = ["-p", "minimal", "-p", "full-cni"];
	const run = await knistio("bench", ...simulated, ...profiles, "-n", "2", "--copies", "1", "--tradeoffs", ...out);
	expect(run.code, run.output).toBe(0);
	// Once for each profile: its cold starts and its probes are of the same installation.
	expect(run.output.match(/^installing /gm)).toHaveLength(2);
	expect(run.output).toMatch(/full-cni: probes took [\d.]+ s: deploying [\d.]+ s, .*latency of warm requests /s);
	expect(run.output).toContain("Costs and benefits, observed — SIMULATED");
	const report = parseReport(readFileSync(file("run.json"), "utf8"), "run.json");
	expect(report.profiles.map(({ coldStarts }) => coldStarts.length)).toEqual([3, 3]);
	const answers = (name: string) => {
		const cells = report.tradeoffs?.profiles.find(({ profile }) => profile === name)?.cells ?? [];
		return Object.fromEntries(cells.map(({ column, answer }) => [column, answer]));
	};
	expect(answers("minimal")).toMatchObject({ "cold-start": "refuted", policy: "refuted", "edge-tls": "observed" });
	expect(answers("full-cni")).toMatchObject({ "mesh-routing": "observed", policy: "observed", mtls: "observed" });
	expect(report.overhead?.probesMs).toBeGreaterThan(0);

	const replayed = await knistio("replay", file("run.recording.ndjson"), "--out", file("again.json"));
	expect(replayed.code, replayed.output).toBe(0);
	expect(readFileSync(file("again.json"), "utf8")).toBe(readFileSync(file("run.json"), "utf8"));
	expect(readFileSync(file("run.recording.ndjson"), "utf8")).not.toContain("PRIVATE KEY");
	expect(readFileSync(file("run.csv"), "utf8")).toMatch(/^full-cni,,observed,,tradeoff,mtls,/m);
	expect(readFileSync(file("run.md"), "utf8")).toContain("Evidence for full-cni:");
	const shown = await knistio("show", file("run.json"), "--details");
	expect(shown.output).toContain("evidence for full-cni:");

	const advice = await knistio("advise", file("run.json"), "--cluster", "simulated", "--need", "mtls,policy");
	expect(advice.code, advice.output).toBe(0);
	expect(advice.output).toMatch(/^full-cni/m);
}, 240_000);
