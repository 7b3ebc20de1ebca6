import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import {
	compareWithTruth,
	parseComparisons,
	parseRuntimeStatus,
	pool,
	type RuntimeStatus,
	truthTables,
} from "../../bench/truth-comparison.ts";
import type { Entry } from "../../src/recording/entries.ts";
import { parseTime } from "../../src/text/timestamp.ts";
import { openReportBuilder } from "../../src/timing/report-builder.ts";

const entriesOf = (name: string) =>
	readFileSync(fileURLToPath(new URL(`../recordings/${name}.ndjson`, import.meta.url)), "utf8")
		.trim()
		.split("\n")
		.map((line) => JSON.parse(line) as Entry);

interface Status {
	name: string;
	containerID?: string;
}

/** A runtime's record that says of every container what knistio says, `lateMs` later. */
function truthOf(entries: readonly Entry[], lateMs: number): Map<string, RuntimeStatus> {
	const builder = openReportBuilder();
	for (const entry of entries) builder.add(entry);
	const start = builder.report().profiles[0]?.coldStarts[0];
	const at = (name: string) => {
		const ms = start?.instants[name]?.ms;
		return ms === undefined ? 0n : (parseTime(start?.requestSentAt) ?? 0n) + BigInt(Math.round((ms + lateMs) * 1e6));
	};
	const truth = new Map<string, RuntimeStatus>();
	for (const entry of entries) {
		if (entry.kind !== "watch" || entry.watch !== "pods") continue;
		const { initContainerStatuses = [], containerStatuses = [] } = (entry.object.status ?? {}) as {
			initContainerStatuses?: Status[];
			containerStatuses?: Status[];
		};
		for (const { name, containerID } of [...initContainerStatuses, ...containerStatuses]) {
			const id = containerID?.split("//")[1];
			const known = { StartedAt: at(`started:${name}`), FinishedAt: at(`finished:${name}`) };
			if (id !== undefined) truth.set(id, known);
		}
	}
	return truth;
}

const native = entriesOf("native");

describe("the comparison with the runtime's record", () => {
	it("tells the error of each container's start, and of an init container's end", () => {
		const comparisons = compareWithTruth(native, truthOf(native, 1));
		expect(comparisons.map(({ instant }) => instant)).toEqual([
			"started:istio-init",
			"finished:istio-init",
			"started:istio-proxy",
			"started:user-container",
			"started:queue-proxy",
		]);
		for (const { errorMs, isCovered, statusErrorMs, shape } of comparisons) {
			expect(errorMs).toBeCloseTo(-1, 3);
			expect(isCovered).toBe(true);
			expect(statusErrorMs).toBeLessThan(0);
			expect(shape).toBe("native sidecar, istio-init");
		}
	});

	it("finds what is outside of the stated bounds", () => {
		const comparisons = compareWithTruth(native, truthOf(native, 500));
		const starts = comparisons.filter(({ instant }) => instant.startsWith("started:"));
		expect(starts.length).toBe(4);
		expect(starts.some(({ isCovered }) => isCovered)).toBe(false);
	});

	it("compares nothing with a runtime that knows none of the containers", () => {
		expect(compareWithTruth(native, new Map([["other", { StartedAt: 1n, FinishedAt: 0n }]]))).toEqual([]);
	});

	it("reads nanoseconds to the last digit", () => {
		const text = '{"Version":"v1","Pid":1,"StartedAt":1795442349422927067,"FinishedAt":0}';
		expect(parseRuntimeStatus(text)).toEqual({ StartedAt: 1795442349422927067n, FinishedAt: 0n });
	});
});

describe("several runs", () => {
	const runs = ["none", "native", "classic"].map((name) => {
		const entries = entriesOf(name);
		return compareWithTruth(entries, truthOf(entries, 1));
	});

	it("are pooled into one table by shape, each comparison once", () => {
		const text = truthTables(pool([...runs, ...runs]), "shape");
		const lines = text.split("\n");
		const [all, byShape] = text.split("\n\n");
		// Of 3 cold starts: 2, 4 and 4 containers.
		expect(all).toMatch(/^started +event-name +3 +10 +-1\.00 +1\.00 +1\.00 +1\.00 +100\.0 %/m);
		expect(all).toMatch(/^finished +status +2 +2 /m);
		expect(byShape).toMatch(/^no sidecar +started +event-name +1 +2 /m);
		expect(byShape).toMatch(/^native sidecar, istio-init +started +event-name +1 +4 /m);
		expect(byShape).toMatch(/^classic sidecar, istio-init +started +event-name +1 +4 /m);
		expect(lines.filter((line) => line.startsWith("no sidecar"))).toHaveLength(1);
	});

	it("come from files, and one that is none is named", () => {
		const text = JSON.stringify({ version: 1, comparisons: runs[0] });
		expect(parseComparisons(text, "a.json")).toEqual(runs[0]);
		expect(() => parseComparisons("{", "a.json")).toThrow("a.json: this is not JSON");
		expect(() => parseComparisons("{}", "a.json")).toThrow(/a\.json: this holds no comparisons/);
		expect(() => parseComparisons("null", "a.json")).toThrow(/no comparisons/);
	});
});
