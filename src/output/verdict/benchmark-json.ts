import type { Estimate } from "../../analysis/estimate.ts";
import type { Figures } from "../../analysis/figures.ts";
import type { Judgement } from "../../gate/judge.ts";
import type { Ledger, Report } from "../../report/report.ts";
import { formatMsWithRange } from "../words/amounts.ts";
import { ledgerWords } from "../words/units.ts";

/**
 * What github-action-benchmark reads as `customSmallerIsBetter`: a median a phase and profile, in milliseconds. A
 * phase without a value is left out; a simulated run never shares a name with a real one.
 */
export function renderGithubActionBenchmark(_: Judgement, figures: Figures): string {
	const entries = mediansOf(figures).map(({ name, estimate, ledger }) => ({
		name,
		unit: "ms",
		value: estimate.medianMs,
		...(estimate.interval !== undefined && { range: formatMsWithRange(estimate.medianMs, estimate.interval) }),
		extra: `n = ${estimate.n}, ${estimate.missing} missing; ${ledgerWords(ledger)}`,
	}));
	return `${JSON.stringify(entries, undefined, "\t")}\n`;
}

/**
 * Bencher Metric Format: the built-in measure `latency` is in nanoseconds. Bounds are those of the median, left out
 * where n is too small for them or a missing value leaves them open. A profile's attempts are measures of their own,
 * which Bencher makes when it meets them.
 */
export function renderBencher(_: Judgement, figures: Figures): string {
	const entries = mediansOf(figures).map(({ name, estimate }) => {
		const { lo = Number.NaN, hi = Number.NaN } = estimate.interval ?? {};
		const latency = {
			value: nanoseconds(estimate.medianMs),
			...(Number.isFinite(lo) && { lower_value: nanoseconds(lo) }),
			...(Number.isFinite(hi) && { upper_value: nanoseconds(hi) }),
		};
		return [name, { latency }];
	});
	const attempts = figures.runs.map(({ run, ledger }) => {
		const counts = Object.entries(ledger).map(([outcome, value]) => [outcome, { value }]);
		return [`${run.profile.name}/attempts${suffixOf(figures.report)}`, Object.fromEntries(counts)];
	});
	return `${JSON.stringify(Object.fromEntries([...entries, ...attempts]), undefined, "\t")}\n`;
}

function nanoseconds(ms: number): number {
	return Math.round(ms * 1e6);
}

const suffixOf = ({ simulated }: Report) => (simulated === undefined ? "" : " (simulated)");

function mediansOf({ report, runs }: Figures): { name: string; estimate: Estimate; ledger: Ledger }[] {
	return runs.flatMap(({ run, ledger, medians }) =>
		medians.flatMap(({ measure, estimate }) => {
			const name = `${run.profile.name}/${measure}${suffixOf(report)}`;
			return estimate === undefined ? [] : [{ name, estimate, ledger }];
		}),
	);
}
