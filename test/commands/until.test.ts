import { describe, expect, test } from "vitest";
import { openUntil } from "../../src/commands/bench/until.ts";
import { main } from "../../src/main.ts";
import type { Untimed } from "../../src/recording/entries.ts";
import type { Finding } from "../../src/report/report.ts";
import { aReport } from "../gate/a-report.ts";
import { fakeContext } from "../support/fake-context.ts";

/** Runs rounds until it is enough; the values of two profiles, one after the other. */
function runUntil(profiles: Record<string, (round: number) => number>, options: { ms: number; iterations: number }) {
	const measured: Record<string, { totals: number[] }> = {};
	const findings: Finding[] = [];
	const record = (entry: Untimed) => {
		if (entry.kind === "finding") findings.push(entry.finding);
	};
	const isEnough = openUntil(
		{ report: () => aReport(measured), record },
		{ halfWidthMs: options.ms, iterations: options.iterations },
	);
	for (const [name, value] of Object.entries(profiles)) {
		const totals: number[] = [];
		measured[name] = { totals };
		for (let round = 1; round <= options.iterations; round++) {
			totals.push(value(round));
			if (isEnough(name)) break;
		}
	}
	const counts = Object.values(measured).map(({ totals }) => totals.length);
	return { counts, findings };
}

/** Evenly spread over ± `spread`, in an order without a pattern. */
const swinging = (spread: number) => (round: number) => 2000 + spread * (2 * ((round * 0.618034) % 1) - 1);

describe("bench --until", () => {
	test("ends each profile's rounds when its own median is known, and tells at what cost", () => {
		const { counts, findings } = runUntil({ minimal: swinging(20), full: swinging(200) }, { ms: 100, iterations: 64 });
		expect(counts[0]).toBe(8);
		expect(counts[1]).toBeGreaterThan(11);
		expect(counts[1]).toBeLessThan(64);
		expect(findings.map(({ code }) => code)).toEqual(["stopped-early", "stopped-early"]);
		expect(findings[0]?.message).toMatch(/after 8 cold starts .* ±\d+ ms at 97\.5 % \(looked at after 8\)/);
		expect(findings[1]?.message).toMatch(
			/looked at after 8, 11.*surer than 95 %, which costs cold starts.*±\d+ ms at 95 %/,
		);
	});

	test("has the iterations as its limit, and says that it was not enough", () => {
		const { counts, findings } = runUntil({ full: swinging(200) }, { ms: 1, iterations: 12 });
		expect(counts).toEqual([12]);
		expect(findings).toHaveLength(1);
		expect(findings[0]).toMatchObject({ code: "until-missed", hint: "raise --iterations" });
		expect(findings[0]?.message).toMatch(/^--until ±1\.0 ms was not reached in 12 .*looked at after 8, 11\)$/);
		const few = runUntil({ full: swinging(1) }, { ms: 50, iterations: 5 });
		expect(few.findings[0]?.message).toContain("the first look comes after 8 cold starts");
	});

	test.each([
		["±50ms", true],
		["50ms", true],
		["+-0.05s", true],
		["+/-50ms", true],
		["50", false],
		["-50ms", false],
		["±", false],
	])("reads %s: %s", async (text, isRead) => {
		const { context, said } = fakeContext();
		// The profile is read after the options, and there is none.
		const code = await main(["bench", "-p", "./none.yaml", "--until", text], context);
		expect(code).toBe(2);
		expect(said.stderr).toContain(isRead ? "none.yaml" : "--until");
	});
});
