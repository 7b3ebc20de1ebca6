import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { figuresOf } from "../../src/analysis/figures.ts";
import type { KubeObject } from "../../src/kube/object.ts";
import { notesOf } from "../../src/output/report/notes.ts";
import type { Entry } from "../../src/recording/entries.ts";
import { type ColdStart, type Measured, type Report, reportSchema } from "../../src/report/report.ts";
import { openReportBuilder } from "../../src/timing/report-builder.ts";
import { anApp, entriesOf, type MadeContainer, node, plainStart, type Truth } from "../support/cold-start-truth.ts";
import { madeStart, withGap } from "../support/made-starts.ts";

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

const holds = ({ loMs, hiMs }: Measured, trueMs: number) => loMs <= trueMs + 1e-3 && trueMs <= hiMs + 1e-3;

function outside(start: ColdStart, truth: Truth): string[] {
	const origin = truth["request-sent"] ?? 0n;
	return Object.entries(start.instants)
		.filter(([name, instant]) => !holds(instant, Number((truth[name] ?? 0n) - origin) / 1e6))
		.map(([name]) => name);
}

/** Every figure of a cold start that says less than nothing, or that a saved report would be refused for. */
function impossible({ instants, phases, spans, total }: ColdStart): string[] {
	const figures = { ...instants, ...phases, ...spans, total };
	const isWrong = (name: string, { ms, loMs, hiMs }: Measured) =>
		!(loMs <= ms && ms <= hiMs) || (name in phases && (loMs < 0 || ms < 0)) || (name in spans && ms < 0);
	return Object.entries(figures).flatMap(([name, figure]) => (figure && isWrong(name, figure) ? [name] : []));
}

/** Reports have three digits of a millisecond, the last of which may be rounded either way. */
const oneDigitMs = 1.5e-3;

