import Table from "cli-table3";
import type { Report } from "../../report/report.ts";
import type { Check, Comparison } from "../../selftest/compare.ts";
import type { Coverage } from "../../selftest/coverage.ts";
import { duration, range } from "../words/units.ts";
import { borderless } from "./borderless.ts";

/** What a selftest found. */
export interface SelftestOutcome {
	simulated: NonNullable<Report["simulated"]>;
	results: { scenario: { name: string; about: string }; seed: number; comparison: Comparison }[];
	/** Over all scenarios. */
	coverage: Coverage[];
	/** What is wrong; empty if the selftest passed. */
	defects: string[];
}

/** For a terminal: a row a source, a row a scenario, each bound that does not hold, and the outcome. */
export function renderSelftest({ simulated, results, coverage, defects }: SelftestOutcome): string {
	const { model, seed, speed } = simulated;
	const sources = new Table({
		head: ["source", "n", "median error", "p95", "max", "bounds hold", "required"],
		...borderless,
	});
	for (const { source, n, held, medianErrorMs, p95ErrorMs, maxErrorMs, required } of coverage) {
		const errors = [medianErrorMs, p95ErrorMs, maxErrorMs].map(duration);
		sources.push([source, n, ...errors, share(held, n), `${required * 100} %`]);
	}
	const scenarios = new Table({ head: ["scenario", "cold", "n", "bounds hold", "about"], ...borderless });
	for (const { scenario, comparison } of results) {
		const { checks, cold, attempted } = comparison;
		const held = checks.filter(({ isHeld }) => isHeld).length;
		const about = { content: scenario.about, hAlign: "left" as const };
		scenarios.push([scenario.name, `${cold} of ${attempted}`, checks.length, share(held, checks.length), about]);
	}
	const missed = results.flatMap(({ scenario, comparison }) =>
		comparison.checks.filter(({ isHeld }) => !isHeld).map((check) => missedText(scenario.name, check)),
	);
	const unmeasured = results.flatMap(({ scenario, comparison }) =>
		comparison.unmeasured.map((text) => `  ${scenario.name}, ${text}`),
	);
	return [
		`Measured times against true times — SIMULATED (model ${model}, seed ${seed}, speed ${speed})`,
		sources.toString(),
		"",
		scenarios.toString(),
		...(missed.length === 0 ? [] : ["", "bounds that do not hold:", ...missed]),
		...(unmeasured.length === 0 ? [] : ["", "not measured, and reported as not measured:", ...unmeasured]),
		"",
		...(defects.length === 0
			? ["passed: the stated bounds hold"]
			: ["FAILED: measured and true times do not agree", ...defects.map((text) => `  ${text}`)]),
		"",
	].join("\n");
}

function missedText(scenario: string, { where, what, source, measured, truth }: Check): string {
	const bounds = range(measured.loMs, measured.hiMs);
	return `  ${scenario}, ${where}: ${what} by ${source} is ${duration(measured.ms)} ${bounds}, true time ${range(truth.loMs, truth.hiMs)}`;
}

const share = (held: number, n: number) => (n === 0 ? "–" : `${((100 * held) / n).toFixed(held === n ? 0 : 2)} %`);

/** The same for programs: every single check too. */
export function selftestJson(outcome: SelftestOutcome): string {
	const { simulated, coverage, defects, results } = outcome;
	const scenarios = results.map(({ scenario, seed, comparison }) => ({ name: scenario.name, seed, ...comparison }));
	return `${JSON.stringify({ passed: defects.length === 0, simulated, coverage, defects, scenarios }, null, "\t")}\n`;
}
