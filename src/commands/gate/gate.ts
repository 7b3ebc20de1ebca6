import type { Figures } from "../../analysis/figures.ts";
import { type Measured, refuseDifferent } from "../../analysis/likeness.ts";
import { type ExitCode, InconclusiveError, UsageError } from "../../errors.ts";
import type { BaselineQuestion } from "../../gate/baseline.ts";
import { readBudgetsFile } from "../../gate/budgets-file.ts";
import { exitCodeOf, type Judgement, judge } from "../../gate/judge.ts";
import { budgetsOfProfile, parseBudget, type WrittenBudget } from "../../gate/parse-budget.ts";
import {
	isLikelyPhase,
	type KnownNames,
	lacksContainer,
	phaseHint,
	type ResolvedBudget,
	resolveBudgets,
} from "../../gate/resolve-budgets.ts";
import { renderJudgement } from "../../output/verdict/judgement-text.ts";
import type { Profile } from "../../profile/profile.ts";
import { usualPhases } from "../../report/phases.ts";
import { parseReport } from "../../report/read-report.ts";
import type { ProfileRun, Report } from "../../report/report.ts";
import { type JudgementFiles, writeJudgement } from "./judgement-files.ts";
import { readIfThere, type Sink, withoutUnwritten } from "./sink.ts";

/** What a report is judged by, and where the judgement goes: the same for `bench`, `check` and `replay`. */
export interface GateOptions {
	/** Written with `--budget`. */
	budgets: readonly string[];
	/** Paths of budgets files. */
	budgetsFiles: readonly string[];
	/** Paths; none means no baseline, a path without a file means a missing one. */
	baseline: readonly string[];
	minimumEffectMs: number;
	minimumEffectShare: number;
	/** Measures that are judged by the baseline; `total` if empty. */
	required: readonly string[];
	/** Keys of the fingerprint that may differ. */
	allowDifferent: readonly string[];
	files: JudgementFiles;
}

/** For a run that nobody judges. */
export const notJudged: GateOptions = {
	budgets: [],
	budgetsFiles: [],
	baseline: [],
	minimumEffectMs: 0,
	minimumEffectShare: 0,
	required: [],
	allowDifferent: [],
	files: {},
};

/** What a run is judged by, read and matched to its profiles and the known phases. */
export interface Gate {
	budgets: readonly ResolvedBudget[];
	baseline?: BaselineQuestion;
	files: JudgementFiles;
}

/**
 * Reads all budgets, those of the profiles too, and the baseline; `bench` does so before anything is installed.
 *
 * `known` may name more than the run has; without it only the run's profiles may be named. `judged` is the report that
 * is judged, if there is one already: it cannot be its own baseline. Throws a `UsageError` with the nearest name for a
 * mistyped one, and for files that cannot be read.
 */
export async function parseGate(
	profiles: readonly Profile[],
	{ known, judged, ...options }: GateOptions & { known?: KnownNames; judged?: Report },
	sink: Sink,
): Promise<Gate> {
	const names = profiles.map(({ name }) => name);
	const nameable: KnownNames = {
		...(known ?? { profiles: names, isPhase: isLikelyPhase, phases: usualPhases }),
		lacks: (name, phase) => profiles.some((profile) => profile.name === name && lacksContainer(profile, phase)),
	};
	const files = await Promise.all(
		options.budgetsFiles.map(async (file) => readBudgetsFile(await sink.readFile(file), file)),
	);
	const written: WrittenBudget[] = [
		...profiles.flatMap(budgetsOfProfile),
		...files.flat(),
		...options.budgets.map((text) => ({ text, source: "--budget" })),
	];
	requireKnownPhases(options.required, nameable);
	const baseline = await readBaseline(options, { judged, sink });
	return {
		budgets: resolveBudgets(written.map(parseBudget), names, nameable),
		...(baseline !== undefined && { baseline }),
		files: options.files,
	};
}

/** A run and its gate: judged when that is first asked for, and once. */
export interface Judging {
	/** For a page that also does without; `say` tells why there is none. */
	judgementIfAny(): Judgement | undefined;
	/**
	 * Prints the verdicts and writes what CI shows. A run that nobody asked to judge ends with 0 if every profile has a cold
	 * start that counts, else with 3.
	 * @throws UsageError where the baseline measured something else
	 */
	say(sink: Sink): Promise<ExitCode>;
}

