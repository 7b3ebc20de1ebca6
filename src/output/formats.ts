import { UsageError } from "../errors.ts";
import { ledgerOf, type Report } from "../report/report.ts";
import { reportText } from "../report/report-text.ts";
import { renderCsv } from "./report/csv.ts";
import { renderMarkdown } from "./report/markdown.ts";

/** What a rendering may be told. */
export interface RenderOptions {
	/** Puts the talk's own figures beside those of the profiles of the same name. */
	reference?: "talk";
}

type Render = (report: Report, options: RenderOptions) => string;

/** Every format a report can be written in, by the extension of its file. */
export const formats: Record<string, Render> = {
	csv: renderCsv,
	json: (report) => reportText(withLedgers(report)),
	md: renderMarkdown,
};

function withLedgers(report: Report): Report {
	const profiles = report.profiles.map(({ profile, fingerprint, ...rest }) => ({
		profile,
		fingerprint,
		...rest,
		ledger: ledgerOf(rest.coldStarts),
	}));
	return { ...report, profiles };
}

/** The format of a file by its extension. @throws UsageError for one that knistio does not write */
export function formatOf(file: string): Render {
	const extension = /\.([a-z0-9]+)$/i.exec(file)?.[1]?.toLowerCase();
	const render = extension === undefined ? undefined : formats[extension];
	if (render === undefined) {
		const known = Object.keys(formats).map((name) => `.${name}`);
		throw new UsageError(
			`${file}: knistio writes no ${extension === undefined ? "file without extension" : `.${extension}`}`,
			{
				hint: `the extension says the format: ${known.join(", ")}`,
			},
		);
	}
	return render;
}
