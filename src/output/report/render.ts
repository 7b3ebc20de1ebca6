import type { Figures } from "../../analysis/figures.ts";
import type { Judgement } from "../../gate/judge.ts";

/** How a report is shown. */
export interface RenderOptions {
	/** Adds the talk's own figures to those of the profiles of the same name. */
	reference?: "talk";
	/** Whether the text may have a terminal's colours. */
	color?: boolean;
	/** How many columns the terminal has; {@link plainWidth} where there is none. */
	width?: number;
	/** Shows the terminal's table with its intervals, however wide that makes it. */
	isWide?: boolean;
	/** Draws and writes with ASCII characters alone, but for names that have others. */
	isAscii?: boolean;
	/** Adds to the terminal's table what is usual and only of interest when something is wrong. */
	hasDetails?: boolean;
	csv?: CsvDialect;
	/** What the report was judged to be, where it was. */
	judgement?: Judgement | undefined;
}

/** How CSV is written: without a byte order mark and with commas, unless said otherwise. */
export interface CsvDialect {
	/** Whether the file begins with a byte order mark, by which Excel knows that it is UTF-8. */
	hasBom?: boolean;
	/** `;` also makes decimal points commas, as the spreadsheets that expect it do. */
	separator?: "," | ";";
}

/** Columns of text that does not go to a terminal: four profiles fit, and most pages and logs show them. */
export const plainWidth = 100;

/** A report as text; it ends with a line break. */
export type RenderReport = (figures: Figures, options: RenderOptions) => string;

/** A report as the bytes of a picture. */
export type RenderPicture = (figures: Figures, options: RenderOptions) => Uint8Array;
