import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { main } from "../../src/main.ts";
import { parseReport } from "../../src/report/read-report.ts";
import type { Report } from "../../src/report/report.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { builtContext } from "./built-context.ts";

const folder = temporaryFolder();
const inFolder = (name: string) => join(folder, name);
const variant = "variant: {of: full, knob: a knob, cost: Some., source: 'https://istio.io/'}\n";
/** They promise what the simulated cluster does not give them; the second one needs an install of its own. */
const odd = { "odd.yaml": `extends: classic\nname: odd\n${variant}promises: {sidecar: native}\n` };
const alone = { "alone.yaml": `extends: discovery\nname: alone\n${variant}promises: {sidecar: classic}\n` };

let report: Report;
let said: { stdout: string; stderr: string };
let code: number;

beforeAll(async () => {
	for (const [name, text] of Object.entries({ ...odd, ...alone })) writeFileSync(inFolder(name), text);
	const variants = ["classic", inFolder("odd.yaml"), inFolder("alone.yaml"), "egress"].join(",");
	const outputs = ["run.json", "knobs.svg"].flatMap((name) => ["--out", inFolder(name)]);
	const built = builtContext();
	const options = ["--iterations", "1", "--speed", "20", "--seed", "3", ...outputs];
	code = await main(
		["bench", "--cluster", "simulated", "--profile", "full", "--variants", variants, ...options],
		built.context,
	);
	said = built.said;
	report = parseReport(readFileSync(inFolder("run.json"), "utf8"), "run.json");
}, 300_000);

describe("a run with variants, two of which cannot be measured", () => {
	it("measures the others, in turns where they share an install", () => {
		expect(report.profiles.map(({ profile }) => profile.name)).toEqual(["full", "classic", "egress"]);
		for (const { profile, coldStarts } of report.profiles) {
			expect(
				coldStarts.filter(({ outcome }) => outcome === "cold").map(({ round }) => round),
				profile.name,
			).toEqual([0, 1]);
		}
		expect(report.order?.turns).toEqual([["full", "classic", "odd"]]);
		expect(report.endedBy).toBeUndefined();
	});

	it("says what was not measured and why, and does not end with 0", () => {
		expect(report.unmeasured?.map(({ profile, reason }) => [profile, reason])).toEqual([
			["odd", expect.stringMatching(/profile odd is not what it promises: .*sidecar/)],
			["alone", expect.stringMatching(/profile alone is not what it promises: .*sidecar/)],
		]);
		expect(code).toBe(4);
		expect(said.stderr).toMatch(/not measured: odd, alone/);
		expect(said.stdout).toMatch(/\n {2}odd +not measured: profile odd is not what it promises/);
	});

	it("does not call a knob without effect that has no model", () => {
		const [, , egress] = report.profiles;
		expect(egress?.findings).toEqual([
			expect.objectContaining({ code: "not-simulated", message: expect.stringContaining("Sidecar default") }),
		]);
		expect(said.stdout).toMatch(/\n {2}egress +not known: the simulated cluster has no model of it/);
		expect(report.profiles.slice(0, 2).flatMap(({ findings }) => findings)).toEqual([]);
	});

	it("is the same again from its recording", async () => {
		const again = builtContext();
		await main(["replay", inFolder("run.recording.ndjson"), "--out", inFolder("again.json")], again.context);
		const replayed = parseReport(readFileSync(inFolder("again.json"), "utf8"), "again.json");
		expect([replayed.unmeasured, replayed.profiles]).toEqual([report.unmeasured, report.profiles]);
	});

	it("draws the knobs", () => {
		const svg = readFileSync(inFolder("knobs.svg"), "utf8");
		expect(svg).toContain("SIMULATED");
		expect(svg).toContain("not measured: profile odd");
	});
});
