import { resolve } from "node:path";
import { UsageError } from "../../errors.ts";
import type { GateOptions } from "./gate.ts";
import type { Sink } from "./sink.ts";

/** A file that the command reads. */
export interface Read {
	path: string;
	/** Such as `the report that is judged`. */
	what: string;
}

/**
 * Checks before a run that its results can be written: each folder exists and is writable, no two results go to one
 * file, and none overwrites what the command reads, above all the baseline, because the next run would then be compared
 * with a slower one.
 *
 * Throws a `UsageError`. @param paths of what is written beside the files of the gate
 */
export async function requireWritable(
	paths: readonly string[],
	{ files, ...inputs }: Inputs & Pick<GateOptions, "files">,
	sink: Sink,
): Promise<void> {
	const written = [...paths, ...Object.values(files)];
	refuseClashes(written, inputs);
	const { GITHUB_STEP_SUMMARY: stepSummary } = sink.env;
	// One after the other, so that the same file is named each time.
	for (const path of [...written, ...(stepSummary ? [stepSummary] : [])]) await sink.requireWritable(path);
}

/** What could be overwritten. */
type Inputs = Pick<GateOptions, "baseline" | "budgetsFiles"> & { reads: readonly Read[] };

/** What the line of a bench names, that a result could overwrite: names of what comes with knistio are no paths. */
export function readsOfBench(named: {
	profiles: readonly string[];
	variants: readonly string[];
	service: string | undefined;
}): Read[] {
	return [
		...named.profiles.map((path) => ({ path, what: "a profile" })),
		...named.variants.map((path) => ({ path, what: "a variant" })),
		...(named.service === undefined ? [] : [{ path: named.service, what: "the service's manifest" }]),
	];
}

/** @throws UsageError where two results go to one file, or one would overwrite what is read */
export function refuseClashes(written: readonly string[], { baseline, budgetsFiles, reads }: Inputs): void {
	for (const [index, path] of written.entries()) {
		const twin = written.findIndex((other) => isSame(other, path));
		if (twin !== index) throw new UsageError(`${path}: two results would be written to this file`, { hint });
		if (!baseline.some((other) => isSame(other, path))) continue;
		throw new UsageError(`${path}: the baseline would be overwritten by the run that it judges`, {
			hint: "write the report to another file, and copy it over the baseline when it has passed",
		});
	}
	refuseOverwriting(written, [...reads, ...budgetsFiles.map((path) => ({ path, what: "the budgets" }))]);
}

const isSame = (a: string, b: string) => resolve(a) === resolve(b);

const hint = "give each result a file of its own";

/** @throws UsageError for a result that would take the place of what the command reads */
export function refuseOverwriting(written: readonly string[], reads: readonly Read[]): void {
	for (const path of written) {
		const read = reads.find((each) => each.path !== "-" && isSame(each.path, path));
		if (read !== undefined) throw new UsageError(`${path}: a result would overwrite ${read.what}`, { hint });
	}
}
