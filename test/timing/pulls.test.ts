import { describe, expect, it } from "vitest";
import { figuresOf } from "../../src/analysis/figures.ts";
import { renderTable } from "../../src/output/report/table.ts";
import type { Entry } from "../../src/recording/entries.ts";
import { recorded, reportOf } from "../support/recorded.ts";

/** A real recording's first cold start, as one that was asked for before the profile was proven. */
function asFirst(entries: readonly Entry[]): Entry[] {
	const profile = entries.find(({ kind }) => kind === "profile");
	if (profile?.kind !== "profile") throw new Error("no profile");
	const from = entries.findIndex(({ kind }) => kind === "sample");
	const to = entries.findIndex(({ kind }, index) => index > from && kind === "sample-end");
	const at = entries.indexOf(profile);
	const during = entries.slice(from, to + 1).map((entry) => {
		if (entry.kind === "sample") return { ...entry, round: 1, isFirstOnNode: true };
		return entry.kind === "request" || entry.kind === "sample-end" ? { ...entry, round: 1 } : entry;
	});
	const { kubernetes = "" } = profile.fingerprint;
	const unproven: Entry = { ...profile, isUnproven: true, fingerprint: { kubernetes } };
	return [...entries.slice(0, at), unproven, ...entries.slice(at + 1, from), ...during];
}

describe("a first start after an install", () => {
	const entries = recorded("native");
	const proven = entries.filter(({ kind }) => kind === "profile");

	it("is kept apart from the profile's own cold starts, and measured as they are", () => {
		const [profile] = reportOf([...asFirst(entries), ...proven]).profiles;
		const [usual] = reportOf(entries).profiles;
		expect(profile?.coldStarts).toEqual([]);
		expect(profile?.pulls).toHaveLength(1);
		expect(profile?.pulls?.[0]).toMatchObject({ outcome: "cold", total: usual?.coldStarts[0]?.total });
	});

	it("does not make the proven profile another one, and the proven one's fingerprint stays", () => {
		const [profile] = reportOf([...asFirst(entries), ...proven]).profiles;
		expect(profile?.findings).toEqual([]);
		expect(profile?.fingerprint).toEqual(reportOf(entries).profiles[0]?.fingerprint);
	});

	it("does not hide that a later install is another", () => {
		const [first] = proven;
		if (first?.kind !== "profile") throw new Error("no profile");
		const other: Entry = { ...first, fingerprint: { ...first.fingerprint, istio: "9.9" } };
		const [profile] = reportOf([...asFirst(entries), ...proven, { ...first, isUnproven: true }, other]).profiles;
		expect(profile?.findings.map(({ code }) => code)).toEqual(["fingerprint-changed"]);
	});

	const noteOf = (change: (start: { phases: object; outcome: string; reason?: string | undefined }) => void) => {
		const report = reportOf([...asFirst(entries), ...proven]);
		for (const start of report.profiles[0]?.pulls ?? []) change(start);
		const text = renderTable(figuresOf(report), { color: false });
		return text.split("\n").find((line) => line.includes("first start after the install"));
	};

	it("is told with the pull of each image", () => {
		const pull = { ms: 8123, loMs: 8100, hiMs: 8150, source: "event-name" as const };
		const note = noteOf((start) => Object.assign(start.phases, { "pull-user-container": pull }));
		expect(note).toMatch(
			/: the first start after the install took [\d.]+ m?s, of which .* 8\.123 s for user-container$/,
		);
	});

	it("is told where nothing was pulled, and where it was not cold", () => {
		expect(noteOf(() => {})).toMatch(/ took [\d.]+ m?s; nothing was pulled, because .+ has the images$/);
		const failed = noteOf((start) => Object.assign(start, { outcome: "failed", reason: "the answer was HTTP 503" }));
		expect(failed).toMatch(/ was not measured: the answer was HTTP 503$/);
	});
});
