import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../src/model/kube-object.ts";
import type { Entry } from "../../src/model/recording.ts";
import { type ColdStart, type Measured, type Report, reportSchema } from "../../src/model/report.ts";
import { notesOf } from "../../src/output/notes.ts";
import { summarize } from "../../src/output/summary.ts";
import { openReportBuilder } from "../../src/timing/report-builder.ts";
import {
	anApp,
	entriesOf,
	type MadeContainer,
	type MadeStart,
	node,
	plainStart,
	type Truth,
} from "../support/cold-start-truth.ts";

function fold(entries: readonly Entry[]): ColdStart {
	const builder = openReportBuilder();
	for (const entry of entries) builder.add(entry);
	const start = builder.report().profiles[0]?.coldStarts[0];
	if (start === undefined) throw new Error("no cold start");
	return start;
}

const init: MadeContainer = { name: "istio-init", role: "init", createMs: 30, startMs: 40, runMs: 120, noticeMs: 700 };
const native: MadeContainer = {
	name: "istio-proxy",
	role: "sidecar",
	createMs: 30,
	startMs: 40,
	runMs: 1400,
	noticeMs: 30,
};

/** Pods of every shape, with delays, offsets and lags of every size. */
const delay = (max: number) => fc.double({ min: 0.01, max, noNaN: true });
const container = (name: string, role: MadeContainer["role"]) =>
	fc.record(
		{
			name: fc.constant(name),
			role: fc.constant(role),
			createMs: delay(300),
			startMs: delay(300),
			runMs: delay(3000),
			noticeMs: delay(1000),
			pullMs: delay(9000),
		},
		{ requiredKeys: ["name", "role", "createMs", "startMs", "runMs", "noticeMs"] },
	);
const shapes = fc.oneof(
	fc.tuple(container("queue-proxy", "app"), container("user-container", "app")),
	fc.tuple(container("istio-init", "init"), container("queue-proxy", "app"), container("istio-proxy", "app")),
	fc.tuple(container("istio-init", "init"), container("istio-proxy", "sidecar"), container("queue-proxy", "app")),
);
const madeStart: fc.Arbitrary<MadeStart> = fc.record({
	sentAt: fc.bigInt({ min: 1_700_000_000_000_000_000n, max: 1_800_000_000_000_000_000n }),
	activationMs: delay(2000),
	creationMs: delay(500),
	schedulingMs: delay(500),
	sandboxMs: delay(3000),
	containers: shapes,
	readinessMs: delay(5000),
	endpointMs: delay(500),
	routingMs: delay(500),
	responseMs: delay(100),
	nodeOffsetMs: fc.double({ min: -300, max: 300, noNaN: true }),
	schedulerOffsetMs: fc.double({ min: -300, max: 300, noNaN: true }),
	watchLagMs: delay(80),
	eventLagMs: fc.double({ min: 0, max: 9.9, noNaN: true }),
});

const holds = ({ loMs, hiMs }: Measured, trueMs: number) => loMs <= trueMs + 1e-3 && trueMs <= hiMs + 1e-3;

function outside(start: ColdStart, truth: Truth): string[] {
	const origin = truth["request-sent"] ?? 0n;
	return Object.entries(start.instants)
		.filter(([name, instant]) => !holds(instant, Number((truth[name] ?? 0n) - origin) / 1e6))
		.map(([name]) => name);
}

