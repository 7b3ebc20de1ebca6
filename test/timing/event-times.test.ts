import { describe, expect, it } from "vitest";
import { eventNameTime, formatTime, parseTime } from "../../src/text/timestamp.ts";
import { eventLagNs } from "../../src/timing/facts/fact.ts";
import { type Loose, onlyStart, recorded, withObjects } from "../support/recorded.ts";

const native = recorded("native");
const whole = onlyStart(native);
const nameTime = (event: Loose) => eventNameTime(event.metadata.name, event.firstTimestamp);
const kubeletEvents = (change: (event: Loose, time: bigint) => void) =>
	withObjects(native, "events", (event) => {
		const time = nameTime(event);
		if (event.involvedObject.kind === "Pod" && time !== undefined) change(event, time);
	});
const microseconds = (time: bigint) => `${formatTime(time).slice(0, -4)}Z`;

/** As client-go's tools/events writes them, read as v1. */
const newRecorder = kubeletEvents((event, time) => {
	event.metadata.name = `${event.involvedObject.name}.5f1c`;
	event.eventTime = microseconds(time);
	event.firstTimestamp = null;
	event.lastTimestamp = null;
	delete event.count;
});

describe("an event with eventTime alone", () => {
	it("is as sharp as a microsecond", () => {
		const start = onlyStart(newRecorder);
		const phase = start.phases["start-user-container"];
		expect(phase?.source).toBe("event-time");
		expect(phase?.ms).toBeCloseTo(whole.phases["start-user-container"]?.ms ?? 0, 2);
		expect((phase?.hiMs ?? 0) - (phase?.loMs ?? 0)).toBeLessThan((2 * Number(eventLagNs)) / 1e6 + 1);
		expect(start.findings).toEqual([]);
		expect(start.events).toEqual(whole.events);
	});

	it("bounds what lies between a microsecond and the next", () => {
		const cut = kubeletEvents((event, time) => {
			event.metadata.name = `${event.involvedObject.name}.5f1c`;
			event.eventTime = microseconds(time);
			event.firstTimestamp = null;
		});
		const { hiMs } = onlyStart(cut).instants["started:queue-proxy"] ?? {};
		expect((hiMs ?? 0) - (whole.instants["started:queue-proxy"]?.hiMs ?? 0)).toBeGreaterThanOrEqual(0);
		expect((hiMs ?? 0) - (whole.instants["started:queue-proxy"]?.hiMs ?? 0)).toBeLessThan(0.0011);
	});

	it("that stands for a series has the time of the first of it", () => {
		const start = onlyStart(
			withObjects(newRecorder, "events", (event) => {
				if (event.firstTimestamp === null) event.series = { count: 3, lastObservedTime: "2026-11-23T14:59:59.000000Z" };
			}),
		);
		expect(start.phases).toEqual(onlyStart(newRecorder).phases);
	});

	it("is read in the shape of events.k8s.io too", () => {
		const start = onlyStart(
			withObjects(newRecorder, "events", (event) => {
				if (event.firstTimestamp !== null) return;
				event.regarding = event.involvedObject;
				event.note = event.message;
				event.deprecatedFirstTimestamp = null;
				for (const key of ["involvedObject", "message", "firstTimestamp", "lastTimestamp"]) delete event[key];
			}),
		);
		expect(start.phases).toEqual(onlyStart(newRecorder).phases);
	});

	it("of a later run repeats what the first one told", () => {
		const twice = newRecorder.flatMap((entry) => {
			if (entry.kind !== "watch" || (entry.object as Loose).reason !== "Started") return [entry];
			const again = structuredClone(entry) as Loose;
			again.object.eventTime = "2026-11-23T14:57:59.000001Z";
			again.at = String(BigInt(entry.at) + 20_000_000_000n);
			return [entry, again];
		});
		expect(onlyStart(twice).phases).toEqual(onlyStart(newRecorder).phases);
	});
});

