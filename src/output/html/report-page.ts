import type { Figures } from "../../analysis/figures.ts";
import type { Report } from "../../report/report.ts";
import { renderBars } from "../report/chart-svg.ts";
import type { RenderOptions } from "../report/render.ts";
import { answerOf } from "./answer.ts";
import { attemptsOf } from "./attempts.ts";
import { coldStartsOf } from "./cold-starts.ts";
import { htmlDocument } from "./document.ts";
import { isolated, tag } from "./drawing/markup.ts";
import { packed } from "./drawing/packed.ts";
import { findingsOf } from "./findings.ts";
import { fingerprintsOf } from "./fingerprints.ts";
import { manyAtOnceOf } from "./many-at-once.ts";
import { measuringOf } from "./measuring.ts";
import { mediansOf } from "./medians.ts";
import { samplesOf } from "./samples-of.ts";
import { scrolling } from "./table.ts";
import { tradeoffsOf } from "./tradeoffs.ts";

/** A report as a page that needs no other file: what came out first, how it was measured last. */
export function renderReportPage(figures: Figures, options: RenderOptions): string {
	const { report } = figures;
	const samples = figures.runs.map(({ run, isFiner }) => samplesOf(run, isFiner));
	return htmlDocument({
		title: `Cold start of a Knative service, by Istio profile${report.simulated === undefined ? "" : " — SIMULATED"}`,
		header: headerOf(report) + answerOf(figures, options.judgement),
		sections: [
			{ id: "comparison", title: "The profiles side by side", content: comparisonOf(figures, options) },
			{ id: "cold-starts", title: "Every cold start", content: coldStartsOf(figures, samples) },
			{ id: "many", title: "Many services at once", content: manyAtOnceOf(figures) },
			{ id: "tradeoffs", title: "Costs and benefits", content: tradeoffsOf(report) },
			{ id: "attempts", title: "Attempts", content: attemptsOf(figures) },
			{ id: "findings", title: "Findings", content: findingsOf(figures) },
			{ id: "measured", title: "What was measured", content: fingerprintsOf(report) },
			{ id: "measuring", title: "How it was measured", content: measuringOf(report) },
		],
		data: packed(samples),
	});
}

function headerOf({ simulated, startedAt, cluster, knistio }: Report): string {
	const when = tag("p", { class: "note" }, isolated(`${startedAt}, cluster ${cluster.context}, knistio ${knistio}`));
	if (simulated === undefined) return when;
	const { model, seed, speed } = simulated;
	const words = `simulated: model ${model}, seed ${seed}, speed ${speed}; no real cluster was measured`;
	return tag("p", { class: "banner" }, isolated(words)) + when;
}

function comparisonOf(figures: Figures, options: RenderOptions): string {
	const caption =
		"A bar is the cold start with the median total, phase by phase; the line above it is the median’s 95 % interval. " +
		"The table below has the numbers.";
	const chart = scrolling("Chart of the profiles", renderBars(figures, options));
	const medians = mediansOf(figures, options);
	const captions = medians === "" ? [] : [tag("figcaption", {}, caption)];
	return tag("figure", { class: "chart" }, chart, ...captions) + medians;
}