describe("a cold start folded from a recording", () => {
	it("names the phases of a pod without sidecar in their order", () => {
		const start = fold(entriesOf(plainStart).entries);
		expect(start.outcome).toBe("cold");
		expect(start.counted).toBe(true);
		expect(start.events).toEqual({ seen: 7, expected: 7 });
		expect(Object.keys(start.phases)).toEqual([
			"activation",
			"pod-creation",
			"scheduling",
			"sandbox",
			"start-user-container",
			"start-queue-proxy",
			"readiness",
			"endpoint",
			"routing",
			"response",
			"unattributed",
		]);
	});

	it("shows what an init container and a native sidecar cost", () => {
		const start = fold(entriesOf({ ...plainStart, containers: [init, native, ...plainStart.containers] }).entries);
		expect(Object.keys(start.phases).slice(3, 12)).toEqual([
			"sandbox",
			"start-istio-init",
			"run-istio-init",
			"notice-istio-init",
			"start-istio-proxy",
			"startup-istio-proxy",
			"notice-istio-proxy",
			"start-user-container",
			"start-queue-proxy",
		]);
		// Both ends are kubelet's, so the offset of its clock plays no part; its ends are seconds, so the middle is not sharp.
		expect(start.phases["start-istio-proxy"]?.ms).toBeCloseTo(70, 3);
		const run = start.phases["run-istio-init"];
		expect(run !== undefined && holds(run, 120)).toBe(true);
	});

	it("calls the way to an answer before Ready probing", () => {
		// The activator answers while kubelet has not called the pod Ready: the order of the two is turned round.
		const { entries } = entriesOf(plainStart);
		const early = entries.map((entry) =>
			entry.kind === "request"
				? {
						...entry,
						firstByteAt: (BigInt(entry.firstByteAt ?? 0) - 250_000_000n).toString(),
						lastByteAt: (BigInt(entry.lastByteAt ?? 0) - 250_000_000n).toString(),
					}
				: entry,
		);
		const start = fold(early);
		expect(start.outcome).toBe("cold");
		const { probing } = start.phases;
		expect(probing !== undefined && holds(probing, 300 + 9 + 15 - 250)).toBe(true);
		// Without a probe of the node's clock the guess rests on how fast its events come.
		expect(Math.abs((probing?.ms ?? 0) - 74)).toBeLessThan(15);
		expect(start.phases).not.toHaveProperty("readiness");
		expect(start.phases).not.toHaveProperty("endpoint");
	});

	it("takes the talk's spans from receipts alone", () => {
		const start = fold(entriesOf({ ...plainStart, containers: [init, native, ...plainStart.containers] }).entries);
		// First status 5 ms after scheduled; ended when kubelet publishes.
		const fromFirstStatus = 470 - 5;
		expect(start.spans["container_startup_istio-init"]?.ms).toBeCloseTo(fromFirstStatus + 70 + 120, 3);
		expect(start.spans["container_startup_istio-proxy"]?.ms).toBeCloseTo(fromFirstStatus + 190 + 700 + 70 + 1400, 3);
		const ready = 470 + 190 + 700 + 70 + 1400 + 30 + 140 + 300;
		expect(start.spans.pod_creating?.ms).toBeCloseTo(8 + ready, 3);
		expect(start.spans["container_startup_queue-proxy"]?.ms).toBeCloseTo(ready - 5, 3);
		expect(start.spans.endpoint_wait?.ms).toBeCloseTo(12 + 25 + 8 + ready + 9 + 6, 3);
	});

	it("keeps an image pull out of the figures, as a phase of its own", () => {
		const pulled = fold(
			entriesOf({ ...plainStart, containers: [{ ...anApp("user-container"), pullMs: 800 }] }).entries,
		);
		expect(pulled).toMatchObject({ outcome: "cold", counted: false });
		expect(pulled.reason).toContain("user-container");
		expect(pulled.phases["pull-user-container"]?.ms).toBeCloseTo(800, 3);
	});

	it("holds the truth within its bounds, whatever the pod, the clocks and the watch", () => {
		fc.assert(
			fc.property(madeStart, (made) => {
				const { truth, entries } = entriesOf(made);
				const start = fold(entries);
				expect(start.findings).toEqual([]);
				expect(outside(start, truth)).toEqual([]);
			}),
			{ numRuns: 200 },
		);
	});

	it("holds the truth too where leases are seen at any time, however late, and then states no more of a clock than it knows", () => {
		const seenLeases = fc.array(fc.tuple(fc.nat(), fc.double({ min: 0, max: 9000, noNaN: true })), { minLength: 1 });
		fc.assert(
			fc.property(madeStart, seenLeases, (made, leases) => {
				const { truth, entries } = entriesOf(made);
				const withLeases = [...entries];
				for (const [place, lateMs] of leases) {
					const index = 1 + (place % (withLeases.length - 1));
					const { at } = withLeases[index] as Entry;
					const loNs = String(Math.floor((made.nodeOffsetMs - lateMs) * 1e6));
					withLeases.splice(index, 0, { kind: "clock", at, clock: `node/${node}`, loNs, method: "lease" });
				}
				const start = fold(withLeases);
				expect(start.findings).toEqual([]);
				expect(outside(start, truth)).toEqual([]);
				for (const { loMs, ms, hiMs } of Object.values(start.instants)) {
					expect(loMs).toBeLessThanOrEqual(ms);
					expect(ms).toBeLessThanOrEqual(hiMs);
				}
			}),
			{ numRuns: 200 },
		);
	});

	it("adds up, and nothing of it is negative", () => {
		fc.assert(
			fc.property(madeStart, (made) => {
				const start = fold(entriesOf(made).entries);
				const phases = Object.values(start.phases);
				const sum = phases.reduce((total, { ms }) => total + ms, 0);
				expect(sum).toBeCloseTo(start.total?.ms ?? Number.NaN, 6);
				for (const { ms, loMs, hiMs } of phases) {
					expect(loMs).toBeGreaterThanOrEqual(0);
					expect(ms).toBeGreaterThanOrEqual(0);
					expect(hiMs).toBeGreaterThanOrEqual(loMs);
				}
			}),
			{ numRuns: 200 },
		);
	});

	it("does not depend on the order in which events arrive", () => {
		fc.assert(
			fc.property(madeStart, fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (made, random) => {
				const { entries } = entriesOf(made);
				const watched = entries.filter(({ kind }) => kind === "watch");
				const keys = new Map(watched.map((entry) => [entry, random.next().value as number]));
				const shuffled = [...watched].sort((a, b) => (keys.get(a) ?? 0) - (keys.get(b) ?? 0));
				const mixed = entries.map((entry) => (entry.kind === "watch" ? (shuffled.pop() as Entry) : entry));
				expect(fold(mixed)).toEqual(fold(entries));
			}),
			{ numRuns: 100 },
		);
	});

	it("only widens when an event is lost", () => {
		fc.assert(
			fc.property(madeStart, fc.nat(), (made, pick) => {
				const { truth, entries } = entriesOf(made);
				const events = entries.filter((entry) => entry.kind === "watch" && entry.watch === "events");
				const lost = events[pick % events.length];
				const start = fold(entries.filter((entry) => entry !== lost));
				expect(start.outcome).toBe("cold");
				expect(outside(start, truth)).toEqual([]);
				const whole = fold(entries);
				expect(start.events.seen).toBe(whole.events.seen - (isExpected(lost) ? 1 : 0));
				for (const [name, instant] of Object.entries(start.instants)) {
					const before = whole.instants[name];
					if (before === undefined) continue;
					expect(instant.loMs).toBeLessThanOrEqual(before.loMs + 1e-3);
					expect(instant.hiMs).toBeGreaterThanOrEqual(before.hiMs - 1e-3);
				}
			}),
			{ numRuns: 200 },
		);
	});
});