describe("an event whose time is cut to seconds", () => {
	const cutTo = (fields: (second: string) => object) =>
		kubeletEvents((event, time) => {
			const second = `${formatTime(time).slice(0, 19)}Z`;
			event.metadata.name = `${event.involvedObject.name}.5f1c`;
			for (const key of ["firstTimestamp", "lastTimestamp", "eventTime", "count"]) delete event[key];
			Object.assign(event, fields(second));
		});
	const blunt = onlyStart(cutTo((firstTimestamp) => ({ firstTimestamp })));
	const instant = ({ instants }: typeof whole) => instants["started:istio-init"];

	it("bounds the fact by its second", () => {
		const [sharp, found] = [instant(whole), instant(blunt)];
		expect(found?.loMs).toBeLessThan(sharp?.loMs ?? 0);
		expect(found?.hiMs).toBeGreaterThan(sharp?.hiMs ?? 0);
		expect((found?.hiMs ?? 0) - (found?.loMs ?? 0)).toBeLessThan(1_020);
	});

	it.each<[string, (second: string) => object]>([
		["deprecatedFirstTimestamp", (deprecatedFirstTimestamp) => ({ deprecatedFirstTimestamp })],
		["lastTimestamp of one event", (lastTimestamp) => ({ lastTimestamp, count: 1 })],
		["deprecatedLastTimestamp", (deprecatedLastTimestamp) => ({ deprecatedLastTimestamp, eventTime: null })],
	])("may have it in %s", (_, fields) => expect(instant(onlyStart(cutTo(fields)))).toEqual(instant(blunt)));

	it("has none where it stands for several and only tells of the last", () => {
		const found = instant(onlyStart(cutTo((lastTimestamp) => ({ lastTimestamp, count: 2 }))));
		// The status of the container tells of its start all the same.
		expect(found?.source).not.toBe("event-name");
	});

	it("of a second run in the next second is no part of the first", () => {
		const name = "istio-init";
		const cut = cutTo((firstTimestamp) => ({ firstTimestamp }));
		const twice = cut.flatMap((entry) => {
			if (entry.kind !== "watch") return [entry];
			const event = entry.object as Loose;
			if (event.reason !== "Started" || !event.involvedObject.fieldPath?.includes(name)) return [entry];
			const again = structuredClone(entry) as Loose;
			again.object.firstTimestamp = formatTime((parseTime(event.firstTimestamp) ?? 0n) + 1_000_000_000n).replace(
				".000000000",
				"",
			);
			return [entry, again];
		});
		expect(instant(onlyStart(twice))).toEqual(instant(blunt));
	});
});

