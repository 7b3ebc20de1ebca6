import { expect, test } from "vitest";
import type { Entry } from "../../src/recording/entries.ts";
import { recorded, reportOf } from "../support/recorded.ts";

const entries = recorded("native");

/** As if the scheduler had found no room for the pod at first. */
function withoutRoom(draining: number | undefined): Entry[] {
	const scheduled = entries.find(
		(entry) => entry.kind === "watch" && entry.watch === "events" && entry.object.reason === "Scheduled",
	);
	if (scheduled?.kind !== "watch") throw new Error("the recording has no Scheduled");
	const object = { ...scheduled.object, reason: "FailedScheduling", message: "0/1 nodes: 1 Too many pods" };
	const failed: Entry = {
		...scheduled,
		object: { ...object, metadata: { ...object.metadata, name: "x.0", uid: "x" } },
	};
	return entries.flatMap((entry): Entry[] => {
		if (entry === scheduled) return [failed, entry];
		if (entry.kind !== "sample" || draining === undefined) return [entry];
		return [{ ...entry, round: 1, copy: 2, draining }];
	});
}

const startOf = (draining: number | undefined) => {
	const changed = withoutRoom(draining).map((entry) =>
		draining !== undefined && (entry.kind === "request" || entry.kind === "sample-end")
			? { ...entry, round: 1 }
			: entry,
	);
	return reportOf(changed).profiles[0]?.coldStarts[0];
};

test("a pod that waited for room is reported", () => {
	expect(startOf(undefined)?.findings).toContainEqual(
		expect.objectContaining({
			code: "waited-for-room",
			message: "the pod waited until a node had room for it: 0/1 nodes: 1 Too many pods",
		}),
	);
	expect(reportOf(entries).profiles[0]?.coldStarts[0]?.findings).toEqual([]);
});

test("beside pods of other copies it does not count, for they took the room; alone it does", () => {
	expect(startOf(3)).toMatchObject({
		outcome: "cold",
		counted: false,
		reason: expect.stringContaining("waited for room"),
	});
	expect(startOf(0)).toMatchObject({ outcome: "cold", counted: true });
});
