import { expect, it, vi } from "vitest";
import { figuresOf } from "../../src/analysis/figures.ts";
import { remarksOn } from "../../src/analysis/remarks.ts";
import { judging, notJudged, parseGate } from "../../src/commands/gate/gate.ts";
import { aColdStart, anAttempt, aReport, around, measured } from "../gate/a-report.ts";
import { fakeContext } from "../support/fake-context.ts";
import { rendered } from "../support/rendered.ts";

vi.mock("../../src/analysis/remarks.ts", { spy: true });

it("computes the remarks once, for the table and for the judgement", async () => {
	const report = aReport({ minimal: { totals: around(2000, 50, 20) } });
	const figures = figuresOf(report);
	const world = fakeContext({});
	const gate = await parseGate([], { ...notJudged, budgets: [] }, world.context);
	vi.mocked(remarksOn).mockClear();
	const { renderTable } = await import("../../src/output/report/table.ts");
	renderTable(figures, {});
	await judging(figures, gate, false).say(world.context);
	expect(remarksOn).toHaveBeenCalledTimes(1);
});

it("computes nothing that is not read", () => {
	vi.mocked(remarksOn).mockClear();
	rendered("json", aReport({ minimal: { totals: around(2000, 50, 20) } }));
	expect(remarksOn).not.toHaveBeenCalled();
});

it("sums up what a reader must know of the attempts", () => {
	const finding = { code: "watch-stalled", message: "the watch stood still" };
	const early = { ...measured(1900, 1), endedBy: "request-end" } as const;
	const start = (round: number, spans = {}) =>
		aColdStart(round, { total: measured(2000), spans }, { findings: [finding] });
	const [run] = figuresOf(
		aReport({
			minimal: { extra: [start(1, { pod_creating: early }), start(3), anAttempt(0, "warm"), anAttempt(4, "failed")] },
		}),
	).runs;
	expect(run?.observations.findings).toEqual([{ ...finding, rounds: [1, 3] }]);
	expect(run?.observations.podCreating).toEqual({ n: 1, endedByAnswer: 1 });
	expect(run?.observations.notCounted.map(({ round }) => round)).toEqual([4]);
});

it("gives the price of each profile beside the first", () => {
	const { prices } = figuresOf(
		aReport({ minimal: { totals: around(1000, 10, 20) }, full: { totals: around(3000, 10, 20) }, none: {} }),
	);
	expect(prices).toMatchObject([{ profile: "full", base: "minimal" }]);
	expect(prices[0]?.ratio).toBeCloseTo(3, 1);
});
