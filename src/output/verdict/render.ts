import type { Judgement } from "../../gate/judge.ts";
import type { Report } from "../../report/report.ts";

/** A judgement, and the report that was judged, as text. */
export type RenderVerdicts = (judgement: Judgement, report: Report) => string;