describe("a time that was never taken", () => {
	it.each([
		"1970-01-01T00:00:00Z",
		"1970-01-01T01:00:00+01:00",
		"0001-01-01T00:00:00Z",
		"",
		null,
		undefined,
	])("%s is none", (text) => expect(parseTime(text)).toBeUndefined());

	const statusTimes = (change: (status: Loose) => void) =>
		withObjects(native, "pods", ({ status }: Loose) => {
			for (const each of [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]) change(each);
		});

	it.each([
		"1970-01-01T00:00:00Z",
		"0001-01-01T00:00:00Z",
		null,
	])("%s in every status leaves the events' times", (nothing) => {
		const start = onlyStart(
			withObjects(
				statusTimes(({ state }) => {
					if (state?.running) state.running.startedAt = nothing;
					if (state?.terminated) Object.assign(state.terminated, { startedAt: nothing, finishedAt: nothing });
				}),
				"pods",
				({ status }: Loose) => {
					for (const each of status.conditions ?? []) each.lastTransitionTime = nothing;
				},
			),
		);
		expect(start).toMatchObject({ outcome: "cold", counted: true, findings: [] });
		expect(start.phases["start-user-container"]?.ms).toBeCloseTo(whole.phases["start-user-container"]?.ms ?? 0, 2);
	});

	/** The first try of user-container ends before it begins; the second is the one that was recorded. */
	function falseStart(nothing: string | null | undefined, { isSeenFirst }: { isSeenFirst: boolean }) {
		const terminated = {
			reason: "StartError",
			exitCode: 128,
			finishedAt: "2026-11-23T14:57:52Z",
			...(nothing === undefined ? {} : { startedAt: nothing }),
		};
		let isRunning = false;
		const pods = statusTimes((status) => {
			if (status.name !== "user-container") return;
			isRunning ||= status.state.running !== undefined;
			if (isRunning) Object.assign(status, { restartCount: 1, lastState: { terminated } });
		});
		if (!isSeenFirst) return pods;
		// Just before the watch shows the one that runs.
		const at = pods.findIndex((entry) => JSON.stringify(entry).includes('"restartCount":1'));
		const seen = structuredClone(pods[at]) as Loose;
		seen.at = String(BigInt(seen.at) - 300_000_000n);
		for (const status of seen.object.status.containerStatuses) {
			if (status.name === "user-container")
				Object.assign(status, { ready: false, started: false, restartCount: 0, lastState: {}, state: { terminated } });
		}
		seen.object.status.conditions = seen.object.status.conditions.filter(({ type }: Loose) => type !== "Ready");
		return pods.toSpliced(at, 0, seen);
	}

	it.each([
		["1970-01-01T00:00:00Z", true],
		["1970-01-01T00:00:00Z", false],
		["0001-01-01T00:00:00Z", true],
		[null, true],
		[undefined, false],
	] as const)("startedAt %s of a StartError (seen itself: %s): the start is the second try's", (nothing, isSeenFirst) => {
		const start = onlyStart(falseStart(nothing, { isSeenFirst }));
		expect(start.findings.map(({ code }) => code)).toEqual(["restarted"]);
		expect(start).toMatchObject({ outcome: "cold", counted: true });
		expect(start.phases["start-user-container"]?.ms).toBeCloseTo(whole.phases["start-user-container"]?.ms ?? 0, 2);
	});

	it("of the second try is the status's own where the event of it is lost", () => {
		const entries = falseStart("1970-01-01T00:00:00Z", { isSeenFirst: true }).filter(
			(entry) =>
				entry.kind !== "watch" ||
				(entry.object as Loose).reason !== "Started" ||
				!(entry.object as Loose).involvedObject.fieldPath.includes("user-container"),
		);
		const found = onlyStart(entries).instants["started:user-container"];
		const sharp = whole.instants["started:user-container"];
		expect(found?.loMs).toBeLessThanOrEqual(sharp?.ms ?? 0);
		expect(found?.hiMs).toBeGreaterThanOrEqual(sharp?.ms ?? 0);
		expect((found?.hiMs ?? 0) - (found?.loMs ?? 0)).toBeLessThan(1_000);
	});
});

describe("the event of a container's start", () => {
	const under = (runtime: string | undefined) =>
		onlyStart(
			native.map((entry) => {
				if (entry.kind !== "profile") return entry;
				const { runtime: _, ...fingerprint } = entry.fingerprint;
				return { ...entry, fingerprint: { ...fingerprint, ...(runtime === undefined ? {} : { runtime }) } };
			}),
		).instants;
	const older = under("containerd://1.6.20");

	it("is usually later where the runtime is containerd 2, within the same bounds", () => {
		const newer = under("containerd://2.4.2");
		for (const name of ["started:queue-proxy", "started:user-container"]) {
			expect(newer[name]?.ms).toBeCloseTo((older[name]?.ms ?? Number.NaN) - 3, 2);
			expect(newer[name]).toMatchObject({ loMs: older[name]?.loMs, hiMs: older[name]?.hiMs });
		}
		// What kubelet tells without asking the runtime is as late as before.
		for (const name of Object.keys(older).filter((each) => !each.startsWith("started:"))) {
			expect(newer[name], name).toEqual(older[name]);
		}
	});

	it.each([
		undefined,
		"cri-o://1.34.0",
		"containerd://1.6.20, containerd://2.4.2",
		"containerd://x",
	])("is as late as with containerd 1 where the runtime is %s", (runtime) => {
		expect(under(runtime)).toEqual(older);
	});
});
