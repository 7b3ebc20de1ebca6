import { describe, expect, test } from "vitest";
import { parseHistory, trendsOf } from "../../src/analysis/history.ts";
import { changePointsOf } from "../../src/analysis/statistics/change-points.ts";
import { normalDeviate, seededRandom } from "../../src/analysis/statistics/random.ts";
import { main } from "../../src/main.ts";
import { aReport, around } from "../gate/a-report.ts";
import { fakeContext } from "../support/fake-context.ts";

const dayOf = (day: number) => `2026-10-${String(day).padStart(2, "0")}T10:00:00Z`;
const reportOf = (day: number, ms: number) =>
	aReport({ full: { totals: around(ms, 40, 10) } }, { startedAt: dayOf(day) });

async function historyOf(medians: readonly number[]) {
	const reports = Object.fromEntries(medians.map((ms, index) => [`${index}.json`, reportOf(index + 1, ms)]));
	const world = fakeContext(reports);
	for (const index of medians.keys()) {
		const argv = ["history", "add", "h.ndjson", `${index}.json`, "--commit", `c${index}`, "--verdict", "pass"];
		expect(await main(argv, world.context)).toBe(0);
	}
	return world;
}

describe("change points", () => {
	const series = (random: () => number, n: number, jump: number) =>
		Array.from(
			{ length: n },
			(_, index) => 2_000 * Math.exp(0.02 * normalDeviate(random)) + (index < n / 2 ? 0 : jump),
		);

	test("are found in no more than 1 % of series without one", () => {
		const random = seededRandom(53);
		let found = 0;
		for (let run = 0; run < 600; run++) if (changePointsOf(series(random, 20, 0)).length > 0) found++;
		// 600 series know 1 % to 0.4 points: three standard errors.
		expect(found / 600).toBeLessThanOrEqual(0.01 + 0.0125);
	}, 30_000);

	test("are found where a level moves by five times the spread, at the place or one beside it", () => {
		const random = seededRandom(59);
		let [found, near] = [0, 0];
		for (let run = 0; run < 200; run++) {
			const [point] = changePointsOf(series(random, 20, 200));
			if (point === undefined) continue;
			found++;
			if (Math.abs(point.at - 10) <= 1) near++;
		}
		expect(found / 200).toBeGreaterThan(0.95);
		expect(near / found).toBeGreaterThan(0.95);
	}, 30_000);

	test("need values on both sides, and are the same for the same seed", () => {
		expect(changePointsOf([1, 2, 900, 901])).toEqual([]);
		const values = series(seededRandom(3), 24, 300);
		expect(changePointsOf(values)).toEqual(changePointsOf(values));
	});
});

