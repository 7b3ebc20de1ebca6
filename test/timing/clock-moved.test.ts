import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Entry } from "../../src/recording/entries.ts";
import type { ColdStart } from "../../src/report/report.ts";
import { openReportBuilder } from "../../src/timing/report-builder.ts";
import { entriesOf, type MadeStart, node, plainStart, type Truth } from "../support/cold-start-truth.ts";

const clock = `node/${node}`;

/** A probe that knows the node's clock to a millisecond. */
function probed(at: bigint, offsetMs: number): Entry {
	const [loNs, hiNs] = [offsetMs - 0.5, offsetMs + 0.5].map((ms) => String(Math.round(ms * 1e6)));
	return { kind: "clock", at: at.toString(), clock, loNs: loNs ?? "", hiNs: hiNs ?? "", method: "http-date" };
}

/** Two cold starts, 20 s apart, with the node's clock probed before the first, when it was right, and at the end. */
function runOf(second: Partial<MadeStart>) {
	const later = { ...plainStart, sentAt: plainStart.sentAt + 20_000_000_000n, ...second };
	const [one, other] = [entriesOf(plainStart), entriesOf(later)];
	const beginning = one.entries.filter(({ kind }) => kind !== "end");
	const rest = other.entries
		.filter(({ kind }) => !["run", "profile", "end"].includes(kind))
		.map((entry) => JSON.parse(JSON.stringify(entry).replaceAll("made-pod", "second-pod")) as Entry)
		.map((entry) => ("round" in entry ? { ...entry, round: 2 } : entry));
	const endedAt = BigInt(rest.at(-1)?.at ?? 0) + 1_000_000_000n;
	const builder = openReportBuilder();
	for (const entry of [
		...beginning.slice(0, 1),
		probed(BigInt(beginning[0]?.at ?? 0), 0),
		...beginning.slice(1),
		...rest,
		probed(endedAt, later.nodeOffsetMs + (later.nodeIsSet?.byMs ?? 0)),
		{ kind: "end", at: endedAt.toString() } as const,
	]) {
		builder.add(entry);
	}
	const report = builder.report();
	const [before, after] = report.profiles[0]?.coldStarts ?? [];
	if (before === undefined || after === undefined) throw new Error("there are not two cold starts");
	return { report, before, after, truth: other.truth };
}

const codes = ({ findings }: { findings: { code: string }[] }) => findings.map(({ code }) => code);

/** Instants whose bounds do not hold the true one. */
function outside({ instants }: ColdStart, truth: Truth): string[] {
	return Object.entries(instants)
		.filter(([name, { loMs, hiMs }]) => {
			const trueMs = Number((truth[name] ?? 0n) - (truth["request-sent"] ?? 0n)) / 1e6;
			return trueMs < loMs - 1e-3 || hiMs + 1e-3 < trueMs;
		})
		.map(([name]) => name);
}

const widthOf = ({ instants }: ColdStart, name: string) => {
	const { loMs, hiMs } = instants[name] ?? { loMs: 0, hiMs: 0 };
	return hiMs - loMs;
};

describe("a clock that is set during a run", () => {
	it("forward between two cold starts, is found in the next one, whose times are wider and hold", () => {
		const { report, before, after, truth } = runOf({ nodeOffsetMs: 300 });
		expect(codes(before)).toEqual([]);
		expect(codes(after)).toEqual(["clock-moved"]);
		expect(after.outcome).toBe("cold");
		expect(outside(after, truth)).toEqual([]);
		const name = "started:user-container";
		expect(widthOf(before, name)).toBeLessThan(12);
		expect(widthOf(after, name)).toBeGreaterThan(widthOf(before, name) + 5);
		// The probe at the end agrees with what the second one told.
		expect(codes(report)).toEqual([]);
		expect(report.clocks.find((each) => each.clock === clock)?.offsetMs).toBeCloseTo(300, 0);
	});

	it("back between two cold starts, is found at the latest by the probe at the end", () => {
		const { report, before } = runOf({ nodeOffsetMs: -300 });
		expect(codes(before)).toEqual([]);
		expect(codes(report)).toEqual(["clock-moved"]);
		expect(report.clocks.find((each) => each.clock === clock)).toMatchObject({ method: "http-date", loMs: -300.5 });
	});

	it("during a cold start, leaves it unresolved, or the times in it hold", () => {
		const byMs = fc.oneof(fc.integer({ min: 100, max: 3000 }), fc.integer({ min: -9000, max: -3000 }));
		const outcomes = new Set<string>();
		fc.assert(
			fc.property(fc.integer({ min: -100, max: 1500 }), byMs, (afterMs, byMs) => {
				const { after, truth } = runOf({ nodeIsSet: { afterMs, byMs } });
				outcomes.add(after.outcome);
				if (after.outcome === "cold") expect(outside(after, truth)).toEqual([]);
				else expect(after.reason).toContain(`the clock of ${clock} was set during this cold start`);
			}),
			{ numRuns: 300 },
		);
		expect([...outcomes].sort()).toEqual(["cold", "unresolved"]);
	});
});
