import { estimateOf } from "../analysis/estimate.ts";
import { pathOf } from "../analysis/finer.ts";
import { type Knob, knobsOf } from "../analysis/knobs.ts";
import { sampleOf } from "../analysis/samples.ts";
import { refuseUnsound, requireWhole } from "../analysis/soundness.ts";
import { typicalStart } from "../analysis/typical-start.ts";
import { type ExitCode, exitCodes, InconclusiveError, UsageError } from "../errors.ts";
import { judgeBudget } from "../gate/judge-budget.ts";
import { judgeLeftOut } from "../gate/judge-data.ts";
import { parseBudget } from "../gate/parse-budget.ts";
import { isLikelyPhase, type ResolvedBudget, resolveBudgets } from "../gate/resolve-budgets.ts";
import type { Verdict } from "../gate/verdict.ts";
import { renderAdvice } from "../output/tradeoffs/advice-text.ts";
import { sentenceOf } from "../output/verdict/headline.ts";
import { duration } from "../output/words/units.ts";
import { usualPhases } from "../report/phases.ts";
import { parseReport } from "../report/read-report.ts";
import type { Report } from "../report/report.ts";
import { adviseOn, type Candidate, type Needs, type Requirement, requirementsOf } from "../tradeoffs/advice.ts";
import { columns, columnsNamed } from "../tradeoffs/columns.ts";
import { causeOfPhase } from "../tradeoffs/phase-causes.ts";
import { talkAdvice } from "../tradeoffs/talk-advice.ts";
import type { Sink } from "./gate/sink.ts";

/** What is asked of the profiles of a report. */
export interface AdviseOptions {
	/** Path of a report with trade-offs. */
	report: string;
	/** Names of columns, several in one separated by commas. */
	need: readonly string[];
	forbid: readonly string[];
	budgets: readonly string[];
	/** Whether `--cluster simulated` was given. */
	acceptSimulated: boolean;
	format: "text" | "json";
}

/**
 * `knistio advise`: which profile of a report meets all of this, by its observed cells and measured numbers.
 * @returns 0 with a profile, 99 where every profile breaks something, 3 where it depends on what is not known
 */
export async function advise(options: AdviseOptions, sink: Sink): Promise<ExitCode> {
	const needs: Needs = {
		needs: columnsNamed("--need", options.need),
		forbids: columnsNamed("--forbid", options.forbid),
	};
	const budgets = options.budgets.map((text) => parseBudget({ text, source: "--budget" }));
	if (needs.needs.length + needs.forbids.length + budgets.length === 0) {
		throw new UsageError("there is nothing to choose a profile by", {
			hint: `give --need, --forbid or --budget; to need or to forbid: ${columns.map(({ name }) => name).join(", ")}`,
		});
	}
	const report = parseReport(await sink.readFile(options.report), options.report);
	refuseUnsuited(report, options);
	const names = report.tradeoffs?.profiles.map(({ profile }) => profile) ?? [];
	const known = { profiles: names, isPhase: isLikelyPhase, phases: usualPhases };
	const candidates = candidatesOf(report, needs, resolveBudgets(budgets, names, known));
	const advice = adviseOn(candidates);
	const talk = talkAdvice(report);
	const simulated = report.simulated?.model;
	sink.stdout(
		options.format === "json"
			? `${JSON.stringify({ ...advice, talk, ...(simulated === undefined ? {} : { simulated }) }, null, "\t")}\n`
			: renderAdvice(advice, { talk, simulated }),
	);
	if (advice.chosen !== undefined) return exitCodes.ok;
	return advice.unknown.length > 0 ? exitCodes.inconclusive : exitCodes.breach;
}

