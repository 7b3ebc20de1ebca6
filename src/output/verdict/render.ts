import type { Figures } from "../../analysis/figures.ts";
import type { Judgement } from "../../gate/judge.ts";

/** A judgement, and the figures of the report that was judged, as text. */
export type RenderVerdicts = (judgement: Judgement, figures: Figures) => string;
