import { pathOf } from "../../analysis/finer.ts";
import { mergedOrder } from "../../analysis/summary.ts";
import { textOfPhase } from "../../report/phases.ts";
import type { ColdStart, Measured, ProfileRun } from "../../report/report.ts";
import { podCreated } from "../../report/steps.ts";
import { ownerOf } from "../report/owners.ts";
import type { Measure, ProfileSamples, Sample, Time } from "./drawing/samples.ts";

/** Of a phase that belongs to nobody, and of spans: what the style of the page fills them with. */
const noOwner = "currentColor";

/** What the waterfalls of a profile are drawn from. */
export function samplesOf(run: ProfileRun, isFiner: boolean): ProfileSamples {
	const coldStarts = run.coldStarts.map((start) => ({ ...start, phases: pathOf(start, isFiner) }));
	const namesIn = (group: "phases" | "spans") => mergedOrder(coldStarts.map((start) => Object.keys(start[group])));
	const [phases, spans] = [namesIn("phases"), namesIn("spans")];
	return {
		phases: phases.map((name) => measure(name, ownerOf(name)?.fill ?? noOwner)),
		spans: spans.map((name) => measure(name, noOwner)),
		samples: coldStarts.map((start) => sampleOf(start, phases, spans)),
	};
}

const measure = (name: string, fill: string): Measure => ({ name, text: textOfPhase(name) ?? "", fill });

function sampleOf(start: ColdStart, phases: readonly string[], spans: readonly string[]): Sample {
	const { round, outcome, counted, reason, total, findings } = start;
	return {
		round,
		outcome,
		isCounted: counted,
		...(reason !== undefined && { reason }),
		...(total !== undefined && { total: timeOf(total) }),
		phases: phases.map((name) => start.phases[name] && timeOf(start.phases[name])),
		spans: spans.map((name) => start.spans[name] && timeOf(start.spans[name], beginningOf(name, start))),
		findings: findings.map(({ code, message }) => `${code}: ${message}`),
	};
}

function timeOf({ ms, loMs, hiMs, source }: Measured, fromMs?: number): Time {
	return { ms, loMs, hiMs, source, ...(fromMs !== undefined && { fromMs }) };
}

/** Where a span of the talk begins; a report says it of two of them alone. */
function beginningOf(span: string, { instants }: ColdStart): number | undefined {
	if (span === "endpoint_wait") return 0;
	return span === "pod_creating" ? instants[podCreated]?.ms : undefined;
}
