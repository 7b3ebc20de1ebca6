import { quantileOf } from "../analysis/statistics/median.ts";
import { type Source, sourceSchema } from "../report/report.ts";
import { type Check, type Comparison, errorMs } from "./compare.ts";

/** How well the times of one source were measured. */
export interface Coverage {
	source: Source;
	n: number;
	held: number;
	/** Of the times themselves, not of their bounds; ms. */
	medianErrorMs: number;
	p95ErrorMs: number;
	maxErrorMs: number;
	/** The share that must hold. */
	required: number;
}

/**
 * The share of bounds that must hold. How late a watch was is told by pings around it, which bound it in 95 of 100 cases
 * (timing/watch-lag.ts) as long as it has no busier time than they had; a cold start is busy, which is what the rest is
 * for. All other bounds are firm.
 */
const requiredOf = (source: Source): number => (source === "watch" ? 0.9 : 1);

/** The table by source, the most precise first; sources that occurred nowhere are left out. */
export function coverageOf(checks: readonly Check[]): Coverage[] {
	return sourceSchema.options.flatMap((source) => {
		const own = checks.filter((check) => check.source === source);
		const errors = own.map(errorMs);
		const quantile = (p: number) => quantileOf([...errors], p) ?? Number.NaN;
		if (own.length === 0) return [];
		return [
			{
				source,
				n: own.length,
				held: own.filter(({ isHeld }) => isHeld).length,
				medianErrorMs: quantile(0.5),
				p95ErrorMs: quantile(0.95),
				maxErrorMs: Math.max(...errors),
				required: requiredOf(source),
			},
		];
	});
}

/** What is wrong with a comparison whatever its bounds are, in sentences. No data is never a pass. */
export function defectsOf({ defects, cold, attempted }: Comparison): string[] {
	return cold === 0 ? [...defects, `of ${attempted} attempts none was measured`] : defects;
}

/** Which bounds do not hold as often as they must, in sentences. */
export function missedBounds(coverage: readonly Coverage[]): string[] {
	return coverage
		.filter(({ n, held, required }) => held < n * required)
		.map(({ source, n, held, required }) => {
			const limit = required === 1 ? "all must" : `${required * 100} % must`;
			return `${n - held} of ${n} bounds by ${source} do not hold; ${limit}`;
		});
}
