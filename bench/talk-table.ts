/**
 * Measures the talk's table on the simulated cluster that was made like the talk's, and prints how far the medians are
 * from it: `npm run bench:talk`. A span is a difference of two receipts, which a busy machine tears apart by its own
 * delays times the speed; so this is looked at, and what really happened there is what a test holds to 5 %.
 */

import { medianOf } from "../src/analysis/statistics/median.ts";
import { measureScenario } from "../src/commands/selftest.ts";
import { talkFigures } from "../src/output/report/talk-figures.ts";
import { openReportBuilder } from "../src/timing/report-builder.ts";
import { builtContext } from "../test/selftest/built-context.ts";

const options = { iterations: 5, seed: 1, speed: 5, model: "talk-2019" };
let worst = 0;
for (const [profile, figures] of Object.entries(talkFigures)) {
	const { entries } = await measureScenario({ name: profile, about: "", profile }, options, builtContext().context);
	const builder = openReportBuilder();
	for (const entry of entries) builder.add(entry);
	const starts = builder.report().profiles.flatMap(({ coldStarts }) => coldStarts.filter(({ counted }) => counted));
	for (const [span, figure] of Object.entries(figures)) {
		const measured = medianOf(starts.flatMap(({ spans }) => spans[span]?.ms ?? []));
		const error = measured === undefined ? Number.NaN : measured / figure - 1;
		worst = Math.max(worst, Math.abs(error));
		console.log(
			`${profile.padEnd(10)} ${span.padEnd(34)} ${figure} ms in the talk, ${measured?.toFixed(0)} ms measured, ${(100 * error).toFixed(1)} %`,
		);
	}
}
console.log(`farthest: ${(100 * worst).toFixed(1)} %`);
