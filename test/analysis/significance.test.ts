import { describe, expect, test } from "vitest";
import { compareReports } from "../../src/analysis/comparison.ts";
import { normalDeviate, seededRandom } from "../../src/analysis/statistics/random.ts";
import { summarize } from "../../src/analysis/summary.ts";
import { judge } from "../../src/gate/judge.ts";
import type { Report } from "../../src/report/report.ts";
import { aReport, type ProfileSketch } from "../gate/a-report.ts";

const phases = ["pull", "start-queue-proxy", "startup-istio-proxy", "ready", "route", "answer"];

/** A profile of so many cold starts; times are `factor` of the usual, those of one phase by `slowerMs` more. */
function sketch(random: () => number, n: number, { factor = 1, slowerMs = 0, spread = 0.1 } = {}): ProfileSketch {
	const columns = phases.map((_, index) =>
		Array.from(
			{ length: n },
			() => factor * 300 * Math.exp(spread * normalDeviate(random)) + (index === 2 ? slowerMs : 0),
		),
	);
	const totals = Array.from({ length: n }, (_, row) => columns.reduce((sum, column) => sum + (column[row] ?? 0), 0));
	return { totals, phases: Object.fromEntries(phases.map((name, index) => [name, columns[index] ?? []])) };
}

function judged(before: Report, after: Report) {
	return judge(after, {
		budgets: [],
		acceptSimulated: true,
		baseline: {
			reports: [before],
			minimumEffectMs: 100,
			minimumEffectShare: 0.1,
			required: ["total"],
			allowDifferent: [],
		},
	});
}

/** What `check` and `compare` say of each phase of each profile. */
function bothAnswers(before: Report, after: Report) {
	const key = (profile: string, measure: string) => `${profile}.${measure}`;
	const checked = judged(before, after).movements.map(({ profile, measure, ms, adjustedP, isSignificant }) => [
		key(profile, measure),
		{ ms, adjustedP, isSignificant },
	]);
	const tables = compareReports([
		{ label: "before", report: before },
		{ label: "after", report: after },
	]);
	const compared = tables.flatMap(({ title = "", rows }) =>
		rows.flatMap(({ measure, cells }) => {
			const change = cells[1]?.change;
			if (change === undefined) return [];
			const { ms, adjustedP, isSignificant } = change;
			return [[key(title, measure), { ms, adjustedP, isSignificant }]];
		}),
	);
	type Answers = Record<string, { ms: number; adjustedP: number; isSignificant: boolean }>;
	return { checked: Object.fromEntries(checked) as Answers, compared: Object.fromEntries(compared) as Answers };
}

test("check and compare say the same of 1,000 pairs of reports", () => {
	const random = seededRandom(17);
	let significant = 0;
	for (let pair = 0; pair < 1_000; pair++) {
		const sizes = () => 3 + Math.floor(random() * 8);
		const change = { slowerMs: random() < 0.5 ? 0 : 600 * random(), factor: random() < 0.2 ? 1.3 : 1 };
		const before = aReport({ minimal: sketch(random, sizes()), full: sketch(random, sizes()) });
		const after = aReport({ minimal: sketch(random, sizes()), full: sketch(random, sizes(), change) });
		const { checked, compared } = bothAnswers(before, after);
		expect(checked).toEqual(compared);
		if (Object.values(checked).some(({ isSignificant }) => isSignificant)) significant++;
	}
	expect(significant).toBeGreaterThan(200);
	expect(significant).toBeLessThan(800);
}, 30_000);

describe("one rule", () => {
	const random = seededRandom(5);

	test("ten times as slow is a breach with five cold starts a side, whatever the number of phases", () => {
		const many = (factor: number): ProfileSketch => {
			const names = Array.from({ length: 36 }, (_, index) => `start-c${index}`);
			const columns = names.map(() => Array.from({ length: 5 }, () => factor * (30 + 3 * random())));
			const totals = [0, 1, 2, 3, 4].map((row) => columns.reduce((sum, column) => sum + (column[row] ?? 0), 0));
			return { totals, phases: Object.fromEntries(names.map((name, index) => [name, columns[index] ?? []])) };
		};
		const judgement = judged(aReport({ full: many(1) }), aReport({ full: many(10) }));
		expect(judgement.verdicts[0]).toMatchObject({ measure: "total", status: "breach" });
		expect(judgement.movements.every(({ isSignificant }) => isSignificant)).toBe(true);
	});

	test("names the phases of five against five, once the total differs", () => {
		const report = aReport({ minimal: sketch(random, 5), full: sketch(random, 5, { factor: 1.6, slowerMs: 3_000 }) });
		const { groups } = summarize(report);
		const proxy = groups.flatMap(({ rows }) => rows).find(({ name }) => name === "startup-istio-proxy");
		expect(proxy?.cells[1]?.change).toMatchObject({ isSignificant: true, isExplanation: true });
	});

	test("searches no phases of a profile whose total does not differ", () => {
		const report = aReport({ minimal: sketch(random, 8), full: sketch(random, 8) });
		const [table] = compareReports([{ label: "a", report }]);
		const changes = table?.rows.flatMap(({ cells }) => cells[1]?.change ?? []) ?? [];
		expect(changes).toHaveLength(7);
		expect(changes.filter(({ isExplanation }) => isExplanation)).toEqual([]);
	});

	test("of the phases that explain a difference, few are named wrongly", () => {
		let [named, wrong] = [0, 0];
		for (let run = 0; run < 300; run++) {
			const before = aReport({ full: sketch(random, 10) });
			const after = aReport({ full: sketch(random, 10, { slowerMs: 400 }) });
			const { checked } = bothAnswers(before, after);
			const found = phases.filter((phase) => checked[`full.${phase}`]?.isSignificant);
			named += found.length;
			wrong += found.filter((phase) => phase !== "startup-istio-proxy").length;
		}
		expect(named).toBeGreaterThan(250);
		expect(wrong / named).toBeLessThan(0.1 * 1.5);
		expect(wrong).toBeGreaterThan(0);
	});
});