/** The recording with every pod that the watch told of changed. */
const withPods = (entries: readonly Entry[], change: (object: KubeObject) => KubeObject): Entry[] =>
	entries.map((entry) =>
		entry.kind === "watch" && entry.watch === "pods"
			? { ...entry, object: change(structuredClone(entry.object)) }
			: entry,
	);
const withRequest = (entries: readonly Entry[], change: object): Entry[] =>
	entries.map((entry) => (entry.kind === "request" ? ({ ...entry, ...change } as Entry) : entry));
const withSample = (entries: readonly Entry[], change: object): Entry[] =>
	entries.map((entry) => (entry.kind === "sample" ? ({ ...entry, ...change } as Entry) : entry));

describe("a clock that only leases tell of", () => {
	const { entries } = entriesOf(plainStart);
	const at = entries[0]?.at ?? "";
	const lease: Entry = { kind: "clock", at, clock: "node/idle", loNs: "-21420000", method: "lease" };

	it("has no upper bound in the report, and no estimate", () => {
		const builder = openReportBuilder();
		for (const entry of [...entries.slice(0, 1), lease, ...entries.slice(1)]) builder.add(entry);
		const report = JSON.parse(JSON.stringify(builder.report())) as Report;
		const [clock] = report.clocks;
		// Its bound has become less sharp since, by 20 µs a second.
		expect(clock).toEqual({ clock: "node/idle", loMs: expect.closeTo(-21.5, 0), method: "lease" });
		expect(reportSchema.shape.clocks.safeParse(report.clocks).success).toBe(true);
		const notes = notesOf(report, summarize(report));
		expect(notes.filter((note) => note.startsWith("clock of node/idle"))).toEqual([
			"clock of node/idle: -21.5 ms off ours or more; how much more was not measured (lease)",
		]);
	});

	it("tells with other sources how it is known", () => {
		const builder = openReportBuilder();
		const probed: Entry = { ...lease, clock: `node/${node}`, loNs: "-900000", hiNs: "900000", method: "http-date" };
		const heard: Entry = { ...lease, clock: `node/${node}` };
		for (const entry of [...entries.slice(0, 1), heard, probed, ...entries.slice(1)]) builder.add(entry);
		expect(builder.report().clocks.find(({ clock }) => clock === `node/${node}`)).toMatchObject({
			offsetMs: expect.closeTo(0, 0),
			method: "lease + http-date + causes",
		});
	});
});

