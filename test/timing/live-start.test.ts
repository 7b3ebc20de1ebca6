import { describe, expect, it } from "vitest";
import { steps } from "../../src/report/steps.ts";
import { openLiveStarts } from "../../src/timing/live-start.ts";
import { recorded } from "../support/recorded.ts";

/** What was seen of the recording's first cold start after each of its entries. */
function followed(name: string) {
	const starts = openLiveStarts();
	const seen = recorded(name).map((entry) => {
		starts.add(entry);
		return starts.now();
	});
	return seen.filter((start) => start !== undefined);
}

const changes = (values: readonly (string | undefined)[]) => values.filter((value, i) => value !== values[i - 1]);

describe("a cold start while it happens", () => {
	it("waits for one phase after the other, as the table of steps has them", () => {
		const waited = changes(followed("native").map(({ waiting }) => waiting?.phase)).filter(
			(each) => each !== undefined,
		);
		expect(waited.slice(0, 2)).toEqual(["activation", "pod-creation"]);
		for (const phase of ["startup-istio-proxy", "readiness"]) expect(waited).toContain(phase);
		expect(new Set(waited).size).toBe(waited.length);
		const known = steps.flatMap(({ phase }) => phase ?? []);
		const named = waited.map((phase) => phase.replace(/-(istio-\w+|queue-proxy|user-container)$/, "-<container>"));
		expect(named.filter((phase) => !known.includes(phase))).toEqual([]);
	});

	it("shows each container wait, run, and be done, never backwards", () => {
		const order = ["waiting", "running", "done"];
		const seen = followed("native");
		const names = seen.at(-1)?.containers.map(({ name }) => name) ?? [];
		expect(names).toEqual(["istio-init", "istio-proxy", "user-container", "queue-proxy"]);
		for (const name of names) {
			const states = changes(seen.map(({ containers }) => containers.find((each) => each.name === name)?.state));
			const places = states.flatMap((state) => (state === undefined ? [] : [order.indexOf(state)]));
			expect(places, name).toEqual([...places].sort());
			expect(places.at(-1), name).toBe(2);
		}
	});

	it("has the time of the receipt, after the request was sent", () => {
		for (const { beganAt, containers } of followed("classic")) {
			for (const { since, state } of containers) {
				expect(since !== undefined).toBe(state !== "waiting");
				if (since !== undefined) expect(since).toBeGreaterThan(beganAt);
			}
		}
	});

	it("waits for nothing when it is answered, and is over when its pod has been seen out", () => {
		const starts = openLiveStarts();
		let isAnswered = false;
		for (const entry of recorded("none")) {
			starts.add(entry);
			if (entry.kind === "request") isAnswered = true;
			if (!isAnswered || entry.kind === "sample-end") continue;
			const now = starts.now();
			if (now !== undefined) expect(now).toMatchObject({ answer: { status: 200 } });
			expect(now?.waiting).toBeUndefined();
		}
		expect(isAnswered).toBe(true);
		starts.add({ kind: "end", at: "9" });
		expect(starts.now()).toBeUndefined();
	});

	it("is of the copy that was asked, and its revision's pods alone", () => {
		const starts = openLiveStarts();
		const entries = recorded("native");
		const revision = entries.flatMap((entry) => (entry.kind === "profile" ? [entry.revision] : []))[0] ?? "";
		const follow = (copy: number, of: string) => {
			for (const entry of entries) {
				if (entry.kind === "request") break;
				starts.add(entry.kind === "sample" ? { ...entry, copy, revision: of } : entry);
			}
			return starts.now();
		};
		expect(follow(2, revision)).toMatchObject({ copy: 2, containers: [{ name: "istio-init" }, {}, {}, {}] });
		expect(follow(3, "another")).toMatchObject({ copy: 3, containers: [] });
		starts.add({ kind: "request", at: "9", round: 1, copy: 2, connectStartedAt: "1" });
		expect(starts.now()?.answer).toBeUndefined();
		starts.add({ kind: "request", at: "9", round: 1, copy: 3, connectStartedAt: "1" });
		expect(starts.now()?.answer).toBeDefined();
	});

	it("is nothing before the first sample", () => {
		const starts = openLiveStarts();
		for (const entry of recorded("none")) {
			if (entry.kind === "sample") break;
			starts.add(entry);
			expect(starts.now()).toBeUndefined();
		}
	});
});
