import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { figuresOf } from "../../src/analysis/figures.ts";
import { type GateOptions, judging, notJudged, parseGate, refuseUnlike } from "../../src/commands/gate/gate.ts";
import { InconclusiveError, UsageError } from "../../src/errors.ts";
import { main } from "../../src/main.ts";
import type { Report } from "../../src/report/report.ts";
import { anAttempt, aReport, around } from "../gate/a-report.ts";
import { anApp, entriesOf, plainStart } from "../support/cold-start-truth.ts";
import { fakeContext } from "../support/fake-context.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();

const open: GateOptions = { ...notJudged, minimumEffectMs: 100, minimumEffectShare: 0.05 };
const fine = aReport({ minimal: { totals: around(2000, 50, 20) } });
const empty = aReport({ minimal: { totals: around(2000, 50, 20) }, full: { extra: [anAttempt(1, "failed")] } });

async function gateOn(report: Report, options: Partial<GateOptions> = {}, env: Record<string, string> = {}) {
	const world = fakeContext({ "main.json": fine }, env);
	const profiles = report.profiles.map(({ profile }) => profile);
	const gate = await parseGate(profiles, { ...open, ...options }, world.context);
	const code = await judging(figuresOf(report), gate, false).say(world.context);
	return { code, ...world };
}

describe("the gate of a run", () => {
	test("without anything to judge by asks for a cold start of every profile, and prints nothing else", async () => {
		expect(await gateOn(fine)).toMatchObject({ code: 0, said: { stdout: "", stderr: "" } });
		const { code, said } = await gateOn(empty);
		expect(code).toBe(3);
		expect(said.stdout).toContain("none of 1 attempts counts as a cold start");
	});

	test.each([
		[{ budgets: ["total: p(50) < 3s"] }, 0],
		[{ budgets: ["total: p(50) < 1s"] }, 99],
		[{ baseline: ["main.json"] }, 99],
		[{ baseline: ["main.json"], minimumEffectMs: 900 }, 0],
		[{ baseline: ["none.json"] }, 3],
	])("ends by %j with %i", async (options, code) => {
		const slow = aReport({ minimal: { totals: around(2500, 50, 20) } });
		expect((await gateOn(slow, options)).code).toBe(code);
	});

	test("lets only the run's own profiles be named: another would be inconclusive after hours", async () => {
		await expect(gateOn(fine, { budgets: ["full.total: p(50) < 3s"] })).rejects.toThrow('no profile "full"');
	});

	test("writes what CI shows, whether or not something is judged", async () => {
		const env = { GITHUB_STEP_SUMMARY: "step.md", GITHUB_ACTIONS: "true" };
		const { files, said } = await gateOn(empty, { files: { junit: "j.xml" } }, env);
		expect(files.get("step.md")).toContain("Cold starts: inconclusive");
		expect(files.get("j.xml")).toContain("<error");
		expect(said.stderr).toMatch(/^::warning title=knistio%3A inconclusive::/);
		expect((await gateOn(fine, {}, env)).files.get("step.md")).toContain("minimal");
	});
});

describe("a run that its baseline cannot be compared with", () => {
	const [{ profile } = { profile: undefined }] = fine.profiles;
	const aGate = (options: Partial<GateOptions>) =>
		parseGate(
			profile === undefined ? [] : [profile],
			{ ...open, ...options },
			fakeContext({ "main.json": fine }).context,
		);
	const named = (name: string, fingerprint: Record<string, string>) => [{ profile: { name }, fingerprint }];

	test("is refused by what is known of it, in the words of the end", async () => {
		const gate = await aGate({ baseline: ["main.json"] });
		const seen = (fingerprint: Record<string, string>, isPartial: boolean) => () =>
			refuseUnlike(gate, { profiles: named("minimal", fingerprint), isPartial });
		expect(seen({}, true)).not.toThrow();
		expect(seen({}, false)).toThrow("the baseline measured something else:\n  minimal: istio: 1.27.1 → none");
		expect(seen({ istio: "1.30.0" }, true)).toThrow(UsageError);
		expect(seen({ istio: "1.27.1" }, false)).not.toThrow();
		expect(seen({ istio: "1.27.1", "request-timeout": "12 s" }, false)).not.toThrow();
		const simulated = { model: "today", seed: 1, speed: 1 };
		expect(() => refuseUnlike(gate, { simulated, profiles: named("minimal", {}), isPartial: true })).toThrow(
			"minimal: simulated: no → today at speed 1",
		);
	});

	test("is inconclusive at once where the baseline lacks a profile, and goes on where there is no baseline", async () => {
		const other = { profiles: named("full", {}), isPartial: true };
		const gate = await aGate({ baseline: ["main.json"] });
		expect(() => refuseUnlike(gate, other)).toThrow(InconclusiveError);
		expect(() => refuseUnlike(gate, other)).toThrow("the baseline has no profile full");
		const without = await aGate({ baseline: ["none.json"] });
		expect(() => refuseUnlike(without, other)).not.toThrow();
	});

	test("lets differ what is allowed to", async () => {
		const gate = await aGate({ baseline: ["main.json"], allowDifferent: ["istio"] });
		expect(() => refuseUnlike(gate, { profiles: named("minimal", { istio: "2" }), isPartial: false })).not.toThrow();
	});
});

describe("replay", () => {
	const made = { ...plainStart, containers: [anApp("user-container"), anApp("queue-proxy")] };
	const recording = join(folder, "run.ndjson");
	const judged = fine.profiles[0]?.profile;
	const profile = judged && { ...judged, promises: { ...judged.promises, sidecar: "none" } };
	const lines = entriesOf(made).entries.map((entry) =>
		JSON.stringify(entry.kind === "profile" ? { ...entry, profile } : entry),
	);
	writeFileSync(recording, lines.join("\n"));

	test.each([
		[[], 0],
		[["--budget", "total: max < 3s"], 0],
		[["--budget", "total: max < 300ms"], 99],
		[["--budget", "total: p(50) < 3s"], 3],
		[["--budget", "totl: p(50) < 3s"], 2],
	])("ends with %j as the run would have: %i", async (options, code) => {
		const { context, said } = fakeContext();
		expect(await main(["replay", recording, ...options], context), said.stderr).toBe(code);
	});

	test("shows its verdicts on the page, which is also written where they cannot be had", async () => {
		const pageOf = async (...options: string[]) => {
			const { context, files } = fakeContext();
			await main(["replay", recording, "--out", "run.html", ...options], context);
			return files.get("run.html");
		};
		expect(await pageOf("--budget", "total: max < 300ms")).toContain('<strong class="status breach">');
		expect(await pageOf()).not.toContain('<strong class="status');
		expect(await pageOf("--budget", "totl: p(50) < 3s")).toContain("</html>");
	});
});
