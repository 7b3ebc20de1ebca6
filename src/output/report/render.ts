import type { Figures } from "../../analysis/figures.ts";
import type { Judgement } from "../../gate/judge.ts";

/** How a report is shown. */
export interface RenderOptions {
	/** Adds the talk's own figures to those of the profiles of the same name. */
	reference?: "talk";
	/** Whether the text may have a terminal's colours. */
	color?: boolean;
	/** What the report was judged to be, where it was. */
	judgement?: Judgement;
}

/** A report as text; it ends with a line break. */
export type RenderReport = (figures: Figures, options: RenderOptions) => string;
