import { expect, it } from "vitest";
import { anchorClock } from "../../src/clock/client-clock.ts";
import { clockProbes, probeClocks } from "../../src/measure/clocks/clocks.ts";
import type { ClockProbe } from "../../src/measure/clocks/probe.ts";
import { type Entry, recordingVersion, type Untimed } from "../../src/recording/entries.ts";
import { openLiveState } from "../../src/recording/live-state.ts";
import { openReportBuilder } from "../../src/timing/report-builder.ts";
import { expectFilesOf, recipeFor, withEntry } from "./recipe.ts";

const recipe = recipeFor("A probe");

it("names files that are there", () => {
	expectFilesOf(recipe);
	expect(recipe.files).toContain("src/measure/clocks/clocks.ts");
	expect(recipe.newFiles).toEqual(["src/measure/clocks/NAME-probe.ts"]);
});

const toy: ClockProbe = async ({ record }) =>
	record({ kind: "clock", clock: "apiserver", loNs: "-2000000", hiNs: "4000000", method: "toy" });

const broken: ClockProbe = async () => {
	throw new Error("it is broken");
};

async function recordedBy(): Promise<Untimed[]> {
	const recorded: Untimed[] = [];
	await probeClocks({
		cluster: {
			raw: async () => ({ status: 403, headers: {}, body: Buffer.alloc(0), sentAt: 0n, answeredAt: 1n }),
			connection: async () => ({ origin: "http://localhost:1", basePath: "", headers: {}, tls: {} }),
		},
		state: openLiveState(),
		clock: { ...anchorClock(), speed: 1_000 },
		record: (entry) => void recorded.push(entry),
		signal: new AbortController().signal,
	});
	return recorded;
}

it("adds a probe by its entry alone: its bounds are in the report", () =>
	withEntry(clockProbes, broken, () =>
		withEntry(clockProbes, toy, async () => {
			const run = { kind: "run", version: recordingVersion, knistio: "1", context: "x", iterations: 1 } as const;
			const builder = openReportBuilder();
			for (const entry of [run, ...(await recordedBy()), { kind: "end" }]) {
				builder.add({ ...entry, at: "1700000000000000000" } as Entry);
			}
			expect(builder.report().clocks).toMatchObject([{ clock: "apiserver", loMs: -2, hiMs: 4, method: "toy" }]);
		}),
	));
