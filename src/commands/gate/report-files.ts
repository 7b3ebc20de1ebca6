import type { Figures } from "../../analysis/figures.ts";
import type { UsageError } from "../../errors.ts";
import type { Judgement } from "../../gate/judge.ts";
import { formatOfFile, type ReportFormat } from "../../output/formats.ts";
import { type Sink, whatFails } from "./sink.ts";

/** A file that a report is written to. */
export interface ReportFile {
	file: string;
	format: ReportFormat;
}

/** The files that `--out` names. @throws UsageError for an extension that knistio does not write */
export function reportFiles(paths: readonly string[]): ReportFile[] {
	return paths.map((file) => ({ file, format: formatOfFile(file) }));
}

interface WriteOptions {
	reference: "talk" | undefined;
	/** Where the run was judged. */
	judgement?: Judgement | undefined;
	sink: Pick<Sink, "writeFile">;
}

/**
 * Writes a report to each file in its format.
 * @returns an error for each file that could not be written; the others are there
 */
export async function writeReport(
	figures: Figures,
	files: readonly ReportFile[],
	{ reference, judgement, sink }: WriteOptions,
): Promise<UsageError[]> {
	const options = { ...(reference !== undefined && { reference }), ...(judgement !== undefined && { judgement }) };
	return whatFails(
		files.map(({ file, format }) => async () => {
			const render = await format.load();
			await sink.writeFile(file, render(figures, options));
		}),
	);
}
