/** A version by its numbers; `1.27` has patch 0, and what follows the numbers (`-rc.0`, a commit) does not count. */
export type VersionNumbers = [major: number, minor: number, patch: number];

/** The numbers that a version starts with, such as `1.31` of `1.31-eed52ebb66ad`; undefined if there are none. */
export function versionNumbers(version: string): VersionNumbers | undefined {
	const match = /^v?(\d+)\.(\d+)(?:\.(\d+))?(?![\d.])/.exec(version);
	return match === null ? undefined : [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
}

const comparator = /^(>=|<=|>|<|=)?(\d+(?:\.\d+){0,2})$/;

const holds = {
	">=": (order: number) => order >= 0,
	"<=": (order: number) => order <= 0,
	">": (order: number) => order > 0,
	"<": (order: number) => order < 0,
	"=": (order: number) => order === 0,
} as const;

/** Whether a text is a range: comparisons such as `>=1.27 <2`, separated by spaces, which must all hold. */
export function isVersionRange(range: string): boolean {
	const parts = range.trim().split(/\s+/);
	return parts.every((part) => comparator.test(part));
}

/** Whether a version lies in a range. Undefined if the version has no numbers, or the range is none. */
export function isInRange(version: string, range: string): boolean | undefined {
	const numbers = versionNumbers(version);
	if (numbers === undefined || !isVersionRange(range)) return undefined;
	return range
		.trim()
		.split(/\s+/)
		.every((part) => {
			const [, operator = "=", limit = ""] = comparator.exec(part) ?? [];
			return holds[operator as keyof typeof holds](compare(numbers, limit));
		});
}

/** Negative if the version comes before the limit; numbers that the limit leaves out are 0. */
function compare(numbers: VersionNumbers, limit: string): number {
	const limits = limit.split(".").map(Number);
	const differing = numbers.findIndex((number, index) => number !== (limits[index] ?? 0));
	return differing < 0 ? 0 : (numbers[differing] ?? 0) - (limits[differing] ?? 0);
}
