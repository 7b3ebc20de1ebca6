import { figuresOf } from "../../src/analysis/figures.ts";
import type { Judgement } from "../../src/gate/judge.ts";
import { reportFormats } from "../../src/output/formats.ts";
import type { RenderOptions } from "../../src/output/report/render.ts";
import { verdictFormats } from "../../src/output/verdict-formats.ts";
import type { Report } from "../../src/report/report.ts";

async function loaded<Render>(formats: readonly { name: string; load(): Promise<Render> }[]) {
	return new Map(await Promise.all(formats.map(async ({ name, load }) => [name, await load()] as const)));
}

const [reports, verdicts] = await Promise.all([loaded(reportFormats), loaded(verdictFormats)]);

/** The names of all formats of a report. */
export const formatNames = reportFormats.map(({ name }) => name);

/** A report in the format of this name. */
export function rendered(format: string, report: Report, options: RenderOptions = {}): string {
	const render = reports.get(format);
	if (render === undefined) throw new Error(`there is no format ${format}`);
	return render(figuresOf(report), options);
}

/** A judgement in the format of this name. */
export function verdictsIn(format: string, judgement: Judgement, report: Report): string {
	const render = verdicts.get(format);
	if (render === undefined) throw new Error(`there is no format ${format}`);
	return render(judgement, figuresOf(report));
}