/** What is known better with less, or is new. */
function narrowed(less: ColdStart, whole: ColdStart): string[] {
	return (["instants", "phases", "spans"] as const).flatMap((group) =>
		Object.entries(less[group]).flatMap(([name, { loMs, hiMs }]) => {
			const before = whole[group][name];
			// What is not attributed holds other phases then.
			if (name === "unattributed") return [];
			return before !== undefined && loMs <= before.loMs + oneDigitMs && hiMs >= before.hiMs - oneDigitMs ? [] : [name];
		}),
	);
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

	it("keeps it out where the event that tells of its beginning is lost, and names no phase of it", () => {
		const { entries } = entriesOf({ ...plainStart, containers: [{ ...anApp("user-container"), pullMs: 800 }] });
		const start = fold(entries.filter((entry) => !(entry.kind === "watch" && entry.object.reason === "Pulling")));
		expect(start).toMatchObject({ outcome: "cold", counted: false });
		expect(start.phases).not.toHaveProperty("sandbox");
		expect(start.phases.unattributed?.ms).toBeGreaterThan(1000);
	});

	it("holds the truth within its bounds, whatever the pod, the clocks and the watch", () => {
		fc.assert(
			fc.property(madeStart, (made) => {
				const { truth, entries } = entriesOf(made);
				const start = fold(entries);
				expect(start.findings).toEqual([]);
				expect(outside(start, truth)).toEqual([]);
			}),
			{ numRuns: 500 },
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

	it("knows that an event's whole second may be that after the fact", () => {
		// Started at .998 and told of at .002, by an event whose name holds no time.
		const sentAt = 1_795_442_349_413_000_000n;
		const late = { ...plainStart, sentAt, eventLagMs: 4, eventNames: "uuid", probedToMs: 1 } as const;
		const { truth, entries } = entriesOf(late);
		expect(((truth["started:user-container"] ?? 0n) / 1_000_000n) % 1000n).toBe(998n);
		const start = fold(entries);
		expect(start).toMatchObject({ outcome: "cold", findings: [] });
		expect(outside(start, truth)).toEqual([]);
	});

	it("adds up to the last digit, no guess lies outside of its bounds, and nothing is negative", () => {
		fc.assert(
			fc.property(madeStart, (made) => {
				const start = fold(entriesOf(made).entries);
				const sum = Object.values(start.phases).reduce((total, { ms }) => total + Math.round(ms * 1000), 0);
				expect(sum).toBe(Math.round((start.total?.ms ?? Number.NaN) * 1000));
				expect(impossible(start)).toEqual([]);
			}),
			{ numRuns: 500 },
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
				expect(impossible(start)).toEqual([]);
				const whole = fold(entries);
				const isSharp = made.eventNames === "time" || (lost?.kind === "watch" && lost.object.reason === "Scheduled");
				expect(start.events.seen).toBe(whole.events.seen - (isSharp && isExpected(lost) ? 1 : 0));
				expect(narrowed(start, whole)).toEqual([]);
			}),
			{ numRuns: 500 },
		);
	});

	it("only widens where a watch loses its place, and says so", () => {
		const kinds = fc.constantFrom("pods", "events", "endpointslices", "deployments");
		const part = fc.double({ min: 0, max: 1, noNaN: true });
		fc.assert(
			fc.property(madeStart, kinds, part, part, (made, kind, a, b) => {
				const { truth, entries } = entriesOf(made);
				const sentAt = truth["request-sent"] ?? 0n;
				const lasted = Number((truth["last-byte"] ?? 0n) - sentAt);
				const from = sentAt + BigInt(Math.round(Math.min(a, b) * lasted));
				const start = fold(withGap(entries, kind, { from, to: from + BigInt(Math.round(Math.abs(a - b) * lasted)) }));
				const codes = start.findings.map(({ code }) => code);
				expect(codes.filter((code) => code !== "pull-unknown")).toEqual(["watch-gap"]);
				expect(outside(start, truth)).toEqual([]);
				expect(impossible(start)).toEqual([]);
				expect(narrowed(start, fold(entries)).filter((name) => !isOtherWay(name))).toEqual([]);
			}),
			{ numRuns: 500 },
		);
	});

	it("takes no span from a list, which comes after the fact", () => {
		const { entries, truth } = entriesOf(plainStart);
		const ready = truth["pod-ready"] ?? 0n;
		const start = fold(withGap(entries, "pods", { from: ready, to: ready + 10_000_000n }));
		expect(start.outcome).toBe("cold");
		expect(Object.keys(start.spans)).toEqual(["endpoint_wait"]);
		const slices = fold(withGap(entries, "endpointslices", { from: ready, to: ready + 90_000_000n }));
		expect(slices.spans).not.toHaveProperty("endpoint_wait");
		const scaled = truth.scaled ?? 0n;
		const unseen = fold(withGap(entries, "deployments", { from: scaled, to: scaled + 10_000_000n }));
		expect(unseen).toMatchObject({ outcome: "unresolved", counted: false });
	});

	it("has no span of a pod that was seen after the answer", () => {
		const { entries } = entriesOf(plainStart);
		const late = entries.map((entry) =>
			entry.kind === "watch" && entry.watch === "pods"
				? { ...entry, at: (BigInt(entry.at) + 960_000_000n).toString() }
				: entry,
		);
		const { spans } = fold(late.toSorted((a, b) => Number(BigInt(a.at) - BigInt(b.at))));
		expect(spans).not.toHaveProperty("pod_creating");
		expect(spans["container_startup_user-container"]?.ms).toBeGreaterThan(0);
	});

	it("does not use the receipt of a watch that was later than its pings, and says so", () => {
		const made = { ...plainStart, probedToMs: 1 };
		const { entries, truth } = entriesOf(made);
		const late = entries.map((entry) =>
			entry.kind === "watch" && entry.watch === "pods" && !isReadyPod(entry)
				? { ...entry, at: (BigInt(entry.at) + 700_000_000n).toString() }
				: entry,
		);
		const start = fold(late);
		expect(start.outcome).toBe("cold");
		expect(start.findings.map(({ code }) => code)).toContain("watch-late");
		expect(outside(start, truth)).toEqual([]);
	});

	it("says what ended a span", () => {
		const { entries } = entriesOf({ ...plainStart, containers: [init, ...plainStart.containers] });
		const { spans } = fold(entries);
		expect(spans.pod_creating?.endedBy).toBe("ready");
		expect(spans["container_startup_istio-init"]?.endedBy).toBe("terminated");
		expect(spans["container_startup_queue-proxy"]?.endedBy).toBe("ready");
		const unready = entries.filter((entry) => !isReadyPod(entry));
		expect(fold(unready).spans.pod_creating).toMatchObject({ endedBy: "request-end" });
	});
});

/** Without the endpoint's or the pod's Ready in time, the way to the answer is taken to be the other one. */
const isOtherWay = (name: string) => name === "probing";

