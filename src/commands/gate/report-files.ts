import type { Figures } from "../../analysis/figures.ts";
import type { Context } from "../../context/context.ts";
import type { UsageError } from "../../errors.ts";
import { formatOfFile } from "../../output/formats.ts";
import type { RenderOptions, RenderPicture, RenderReport } from "../../output/report/render.ts";
import { type Writing, writeFiles } from "./sink.ts";

/** A file that a report is written to. */
export interface ReportFile {
	file: string;
	render: RenderReport | RenderPicture;
}

/**
 * The files that `--out` names, with what writes them, so that nothing about the format can fail later.
 * @throws UsageError for an extension that knistio does not write, and for a format that this machine cannot draw
 */
export async function reportFiles(paths: readonly string[]): Promise<ReportFile[]> {
	const formats = paths.map((file) => ({ file, format: formatOfFile(file) }));
	return Promise.all(
		formats.map(async ({ file, format }) => ({
			file,
			render: await ("loadPicture" in format ? format.loadPicture() : format.load()),
		})),
	);
}

/** How a report is printed on stdout: as was asked, and as the terminal or pipe there is. */
export function printed(asked: RenderOptions, { color, outputColumns, env }: Context): RenderOptions {
	const columns = outputColumns ?? Number(env.COLUMNS);
	return { ...asked, color, ...(columns > 0 && { width: columns }) };
}

/**
 * Writes a report to each file in its format.
 * @returns an error for each file that could not be written; the others are there
 */
export async function writeReport(
	figures: Figures,
	files: readonly ReportFile[],
	{ options, writing }: { options: RenderOptions; writing: Writing },
): Promise<UsageError[]> {
	return writeFiles(
		files.map(({ file, render }) => ({ file, content: () => render(figures, options) })),
		writing,
	);
}
