import { resolve } from "node:path";
import { UsageError } from "../../errors.ts";
import type { GateOptions } from "./gate.ts";
import type { Sink } from "./sink.ts";

/**
 * Checks before a run that its results can be written: each folder exists and is writable, no two results go to one
 * file, and none overwrites the baseline, because the next run would then be compared with a slower one.
 *
 * Throws a `UsageError`. @param paths of what is written beside the files of the gate
 */
export async function requireWritable(
	paths: readonly string[],
	{ baseline, files }: Pick<GateOptions, "baseline" | "files">,
	sink: Sink,
): Promise<void> {
	const written = [...paths, ...Object.values(files)];
	for (const [index, path] of written.entries()) {
		const twin = written.findIndex((other) => resolve(other) === resolve(path));
		if (twin !== index) throw new UsageError(`${path}: two results would be written to this file`);
		if (!baseline.some((other) => resolve(other) === resolve(path))) continue;
		throw new UsageError(`${path}: the baseline would be overwritten by the run that it judges`, {
			hint: "write the report to another file, and copy it over the baseline when it has passed",
		});
	}
	const { GITHUB_STEP_SUMMARY: stepSummary } = sink.env;
	// One after the other, so that the same file is named each time.
	for (const path of [...written, ...(stepSummary ? [stepSummary] : [])]) await sink.requireWritable(path);
}
