export const pooledRuns: number;
export function keep<T>(
	kept: { recent: readonly T[]; anchor: readonly T[] },
	run: T,
): { recent: T[]; anchor: T[] };
export function isUsable(report: unknown): boolean;