/** Judges a run by its gate; `acceptSimulated` where a simulated cluster was asked for by name. */
export function judging(figures: Figures, { files, ...criteria }: Gate, acceptSimulated: boolean): Judging {
	const remarksOf = (run: ProfileRun) => figures.runs.find((each) => each.run === run)?.remarks ?? [];
	let judged: Judgement | undefined;
	const judgement = () => {
		judged ??= judge(figures.report, { ...criteria, acceptSimulated, remarksOf });
		return judged;
	};
	return {
		judgementIfAny() {
			try {
				return judgement();
			} catch {
				return undefined;
			}
		},
		async say(sink) {
			const found = judgement();
			if (found.verdicts.length > 0) sink.stdout(`\n${renderJudgement(found)}`);
			return withoutUnwritten(exitCodeOf(found), await writeJudgement(figures, found, { files, sink }));
		},
	};
}

function requireKnownPhases(required: readonly string[], known: KnownNames): void {
	const unknown = required.find((name) => !known.isPhase(name));
	if (unknown === undefined) return;
	throw new UsageError(`there is no phase "${unknown}" to judge`, { hint: phaseHint(unknown, known.phases) });
}

/** The profiles of a run, with the part of their fingerprints that is known so far. */
export interface Foreseen extends Measured {
	/** Whether more of the fingerprints is yet to be found out. */
	isPartial: boolean;
}

/**
 * Refuses a run that its baseline could not be compared with, as soon as that is known, and not after it.
 *
 * Throws what judging would end with: a `UsageError` for a fingerprint that differs, an `InconclusiveError` for a profile
 * that the baseline has not measured. A missing baseline is not refused, because the run makes the first one.
 */
export function refuseUnlike({ baseline }: Gate, { isPartial, ...measured }: Foreseen): void {
	if (baseline === undefined || baseline.reports.length === 0) return;
	refuseDifferent(baseline.reports, measured, { allowed: baseline.allowDifferent, isPartial });
	const known = new Set(baseline.reports.flatMap(({ profiles }) => profiles.map(({ profile }) => profile.name)));
	const missing = measured.profiles.find(({ profile }) => !known.has(profile.name));
	if (missing === undefined) return;
	throw new InconclusiveError(`the baseline has no profile ${missing.profile.name}`, {
		hint: "measure a new baseline without --baseline, or leave the profile out",
	});
}

interface BaselineFiles {
	judged: Report | undefined;
	sink: Sink;
}

async function readBaseline(
	options: GateOptions,
	{ judged, sink }: BaselineFiles,
): Promise<BaselineQuestion | undefined> {
	if (options.baseline.length === 0) return undefined;
	const missing: string[] = [];
	const reports = new Map<string, Report>();
	for (const path of options.baseline) {
		const text = await readIfThere(sink, path);
		if (text === undefined) {
			missing.push(path);
			sink.stderr(
				`there is no baseline at ${path}\nhint: this is expected on the first run; save its report as the baseline\n`,
			);
			continue;
		}
		const report = parseReport(text, path);
		requireOther(path, report, { judged, reports });
		reports.set(path, report);
	}
	return {
		reports: [...reports.values()],
		missing,
		minimumEffectMs: options.minimumEffectMs,
		minimumEffectShare: options.minimumEffectShare,
		required: options.required.length === 0 ? ["total"] : options.required,
		allowDifferent: options.allowDifferent,
	};
}

/**
 * A report always passes against itself, and a report that is pooled twice makes the result look twice as certain.
 * Reports are compared by content, so that a copy in another format of JSON is still found.
 */
function requireOther(
	path: string,
	report: Report,
	{ judged, reports }: { judged: Report | undefined; reports: ReadonlyMap<string, Report> },
): void {
	const identity = identityOf(report);
	if (judged !== undefined && identityOf(judged) === identity) {
		throw new UsageError(`the baseline ${path} is the report that is judged`);
	}
	const twin = [...reports].find(([, other]) => identityOf(other) === identity)?.[0];
	if (twin !== undefined) {
		throw new UsageError(`the baseline ${path} is given twice${twin === path ? "" : `: it is the same as ${twin}`}`);
	}
}

/** The report's text with its keys in one order. */
function identityOf(report: Report): string {
	return JSON.stringify(report, (_, value: unknown) =>
		typeof value === "object" && value !== null && !Array.isArray(value)
			? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
			: value,
	);
}