describe("proof of cold", () => {
	const { entries } = entriesOf(plainStart);
	const without = (test: (entry: Entry) => boolean) => fold(entries.filter((entry) => !test(entry)));
	const isWatch = (watch: string) => (entry: Entry) => entry.kind === "watch" && entry.watch === watch;

	it.each<[string, ColdStart, Partial<ColdStart>]>([
		["a pod was there before", fold(withSample(entries, { podsBefore: ["old"] })), { outcome: "warm" }],
		["a pod was asked for before", fold(withSample(entries, { replicasBefore: 1 })), { outcome: "warm" }],
		[
			"the Deployment was not seen",
			fold(withSample(entries, { replicasBefore: undefined })),
			{ outcome: "unresolved" },
		],
		["no scale-up was seen", without(isWatch("deployments")), { outcome: "unresolved" }],
		["no pod was seen", without(isWatch("pods")), { outcome: "unresolved" }],
		["the answer was 503", fold(withRequest(entries, { status: 503 })), { outcome: "failed" }],
		[
			"the answer was another's",
			fold(withRequest(entries, { bodyMatches: false, body: "It works!" })),
			{ outcome: "failed" },
		],
		["there was no answer", fold(withRequest(entries, { error: "socket hang up" })), { outcome: "failed" }],
		["the run broke off", without(({ kind }) => kind === "request"), { outcome: "unresolved" }],
		[
			"it is the first",
			fold(entries.map((entry) => ("round" in entry ? { ...entry, round: 0 } : entry))),
			{ outcome: "cold" },
		],
	])("does not count a start where %s", (_, start, expected) => {
		expect(start).toMatchObject({ ...expected, counted: false });
		expect(start.reason).toBeTruthy();
	});

	it("takes a scale-up before the request for somebody else's", () => {
		const early = entries.map((entry) =>
			isWatch("deployments")(entry) ? { ...entry, at: (plainStart.sentAt - 5_000_000n).toString() } : entry,
		);
		expect(fold(early)).toMatchObject({ outcome: "warm", counted: false });
	});

	it("says kubelet's own reason for a start that failed", () => {
		const waiting = { state: { waiting: { reason: "CrashLoopBackOff", message: "back-off 10s" } } };
		const crashing = withPods(withRequest(entries, { status: 503 }), (pod) => {
			for (const status of (pod.status as { containerStatuses?: object[] }).containerStatuses ?? []) {
				Object.assign(status, waiting, { restartCount: 2, ready: false });
			}
			return pod;
		});
		expect(fold(crashing).reason).toContain("CrashLoopBackOff: back-off 10s");
		expect(fold(crashing).pods[0]?.containers[0]?.restarts).toBe(2);
	});

	it("measures the pod that was first, and names all", () => {
		const second = entries
			.filter(isWatch("pods"))
			.map((entry) => JSON.parse(JSON.stringify(entry).replaceAll("made-pod", "second-pod")) as Entry)
			.map((entry) => ({ ...entry, at: (BigInt(entry.at) + 1_000_000n).toString() }));
		const at = entries.findIndex(({ kind }) => kind === "request");
		const start = fold([...entries.slice(0, at), ...second, ...entries.slice(at)]);
		expect(start.pods.map(({ uid }) => uid)).toEqual(["made-pod", "second-pod"]);
		expect(start.phases).toEqual(fold(entries).phases);
	});

	it("is unresolved where two sources contradict each other, and nothing is clamped", () => {
		const odd = entries.map((entry) => {
			if (entry.kind !== "watch" || entry.watch !== "events" || entry.object.reason !== "Started") return entry;
			const object = structuredClone(entry.object);
			// The name says two seconds before what the pod's status says.
			const ns = BigInt(`0x${object.metadata.name.slice(2)}`) - 2_000_000_000n;
			object.metadata.name = `p.${ns.toString(16)}`;
			object.firstTimestamp = `${new Date(Number(ns / 1_000_000n)).toISOString().slice(0, 19)}Z`;
			return { ...entry, object };
		});
		const start = fold(odd);
		expect(start).toMatchObject({ outcome: "unresolved", counted: false });
		expect(start.findings.map(({ code }) => code)).toContain("unresolved");
	});

	it("flags a start during which the watch stood still", () => {
		const slow = { ...plainStart, readinessMs: 5_000 };
		const silent = entriesOf(slow).entries.filter(
			(entry) => entry.kind !== "ping" || BigInt(entry.at) < plainStart.sentAt + 200_000_000n,
		);
		expect(fold(silent).findings.map(({ code }) => code)).toContain("watch-stalled");
		expect(fold(entriesOf(slow).entries).findings).toEqual([]);
	});
});

const isExpected = (entry: Entry | undefined) => entry?.kind === "watch" && entry.object.reason !== "Pulling";
