import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { main } from "../../src/main.ts";
import type { Report } from "../../src/report/report.ts";
import { builtContext } from "../selftest/built-context.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
const [baseline, out] = ["baseline.json", "run.json"].map((name) => join(folder, name)) as [string, string];

/** A bench on a simulated cluster against a baseline, which is the first run's with its fingerprint changed. */
async function bench(change: Record<string, string>, ...more: string[]) {
	const base = JSON.parse(readFileSync(join(folder, "first.json"), "utf8")) as Report;
	for (const run of base.profiles) Object.assign(run.fingerprint, change);
	writeFileSync(baseline, JSON.stringify(base));
	const { context, said } = builtContext();
	const code = await main([...usual, "--out", out, "--baseline", baseline, ...more], context);
	return { code, ...said };
}

const usual = ["bench", "--cluster", "simulated", "--speed", "10", "-n", "1", "-p", "minimal"];

describe("bench with a baseline that measured something else", () => {
	beforeAll(async () => {
		const { context, said } = builtContext();
		expect(await main([...usual, "--out", join(folder, "first.json")], context), said.stderr).toBe(0);
	}, 60_000);

	test.each([
		["another cluster", { kubernetes: "v1.20.0" }, [], 2, "minimal: kubernetes: v1.20.0 → v1."],
		["other manifests", { manifests: "0" }, [], 2, "minimal: manifests: 0 → "],
		["no such profile", {}, ["-p", "full"], 3, "the baseline has no profile full"],
	] as const)(
		"changes nothing: %s",
		async (_, change, more, code, message) => {
			const ended = await bench(change, ...more);
			expect(ended).toMatchObject({ code, stdout: "" });
			expect(ended.stderr).toContain(message);
			expect(ended.stderr).not.toContain("deploying the service");
		},
		30_000,
	);

	test("ends before the first cold start where only an installed profile tells, and cleans up", async () => {
		const { code, stderr } = await bench({ gateway: "carrier pigeon" });
		expect(code).toBe(2);
		expect(stderr).toContain("error: the baseline measured something else:\n  minimal: gateway: carrier pigeon → ");
		expect(stderr).toContain("--allow-different gateway");
		expect(stderr).toContain("restoring what was changed");
		const report = JSON.parse(readFileSync(out, "utf8")) as Report;
		expect(report.profiles[0]?.coldStarts).toEqual([]);
		expect(report.endedBy).toContain("the baseline measured something else");
	}, 60_000);
});