describe("knistio history", () => {
	test("keeps runs of simulated clusters apart, and says so", async () => {
		const simulated = { model: "today", seed: 1, speed: 1 };
		const { context, said } = fakeContext({
			"real.json": reportOf(1, 2_000),
			"simulated.json": { ...reportOf(2, 1_000), simulated },
		});
		for (const file of ["real.json", "simulated.json"]) {
			expect(await main(["history", "add", "h.ndjson", file], context)).toBe(0);
		}
		expect(await main(["history", "show", "h.ndjson"], context)).toBe(0);
		expect(said.stdout).toContain("full total: 2.000 s → 2.000 s in 1 runs");
		expect(said.stdout).toContain("full total (simulated): 1.000 s → 1.000 s in 1 runs");
	});

	test.each([
		["of no time", "h.ndjson", { startedAt: "yesterday" }, "startedAt: is not a time"],
		["to what is piped in", "-", {}, "a run cannot be added to what is piped in"],
	])("adds no run %s", async (_, history, change, words) => {
		const { context, files, said } = fakeContext({ "a.json": { ...reportOf(1, 2_000), ...change } });
		expect(await main(["history", "add", history, "a.json"], context)).toBe(2);
		expect(said.stderr).toContain(words);
		expect(said.stderr).toContain("hint: ");
		expect(files.has(history)).toBe(false);
	});

	test("adds nothing to a packed history, which could not be read then", async () => {
		const world = fakeContext({ "a.json": reportOf(1, 2_000) });
		world.context.readBytes = async () => Buffer.from([0x1f, 0x8b, 8, 0]);
		expect(await main(["history", "add", "h.gz", "a.json"], world.context)).toBe(2);
		expect(world.said.stderr).toContain("h.gz: a run cannot be added to a gzip file\nhint: unpack it: gunzip h.gz");
		expect(world.files.has("h.gz")).toBe(false);
	});

	test("names the run and the commit at which a level changed, and writes a badge", async () => {
		const wobble = (index: number) => 7 * ((index * 5) % 9);
		const medians = Array.from({ length: 18 }, (_, index) => (index < 9 ? 2_000 : 2_400) + wobble(index));
		const { context, files, said } = await historyOf(medians);
		expect(await main(["history", "show", "h.ndjson", "--badge", "badge.json"], context)).toBe(0);
		expect(said.stdout).toMatch(
			/full total: .* in 18 runs, 1 change\n {2}\+4\d\d ms .* at 2026-10-10T10:00:00Z, commit c9 /,
		);
		expect(JSON.parse(files.get("badge.json") ?? "")).toMatchObject({
			schemaVersion: 1,
			label: "cold start",
			message: expect.stringMatching(/^full 2\.4\d\d s$/),
			color: "brightgreen",
		});
	});

	test("refuses a run that is there already, also from a reformatted report, and writes nothing", async () => {
		const { context, files, said } = await historyOf([2_000, 2_010]);
		const before = files.get("h.ndjson");
		files.set("copy.json", JSON.stringify(reportOf(1, 2_000), undefined, 4));
		expect(await main(["history", "add", "h.ndjson", "copy.json"], context)).toBe(2);
		expect(said.stderr).toContain("h.ndjson:1: the run of 2026-10-01T10:00:00Z is there already");
		expect(files.get("h.ndjson")).toBe(before);
	});

	test.each([
		["{", /h\.ndjson:2: the line is not JSON/],
		["null", /h\.ndjson:2: it is not a run of a history/],
		['{"version":2}', /h\.ndjson:2: it is not a run of a history: version/],
		["", /h\.ndjson:2: the line is not JSON/],
	])("names the line of %j, and adds nothing behind it", async (broken, message) => {
		const { context, files, said } = await historyOf([2_000]);
		files.set("h.ndjson", `${files.get("h.ndjson")}${broken}\n${broken}\n`);
		files.set("new.json", JSON.stringify(reportOf(9, 2_000)));
		const before = files.get("h.ndjson");
		expect(await main(["history", "add", "h.ndjson", "new.json"], context)).toBe(2);
		expect(said.stderr).toMatch(message);
		expect(files.get("h.ndjson")).toBe(before);
		expect(await main(["history", "show", "h.ndjson"], context)).toBe(2);
	});

	test.each([
		["medianMs", null],
		["medianMs", "2000"],
		["n", 0],
		["n", 1.5],
	])("does not read %s of %j", async (key, value) => {
		const { files } = await historyOf([2_000]);
		const [run] = parseHistory(files.get("h.ndjson") ?? "", "h.ndjson");
		const total = { ...run?.profiles.full?.total, [key]: value };
		const line = JSON.stringify({ ...run, profiles: { full: { total } } });
		expect(() => parseHistory(line, "h.ndjson")).toThrow(
			new RegExp(`h\\.ndjson:1: .*profiles\\.full\\.total\\.${key}`),
		);
	});

	test("is inconclusive without a run, and a report without a cold start adds none", async () => {
		const { context, files } = fakeContext({ "empty.ndjson": "", "none.json": aReport({ full: {} }) });
		expect(await main(["history", "show", "empty.ndjson"], context)).toBe(3);
		expect(await main(["history", "add", "h.ndjson", "none.json"], context)).toBe(3);
		expect(files.has("h.ndjson")).toBe(false);
		expect(trendsOf([])).toEqual([]);
	});
});
