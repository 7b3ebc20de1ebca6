import type { Report } from "../../report/report.ts";

/** How a report is shown. */
export interface RenderOptions {
	/** Adds the talk's own figures to those of the profiles of the same name. */
	reference?: "talk";
	/** Whether the text may have a terminal's colours. */
	color?: boolean;
}

/** A report as text; it ends with a line break. */
export type RenderReport = (report: Report, options: RenderOptions) => string;
