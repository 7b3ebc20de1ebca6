import { tradeoffTable } from "../tradeoffs/table.ts";
import { renderMarkdown } from "./report/markdown.ts";
import type { RenderReport } from "./report/render.ts";
import { renderTable } from "./report/table.ts";
import { renderTradeoffMarkdown } from "./tradeoffs/markdown.ts";
import { renderTradeoffTable } from "./tradeoffs/table.ts";

/** The terminal's table of cold starts, and that of costs and benefits where they were observed. */
export const renderWholeTable: RenderReport = (figures, options) => {
	const table = tradeoffTable(figures.report);
	const { color = false, hasDetails = false } = options;
	const parts = [
		renderTable(figures, options),
		...(table === undefined ? [] : [renderTradeoffTable(table, { color, hasEvidence: hasDetails })]),
	];
	return parts.join("\n");
};

/** The same in Markdown. */
export const renderWholeMarkdown: RenderReport = (figures, options) => {
	const table = tradeoffTable(figures.report);
	return [renderMarkdown(figures, options), ...(table === undefined ? [] : [renderTradeoffMarkdown(table)])].join("\n");
};
