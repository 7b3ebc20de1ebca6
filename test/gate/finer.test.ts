import { describe, expect, it } from "vitest";
import { figuresOf } from "../../src/analysis/figures.ts";
import { judge } from "../../src/gate/judge.ts";
import { parseBudget } from "../../src/gate/parse-budget.ts";
import { isLikelyPhase, resolveBudgets } from "../../src/gate/resolve-budgets.ts";
import { renderWholeTable } from "../../src/output/whole-report.ts";
import { isFinerPhase, isNarrowedByFiner, phaseDescriptions } from "../../src/report/phases.ts";
import type { Report } from "../../src/report/report.ts";
import { aReport, around } from "./a-report.ts";

const known = { profiles: ["full"], isPhase: isLikelyPhase, phases: [] };
const measured = (ms: number) => ({ ms, loMs: ms - 1, hiMs: ms + 1, source: "trace" as const });

/** A report of which so many of 12 cold starts have spans: a sandbox of 500 ms, 300 of it volumes. */
function traced(starts: number): Report {
	const report = aReport({ full: { totals: around(2000, 20, 12), phases: { sandbox: around(500, 5, 12) } } });
	for (const [index, start] of (report.profiles[0]?.coldStarts ?? []).entries()) {
		if (index >= starts) continue;
		const { sandbox: _, ...others } = start.phases;
		start.finer = { ...others, volumes: measured(300), sandbox: measured(200) };
	}
	return report;
}

function verdictOn(report: Report, text: string) {
	const budgets = resolveBudgets([parseBudget({ text, source: "--budget" })], ["full"], known);
	const { verdicts } = judge(report, { budgets, acceptSimulated: false });
	return verdicts.find(({ kind }) => kind === "budget");
}

describe("a budget where the table shows finer phases", () => {
	it("on sandbox judges the whole, and both say so", () => {
		const verdict = verdictOn(traced(12), "full.sandbox: p(50) < 400ms");
		expect(verdict).toMatchObject({ status: "breach", found: expect.closeTo(500, -1) });
		expect(verdict?.reason).toMatch(/; sandbox is judged as a whole, of which tables show finer phases apart$/);
		const table = renderWholeTable(figuresOf(traced(12)), {});
		expect(table).toMatch(/ sandbox +trace +200 /);
		expect(table).toContain(
			"sandbox is shown without the finer phases beside it; budgets and baselines judge the whole",
		);
	});

	it("says nothing of it without traces, and of phases that are the same in both", () => {
		expect(verdictOn(traced(0), "full.sandbox: p(50) < 400ms")?.reason).not.toContain("whole");
		expect(verdictOn(traced(12), "full.total: p(50) < 3s")?.reason).not.toContain("whole");
		expect(renderWholeTable(figuresOf(traced(0)), {})).not.toContain("judge the whole");
	});

	it.each([
		[12, "pass"],
		[0, "inconclusive"],
		[7, "inconclusive"],
	])("on volumes with %d of 12 cold starts traced: %s", (starts, status) => {
		expect(verdictOn(traced(starts), "full.volumes: p(50) < 400ms")?.status).toBe(status);
	});
});

it("knows the phases of which the descriptions say that they mean less", () => {
	const described = phaseDescriptions.filter(({ text }) => /; finer, without/.test(text)).map(({ name }) => name);
	expect(described.length).toBeGreaterThan(1);
	const named = phaseDescriptions.map(({ name }) => name.replace("<container>", "c").replace("<webhook>", "w"));
	const plain = described.map((name) => name.replace("<container>", "c"));
	expect(named.filter(isNarrowedByFiner)).toEqual(plain);
	expect([isFinerPhase("volumes"), isFinerPhase("sandbox"), isFinerPhase("total")]).toEqual([true, false, false]);
});
