import { describe, expect, it } from "vitest";
import type { Entry } from "../../src/recording/entries.ts";
import { openReportBuilder } from "../../src/timing/report-builder.ts";
import { recorded } from "../support/recorded.ts";

/** A real recording of a sidecar's cold starts, up to the first one, and the entries of that one. */
function firstColdStart() {
	const entries = recorded("native");
	const from = entries.findIndex(({ kind }) => kind === "sample");
	const to = entries.findIndex(({ kind }, index) => index > from && kind === "sample-end");
	return { before: entries.slice(0, from), during: entries.slice(from, to + 1) };
}

const reportOf = (entries: readonly Entry[]) => {
	const builder = openReportBuilder();
	for (const entry of entries) builder.add(entry);
	const [profile] = builder.report().profiles;
	if (profile === undefined) throw new Error("no profile");
	return { profile, overhead: builder.report().overhead };
};

/** The same cold start, and beside it another copy that nobody answered. */
function asBurst(during: readonly Entry[]): Entry[] {
	return during.flatMap((entry): Entry[] => {
		const burst = { size: 2, number: 1 };
		if (entry.kind === "sample") {
			const round = 1;
			return [
				{ ...entry, round, burst, copy: 1 },
				{ ...entry, round, burst, copy: 2, revision: "helloworld-2-00001" },
			];
		}
		if (entry.kind === "request") {
			const { kind, at, connectStartedAt } = entry;
			return [
				{ ...entry, round: 1, copy: 1 },
				{ kind, at, connectStartedAt, round: 1, copy: 2, error: "no complete answer within 180 s" },
			];
		}
		return entry.kind === "sample-end" ? [{ ...entry, round: 1 }] : [entry];
	});
}

describe("services that were asked in the same instant", () => {
	it("are cold starts of a burst, each by its own revision and its own answer", () => {
		const { before, during } = firstColdStart();
		const alone = reportOf([...before, ...during]).profile.coldStarts[0];
		const { profile } = reportOf([...before, ...asBurst(during)]);
		expect(profile.coldStarts).toEqual([]);
		expect(profile.bursts).toHaveLength(1);
		const [burst] = profile.bursts ?? [];
		expect([burst?.size, burst?.number]).toEqual([2, 1]);
		const [first, second] = burst?.coldStarts ?? [];
		expect(first).toMatchObject({ copy: 1, outcome: "cold", total: alone?.total, phases: alone?.phases });
		expect(second).toMatchObject({ copy: 2, outcome: "failed", reason: "no complete answer within 180 s", pods: [] });
	});

	it("take as long together as the longest of them", () => {
		const { before, during } = firstColdStart();
		const alone = reportOf([...before, ...during]).overhead?.coldStartMs;
		expect(reportOf([...before, ...asBurst(during)]).overhead?.coldStartMs).toBe(alone);
	});

	it("end with the next sample, also where nothing says that they ended", () => {
		const { before, during } = firstColdStart();
		const cut = asBurst(during).filter(({ kind }) => kind !== "sample-end");
		const next = during.map((entry) => ("round" in entry ? { ...entry, round: 2 } : entry)) as Entry[];
		const { profile } = reportOf([...before, ...cut, ...next]);
		expect(profile.bursts?.[0]?.coldStarts).toHaveLength(2);
		expect(profile.coldStarts.map(({ round }) => round)).toEqual([2]);
	});
});

describe("cold starts among idle services", () => {
	it("are kept apart from those of the profile, by the number of services", () => {
		const { before, during } = firstColdStart();
		const among = (crowd: number) =>
			during.map((entry) => (entry.kind === "sample" ? { ...entry, crowd } : entry)) as Entry[];
		const added: Entry = { kind: "crowd", at: during[0]?.at ?? "0", size: 100, tookMs: 1_000 };
		const { profile, overhead } = reportOf([...before, added, ...among(100), ...among(500), ...among(100)]);
		expect(profile.coldStarts).toEqual([]);
		expect(profile.crowds?.map(({ size, coldStarts }) => [size, coldStarts.length])).toEqual([
			[100, 2],
			[500, 1],
		]);
		expect(overhead?.deployMs).toBe((reportOf([...before, ...among(100)]).overhead?.deployMs ?? 0) + 1_000);
	});
});
