import { expect, test } from "vitest";
import { rotationOf } from "../../src/analysis/draining.ts";
import { rotationNote } from "../../src/output/report/rotation-note.ts";
import type { Entry } from "../../src/recording/entries.ts";
import { recorded, reportOf } from "../support/recorded.ts";

const entries = recorded("native");
const request = entries.find((entry) => entry.kind === "request");
if (request?.kind !== "request" || request.sentAt === undefined || request.lastByteAt === undefined) {
	throw new Error("the recording has no answered request");
}
const [sentAt, lastByteAt] = [BigInt(request.sentAt), BigInt(request.lastByteAt)];

/** What the watch shows of a pod of another copy that is being removed. */
function leaving(uid: string, at: bigint, type: "MODIFIED" | "DELETED" = "MODIFIED"): Entry {
	const labels = { "serving.knative.dev/revision": "another" };
	const metadata = { name: uid, uid, labels, deletionTimestamp: "2026-11-28T10:00:00Z" };
	return { kind: "watch", at: `${at}`, watch: "pods", type, object: { apiVersion: "v1", kind: "Pod", metadata } };
}

/** The recording's cold start as one of several copies', beside what else the watch showed. */
function startBeside(shown: readonly Entry[]) {
	const rotated = entries.map((entry): Entry => {
		if (entry.kind === "sample") return { ...entry, round: 1, copy: 2, draining: 1 };
		return entry.kind === "request" || entry.kind === "sample-end" ? { ...entry, round: 1 } : entry;
	});
	const all = [...rotated, ...shown].sort((a, b) => (BigInt(a.at) < BigInt(b.at) ? -1 : 1));
	const [run] = reportOf(all).profiles;
	if (run === undefined) throw new Error("no profile");
	return run;
}

const ms = 1_000_000n;
const begun = (...shown: Entry[]) => startBeside(shown).coldStarts[0]?.removalsBegun;

test("removals of other copies' pods count that begin between the request and its answer", () => {
	expect(begun()).toBe(0);
	expect(begun(leaving("a", sentAt + ms))).toBe(1);
	expect(begun(leaving("a", sentAt + ms), leaving("b", lastByteAt - ms))).toBe(2);
	expect(begun(leaving("a", lastByteAt + ms))).toBe(0);
	const own = entries.findLast((entry) => entry.kind === "watch" && entry.watch === "pods");
	if (own?.kind !== "watch") throw new Error("the recording has no pod");
	const metadata = { ...own.object.metadata, deletionTimestamp: "2026-11-28T10:00:00Z" };
	const itself: Entry = { ...own, at: `${lastByteAt - ms}`, object: { ...own.object, metadata } };
	expect(begun(itself), "its own pod").toBe(0);
});

test("a removal begins once, whatever the watch still shows of the pod", () => {
	expect(begun(leaving("a", sentAt - ms), leaving("a", sentAt + ms))).toBe(0);
	expect(begun(leaving("a", sentAt + ms), leaving("a", sentAt + 2n * ms), leaving("a", lastByteAt - ms))).toBe(1);
	expect(begun(leaving("a", sentAt - ms), leaving("a", sentAt + ms, "DELETED"))).toBe(0);
});

test("a cold start of one service alone does not speak of other copies", () => {
	expect(reportOf(entries).profiles[0]?.coldStarts[0]).not.toHaveProperty("removalsBegun");
});

test("the report says how many cold starts met one, where it knows", () => {
	const [start] = startBeside([leaving("a", sentAt + ms)]).coldStarts;
	const other = startBeside([]).coldStarts[0];
	if (start === undefined || other === undefined) throw new Error("no cold start");
	const run = { ...startBeside([]), coldStarts: [start, other, { ...other, copy: 1 }] };
	expect(rotationNote("full", rotationOf(run))[0]).toContain("one of which began to be removed during 1 of 3");
	const { removalsBegun: _, ...earlier } = other;
	const older = { ...run, coldStarts: [start, { ...earlier, copy: 1 }] };
	expect(rotationNote("full", rotationOf(older))[0]).not.toContain("removed");
});

test("a pod of the started copy without spec, or with another than a pod's, is no pod", () => {
	const own = entries.findLast((entry) => entry.kind === "watch" && entry.watch === "pods");
	if (own?.kind !== "watch") throw new Error("the recording has no pod");
	for (const spec of [undefined, null, 7, { containers: null }]) {
		const object = { ...own.object, spec, metadata: { ...own.object.metadata, uid: "odd", name: "odd" } };
		const odd: Entry = { ...own, at: `${sentAt + ms}`, object };
		expect(startBeside([odd]).coldStarts[0]).toMatchObject({ outcome: "cold", counted: true });
	}
});
