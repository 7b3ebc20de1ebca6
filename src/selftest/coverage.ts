import { type Source, sourceSchema } from "../model/report.ts";
import { quantileOf } from "../statistics/median.ts";
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
 * The share of bounds that must hold. How late a watch was is told by pings right before and after, which had a similar
 * way and not the same: that bound is only usual, and reports say so. All others are firm.
 */
const requiredOf = (source: Source): number => (source === "watch" ? 0.95 : 1);

/** The table by source, from sharp to blunt; sources that occurred nowhere are left out. */
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

/** What is wrong, in sentences; none means that the bounds hold. No data is never a pass. */
export function defectsOf(comparison: Comparison): string[] {
	const { checks, cold, attempted } = comparison;
	const defects = [...comparison.defects];
	if (cold === 0) defects.push(`of ${attempted} attempts not one was measured`);
	for (const { source, n, held, required } of coverageOf(checks)) {
		if (held >= n * required) continue;
		const limit = required === 1 ? "all must" : `${required * 100} % must`;
		defects.push(`${n - held} of ${n} bounds by ${source} do not hold; ${limit}`);
	}
	return defects;
}