function refuseUnsuited(report: Report, { report: path, acceptSimulated }: AdviseOptions): void {
	if (report.tradeoffs === undefined) {
		throw new UsageError(`${path}: the report has no costs and benefits`, {
			hint: `\`knistio tradeoffs --report ${path} --out ${path}\` with its profiles adds them, and \`bench --tradeoffs\` has them`,
		});
	}
	refuseUnsound(report, path);
	requireWhole(report, path, "profiles may be missing, and numbers one-sided: choose by a run that came to its end");
	if (report.simulated === undefined || acceptSimulated) return;
	throw new InconclusiveError(`${path}: the report is of a simulated cluster, which no choice should rest on`, {
		hint: "--cluster simulated advises by it all the same",
	});
}

function candidatesOf(report: Report, needs: Needs, budgets: readonly ResolvedBudget[]): Candidate[] {
	return (report.tradeoffs?.profiles ?? []).map((each) => {
		const own = budgets.filter(({ profile }) => profile === each.profile);
		const run = report.profiles.find(({ profile }) => profile.name === each.profile);
		const total = run === undefined ? undefined : estimateOf(sampleOf(run, "total"))?.medianMs;
		return {
			profile: each.profile,
			requirements: [...requirementsOf(each, needs), ...own.map((budget) => requirementOf(report, budget))],
			...(total === undefined ? {} : { totalMs: total }),
		};
	});
}

const statuses = { pass: "met", breach: "broken", inconclusive: "unknown" } as const;

function requirementOf(report: Report, budget: ResolvedBudget): Requirement {
	const verdict =
		judgeLeftOut(report, undefined).find(({ profile }) => profile === budget.profile) ??
		judgeBudget(report, budget, 0.95);
	const missingMs = missingOf(verdict, budget);
	return {
		text: `budget ${budget.measure}: ${verdict.expected}`,
		status: statuses[verdict.status],
		because: sentenceOf(verdict),
		...(missingMs === undefined ? {} : { missingMs, ways: waysToSave(report, budget) }),
	};
}

function missingOf({ status, found, unit }: Verdict, { limit, operator }: ResolvedBudget): number | undefined {
	if (status !== "breach" || unit !== "ms" || found === undefined || limit.kind !== "time") return undefined;
	return operator.startsWith("<") ? found - limit.ms : undefined;
}

const mostPhases = 3;

/**
 * Where the missing time could come from, measured things first: variants of the profile, which turn one knob; other
 * profiles that keep the budget; then the phases that take longest, of which nobody has measured a way to shorten them.
 */
function waysToSave(report: Report, budget: ResolvedBudget): string[] {
	const isKept = (profile: string) => judgeBudget(report, { ...budget, profile }, 0.95).status === "pass";
	const variants = knobsOf(report)
		.filter(({ of, outcome }) => of === budget.profile && outcome === "saves")
		.map((knob) => variantWords(knob, isKept(knob.profile)));
	const keeping = report.profiles
		.filter(({ profile }) => profile.variant === undefined && isKept(profile.name))
		.map(({ profile }) => profile.name);
	const run = report.profiles.find(({ profile }) => profile.name === budget.profile);
	const typical = run === undefined ? undefined : typicalStart(run);
	const phases = Object.entries(typical === undefined ? {} : pathOf(typical, true))
		.sort(([, a], [, b]) => b.ms - a.ms)
		.slice(0, mostPhases)
		.map(([name, { ms }]) => {
			const cause = causeOfPhase(name);
			return `${name} ${duration(ms)}${cause === undefined ? "" : ` (${cause})`}`;
		});
	return [
		...(variants.length === 0 ? [] : [`measured variants that save time: ${variants.join(", ")}`]),
		...(keeping.length === 0 ? [] : [`measured to keep it: ${keeping.join(", ")}`]),
		...(phases.length === 0 ? [] : [`its longest phases: ${phases.join(", ")}`]),
	];
}

function variantWords({ profile, savedMs = 0, cost }: Knob, keepsIt: boolean): string {
	const verdict = keepsIt ? "and keeps it" : "which is not enough alone";
	return `${profile} saves ${duration(savedMs)} of total ${verdict} (its price: ${cost})`;
}
