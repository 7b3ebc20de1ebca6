import { expect, it } from "vitest";
import { measureScenario } from "../../src/commands/selftest.ts";
import { talkFigures } from "../../src/output/talk-figures.ts";
import { quantileOf } from "../../src/statistics/median.ts";
import { openReportBuilder } from "../../src/timing/report-builder.ts";
import { builtContext } from "./built-context.ts";

const options = { iterations: 3, seed: 1, speed: 8, model: "talk-2019" };

/** Medians of the talk's spans as knistio measures them on a simulated cluster, ms. */
async function spansOf(profile: string): Promise<Record<string, number>> {
	const { entries } = await measureScenario({ name: profile, about: "", profile }, options, builtContext().context);
	const builder = openReportBuilder();
	for (const entry of entries) builder.add(entry);
	const counted = builder.report().profiles.flatMap(({ coldStarts }) => coldStarts.filter(({ counted }) => counted));
	expect(counted.length).toBe(options.iterations);
	const names = Object.keys(counted[0]?.spans ?? {});
	const median = (name: string) =>
		quantileOf(
			counted.flatMap(({ spans }) => spans[name]?.ms ?? []),
			0.5,
		);
	return Object.fromEntries(names.map((name) => [name, median(name) ?? Number.NaN]));
}

/** A span is a difference of two receipts, each of which this machine may make later; in ms of its own time. */
const machineMs = 20;

it("measures the talk's table within 5 % on a cluster made like it", { retry: 2, timeout: 60_000 }, async () => {
	const profiles = Object.keys(talkFigures);
	const measured = await Promise.all(profiles.map(spansOf));
	const errors = profiles.flatMap((profile, index) =>
		Object.entries(talkFigures[profile] ?? {}).map(([span, figure]) => ({
			span: `${profile} ${span}`,
			errorMs: (measured[index]?.[span] ?? Number.NaN) - figure,
			allowedMs: 0.05 * figure + machineMs * options.speed,
		})),
	);
	expect(errors.length).toBeGreaterThan(15);
	expect(errors.filter(({ errorMs, allowedMs }) => !(Math.abs(errorMs) < allowedMs))).toEqual([]);
});