const isReadyPod = (entry: Entry) =>
	entry.kind === "watch" && entry.watch === "pods" && JSON.stringify(entry.object).includes('"Ready"');

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
		const notes = notesOf(figuresOf(report));
		expect(notes.filter((note) => note.startsWith("clock offset of node/idle"))).toEqual([
			"clock offset of node/idle: at least -21.5 ms; its upper bound was not measured (lease)",
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

	it("does not learn of clocks from a pod of somebody else's", () => {
		const probe = (at: bigint): Entry => {
			const sharp = { clock: "apiserver", loNs: "0", hiNs: "2000000", method: "http-date" };
			return { kind: "clock", at: at.toString(), ...sharp };
		};
		// Asked for, created and seen 1.5 s before the request.
		const early = entries.map((entry) =>
			entry.kind === "request" ? { ...entry, sentAt: (BigInt(entry.sentAt ?? 0) + 1_500_000_000n).toString() } : entry,
		);
		const builder = openReportBuilder();
		for (const entry of [...early.slice(0, 2), probe(BigInt(early[0]?.at ?? 0)), ...early.slice(2)]) builder.add(entry);
		const report = builder.report();
		expect(report.profiles[0]?.coldStarts[0]?.outcome).toBe("warm");
		expect(report.profiles[0]?.coldStarts[0]?.findings).toEqual([]);
		expect(report.clocks[0]).toMatchObject({ clock: "apiserver", method: "http-date" });
	});

	it("takes no pod twice, also one that a list told of", () => {
		const [run, profile, ...rest] = entries;
		if (run === undefined || profile === undefined) throw new Error("no run");
		const sample = rest.slice(0, -1);
		const later = JSON.parse(
			JSON.stringify(sample).replaceAll(/"(\d{19})"/g, (_, at) => `"${BigInt(at) + 20_000_000_000n}"`),
		) as Entry[];
		for (const first of [sample, withGap(sample, "pods", { from: 0n, to: BigInt(sample.at(-2)?.at ?? 0) })]) {
			const builder = openReportBuilder();
			for (const entry of [run, profile, ...first, ...later]) builder.add(entry);
			const [, again] = builder.report().profiles[0]?.coldStarts ?? [];
			expect(again).toMatchObject({ outcome: "unresolved", reason: "no new pod was seen", counted: false });
		}
	});

	it("shows no way through the pod for an answer that is not its own", () => {
		const { phases } = fold(withRequest(entries, { status: 503 }));
		expect(Object.keys(phases)).not.toEqual(expect.arrayContaining(["probing"]));
		expect(Object.keys(phases)).not.toEqual(expect.arrayContaining(["readiness"]));
		expect(phases.unattributed?.ms).toBeGreaterThan(300);
	});

	it("measures the pod that was first to be ready, and tells of the other", () => {
		const replaced = entries.flatMap((entry) => {
			if (entry.kind !== "watch" || entry.watch !== "pods" || isReadyPod(entry)) return [entry];
			const failed = JSON.parse(JSON.stringify(entry).replaceAll("made-pod", "failed-pod")) as Entry;
			return [{ ...failed, at: (BigInt(entry.at) - 1_000_000n).toString() } as Entry, entry];
		});
		const start = fold(replaced);
		expect(start.pods.map(({ uid }) => uid)).toEqual(["made-pod", "failed-pod"]);
		expect(start.phases).toEqual(fold(entries).phases);
		expect(start.findings.map(({ code }) => code)).toEqual(["several-pods"]);
	});

	it("takes the first start of a container that is restarted, and says that it was", () => {
		const restarted = withPods(entries, (pod) => {
			const statuses = (pod.status as { containerStatuses?: { name: string; state?: object; ready: boolean }[] })
				.containerStatuses;
			const status = statuses?.find(({ name, ready }) => name === "user-container" && ready);
			if (status !== undefined)
				Object.assign(status, { restartCount: 1, state: { running: { startedAt: "2026-11-23T20:00:00Z" } } });
			return pod;
		});
		// Kubelet counts a repeated event up and leaves its name; should it write a new one, that is no other first start.
		const again = restarted.flatMap((entry) => {
			if (entry.kind !== "watch" || entry.object.reason !== "Started") return [entry];
			const object = structuredClone(entry.object);
			const ns = BigInt(`0x${object.metadata.name.slice(2)}`) + 80_000_000n;
			object.metadata.name = `p.${ns.toString(16)}`;
			object.firstTimestamp = `${new Date(Number(ns / 1_000_000n)).toISOString().slice(0, 19)}Z`;
			return [entry, { ...entry, at: (BigInt(entry.at) + 80_000_000n).toString(), object }];
		});
		const [start, whole] = [fold(again), fold(entries)];
		const first = "started:user-container";
		expect(start.instants[first]).toMatchObject({ ms: whole.instants[first]?.ms, source: "event-name" });
		expect(start.outcome).toBe("cold");
		expect(start.findings.map(({ code }) => code)).toEqual(["restarted"]);
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

describe("a run's clocks and thread", () => {
	const { entries } = entriesOf({ ...plainStart, probedToMs: 2 });
	const reportOf = (more: Entry[]) => {
		const builder = openReportBuilder();
		for (const entry of [...entries.slice(0, -1), ...more, ...entries.slice(-1)]) builder.add(entry);
		return builder.report();
	};
	const at = entries.at(-1)?.at ?? "0";
	const probe = (ms: number): Entry => {
		const [loNs, hiNs] = [ms - 2, ms + 2].map((each) => String(each * 1_000_000)) as [string, string];
		return { kind: "clock", at, clock: "node/n1", loNs, hiNs, method: "http-date" };
	};

	it("are said to have moved where the end does not agree with the beginning", () => {
		expect(reportOf([probe(1)]).findings).toEqual([]);
		const moved = reportOf([probe(30)]);
		expect(moved.findings).toMatchObject([{ code: "clock-moved", message: expect.stringContaining("node/n1") }]);
		expect(moved.clocks.find(({ clock }) => clock === "node/n1")).toMatchObject({ loMs: 28, hiMs: 32 });
	});

	it("are said to be late where the thread was", () => {
		const observer = (loopDelayP99Ms: number): Entry => {
			return { kind: "observer", at, loopDelayP99Ms, loopDelayMaxMs: 40, maxRssMib: 90 };
		};
		expect(reportOf([observer(1)]).findings).toEqual([]);
		expect(reportOf([observer(8)]).findings.map(({ code }) => code)).toEqual(["observer-late"]);
	});
});

const isExpected = (entry: Entry | undefined) => entry?.kind === "watch" && entry.object.reason !== "Pulling";
