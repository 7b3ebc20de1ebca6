/** A version by its numbers; `1.27` has patch 0, and what follows the numbers (`-rc.0`, a commit) does not count. */
export type VersionNumbers = [major: number, minor: number, patch: number];

const leading = /^v?(\d+)\.(\d+)(?:\.(\d+))?(?![\d.])/;

/** The numbers that a version starts with, such as `1.31` of `1.31-eed52ebb66ad`; undefined if there are none. */
export function versionNumbers(version: string): VersionNumbers | undefined {
	const match = leading.exec(version);
	return match === null ? undefined : [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
}

/**
 * What is built before a release or between two of them: `rc.0`, `alpha.eed52ebb66ad`, a commit. Everything else behind
 * the numbers is an image variant (`distroless`, `debug`, `fips`) or a vendor's build (`solo`, `asm.3`, `gke.3`) of it.
 */
const unreleased =
	/^(?:(?:alpha|beta|rc|pre|preview|dev|snapshot|nightly)(?:[.\d].*)?|(?=[0-9a-f]*\d)[0-9a-f]{7,40})$/i;

/** A version without its variant: `1.31.0` of `1.31.0-distroless`; undefined where it does not begin with numbers. */
export function releaseOf(version: string): string | undefined {
	const numbers = leading.exec(version)?.[0];
	if (numbers === undefined) return undefined;
	const parts = version
		.slice(numbers.length)
		.split(/[-+_]/)
		.filter((part) => unreleased.test(part));
	return [numbers.replace(/^v/, ""), ...parts].join("-");
}

/**
 * Whether two versions are of one release. Their variants do not count, nor a patch that only one of them tells; those
 * that do not begin with numbers must be the same text.
 */
export function isSameRelease(one: string, other: string): boolean {
	const [a, b] = [releaseParts(one), releaseParts(other)];
	if (a === undefined || b === undefined) return one === other;
	const isPatchAlike = a.patch === undefined || b.patch === undefined || a.patch === b.patch;
	return a.minor === b.minor && isPatchAlike && a.rest === b.rest;
}

function releaseParts(version: string): { minor: string; patch: string | undefined; rest: string } | undefined {
	const [numbers, ...rest] = releaseOf(version)?.split("-") ?? [];
	const [major, minor, patch] = numbers?.split(".") ?? [];
	return major === undefined ? undefined : { minor: `${major}.${minor}`, patch, rest: rest.join("-") };
}

/*
 * Ranges compare numbers alone, unlike those of the package `semver`: there `<=1.31` includes 1.31.1, and
 * `1.31-eed52ebb66ad`, a tag of Istio's, is not a version.
 */
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
