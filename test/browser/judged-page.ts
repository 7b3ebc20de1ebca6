import { figuresOf } from "../../src/analysis/figures.ts";
import { judging, notJudged, parseGate } from "../../src/commands/gate/gate.ts";
import type { Report } from "../../src/report/report.ts";
import { fakeContext } from "../support/fake-context.ts";
import { rendered } from "../support/rendered.ts";
import { usual } from "../support/strange-reports.ts";

/** The page of a report that was judged by these budgets. */
export async function judgedPage(
	budgets = ["total: p(50) < 3s", "total: p(50) < 1s"],
	report: Report = usual,
): Promise<string> {
	const profiles = report.profiles.map(({ profile }) => profile);
	const gate = await parseGate(profiles, { ...notJudged, budgets }, fakeContext().context);
	const judgement = judging(figuresOf(report), gate, false).judgementIfAny();
	return rendered("html", report, judgement === undefined ? {} : { judgement });
}
