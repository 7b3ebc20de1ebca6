import { describe, expect, test } from "vitest";
import { aaCheck } from "../../src/analysis/aa-check.ts";
import { normalDeviate, seededRandom } from "../../src/analysis/statistics/random.ts";
import { runAaCheck } from "../../src/commands/aa-check.ts";
import { anAttempt, aReport, around } from "../gate/a-report.ts";
import { fakeContext } from "../support/fake-context.ts";

/** Runs of two profiles of 25 cold starts, each run faster or slower as a whole by a spread between runs. */
function drawRuns(random: () => number, runs: number, spread: number) {
	return Array.from({ length: runs }, (_, run) => {
		const factor = Math.exp(spread * normalDeviate(random));
		const totals = (ms: number) =>
			Array.from({ length: 25 }, () => factor * ms * Math.exp(0.08 * normalDeviate(random)));
		return {
			label: `${run}.json`,
			report: aReport({ minimal: { totals: totals(1_200) }, full: { totals: totals(3_500) } }),
		};
	});
}

function rateOfDifferent(spread: number, { runs, tries }: { runs: number; tries: number }): number {
	const random = seededRandom(41);
	let found = 0;
	for (let check = 0; check < tries; check++) if (aaCheck(drawRuns(random, runs, spread)).isDifferent) found++;
	return found / tries;
}

describe("an A/A check", () => {
	test.each([2, 5])("of %i alike runs finds a difference no more often than it says", (runs) => {
		// 400 checks know 5 % to 1.1 points.
		expect(rateOfDifferent(0, { runs, tries: 400 })).toBeLessThanOrEqual(0.05 + 0.022);
	}, 60_000);

	test("of five runs finds a spread between runs of 4 % in most", () => {
		expect(rateOfDifferent(0.04, { runs: 5, tries: 200 })).toBeGreaterThan(0.8);
	}, 60_000);

	test("gives a limit with which the next run passes, against one that was not seen either", () => {
		const random = seededRandom(43);
		let passed = 0;
		for (let check = 0; check < 200; check++) {
			const runs = drawRuns(random, 7, 0.02);
			const { limitMs = 0 } = aaCheck(runs.slice(0, 5));
			const next = aaCheck(runs.slice(5));
			if ((next.limitMs ?? Number.POSITIVE_INFINITY) <= limitMs) passed++;
		}
		expect(passed / 200).toBeGreaterThan(0.8);
	}, 60_000);

	test("gives no limit for too few cold starts, nor where failures leave it open", () => {
		const few = [3, 4].map((n) => ({ label: `${n}`, report: aReport({ full: { totals: around(2_000, 40, n) } }) }));
		expect(aaCheck(few).limitMs).toBeUndefined();
		expect(aaCheck(few).isDifferent).toBe(false);
		const failed = Array.from({ length: 20 }, (_, index) => anAttempt(index + 26, "failed"));
		const open = [[], failed].map((extra, index) => ({
			label: `${index}`,
			report: aReport({ full: { totals: around(2_000, 40, 25 - index), extra } }),
		}));
		expect(aaCheck(open).profiles[0]?.apartMs).toBeLessThan(10);
		expect(aaCheck(open).limitMs).toBeUndefined();
	});
});

describe("compare --aa", () => {
	const [first, second] = [1_990, 2_000].map((ms) => aReport({ full: { totals: around(ms, 60, 25) } }));
	const slow = aReport({ full: { totals: around(2_300, 60, 25) } });
	const files = { "a.json": first, "b.json": second, "slow.json": slow, "copy.json": first };

	test("names the limit for runs that are alike", async () => {
		const { context, said } = fakeContext(files);
		expect(await runAaCheck({ reports: ["a.json", "b.json"], format: "text" }, context)).toBe(0);
		expect(said.stdout).toMatch(/^2 runs of the same thing differ by no more than chance allows\n/);
		expect(said.stdout).toMatch(/needs --min-effect \d+ms or more/);
	});

	test("ends with 3 for runs that differ", async () => {
		const { context, said } = fakeContext(files);
		expect(await runAaCheck({ reports: ["a.json", "slow.json"], format: "json" }, context)).toBe(3);
		expect(JSON.parse(said.stdout)).toMatchObject({ isDifferent: true, profiles: [{ profile: "full", n: [25, 25] }] });
	});

	test.each([
		[["a.json"], /two or more runs/],
		[["a.json", "copy.json"], /copy\.json is the same report as a\.json/],
	])("refuses %j", async (reports, message) => {
		const { context } = fakeContext(files);
		await expect(runAaCheck({ reports, format: "text" }, context)).rejects.toThrow(message);
	});

	test("says nothing by a run that ended early, which no gate passes", async () => {
		const early = aReport({ full: { totals: around(2_000, 40, 25) } }, { endedBy: "interrupted by SIGINT" });
		const whole = aReport({ full: { totals: around(2_010, 40, 25) } });
		const { context } = fakeContext({ "a.json": whole, "b.json": early });
		await expect(runAaCheck({ reports: ["a.json", "b.json"], format: "text" }, context)).rejects.toMatchObject({
			exitCode: 3,
			message: "b.json: the run ended early: interrupted by SIGINT",
		});
	});

	test("says that runs are simulated", async () => {
		const simulated = { model: "today", seed: 1, speed: 1 };
		const report = (ms: number) => aReport({ full: { totals: around(ms, 40, 25) } }, { simulated });
		const { context, said } = fakeContext({ "a.json": report(2_000), "b.json": report(2_001) });
		await runAaCheck({ reports: ["a.json", "b.json"], format: "text" }, context);
		expect(said.stdout).toMatch(/^SIMULATED: /);
	});

	test("refuses runs of different things", async () => {
		const other = aReport({ full: { totals: around(2_000, 60, 25), fingerprint: { istio: "1.20.0" } } });
		const { context } = fakeContext({ ...files, "other.json": other });
		await expect(runAaCheck({ reports: ["a.json", "other.json"], format: "text" }, context)).rejects.toThrow(/istio/);
	});
});
