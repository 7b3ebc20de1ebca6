import { describe, expect, it } from "vitest";
import type { Profile } from "../../src/profile/profile.ts";
import type { Entry } from "../../src/recording/entries.ts";
import { openReportBuilder } from "../../src/timing/report-builder.ts";

let at = 1_700_000_000_000_000_000n;
function tick(): string {
	at += 1_000_000n;
	return at.toString();
}

const run = (more: object = {}): Entry =>
	({ kind: "run", version: 1, at: tick(), knistio: "0", context: "c", iterations: 1, ...more }) as Entry;

const proven = (name: string, fingerprint: Record<string, string> = {}, installMs?: number): Entry => ({
	kind: "profile",
	at: tick(),
	profile: { name } as Profile,
	fingerprint,
	revision: `helloworld-${name}`,
	namespace: "n",
	...(installMs === undefined ? {} : { installMs }),
});

const podOf = (name: string, round: number): Entry => ({
	kind: "watch",
	at: tick(),
	watch: "pods",
	type: "ADDED",
	object: {
		apiVersion: "v1",
		kind: "Pod",
		metadata: {
			name: `${name}-${round}`,
			uid: `${name}-${round}`,
			labels: { "serving.knative.dev/revision": `helloworld-${name}` },
		},
		spec: { containers: [] },
		status: {},
	},
});

/** A cold start whose pod is seen, while a pod of another profile goes away. */
const sample = (name: string, round: number, others: readonly string[] = [], says = true): Entry[] => [
	{ kind: "sample", at: tick(), round, podsBefore: [], replicasBefore: 0, ...(says ? { profile: name } : {}) },
	...others.map((other) => podOf(other, 90 + round)),
	podOf(name, round),
	{ kind: "request", at: tick(), round, connectStartedAt: tick(), sentAt: tick(), error: "refused" },
	{ kind: "sample-end", at: tick(), round },
];

function report(entries: readonly Entry[]) {
	const builder = openReportBuilder();
	for (const entry of entries) builder.add(entry);
	return builder.report();
}

const startsOf = (entries: readonly Entry[]) =>
	report(entries).profiles.map(({ profile, coldStarts }) => ({
		name: profile.name,
		pods: coldStarts.map(({ round, pods }) => `${round}: ${pods.map((pod) => pod.name).join(" ")}`),
	}));

describe("a recording of profiles that take turns", () => {
	it("gives each cold start to its own profile, with its own pods", () => {
		const entries = [
			run(),
			proven("a"),
			proven("b"),
			...sample("a", 0, ["b"]),
			...sample("b", 0),
			...sample("b", 1, ["a"]),
			...sample("a", 1),
		];
		expect(startsOf(entries)).toEqual([
			{ name: "a", pods: ["0: a-0", "1: a-1"] },
			{ name: "b", pods: ["0: b-0", "1: b-1"] },
		]);
	});

	it("gives those without a name to the profile proven last, as recordings of one at a time do", () => {
		const entries = [run(), proven("a"), ...sample("a", 1, [], false), proven("b"), ...sample("b", 1, [], false)];
		expect(startsOf(entries)).toEqual([
			{ name: "a", pods: ["1: a-1"] },
			{ name: "b", pods: ["1: b-1"] },
		]);
	});
});

const order = { seed: 3, blocks: 2, turns: [] };

describe("a profile that comes back in a later block", () => {
	const blocks = (again: Record<string, string>) => [
		run({ profiles: ["a", "b"], order }),
		proven("b", { istio: "1.31" }, 10),
		...sample("b", 1),
		proven("a", { istio: "1.31" }, 20),
		...sample("a", 1),
		...sample("a", 2),
		proven("b", again, 30),
		...sample("b", 2),
	];

	it("goes on where it was, in the order in which the profiles were asked for", () => {
		const made = report(blocks({ istio: "1.31" }));
		expect(made.order).toEqual(order);
		expect(made.profiles.map(({ profile }) => profile.name)).toEqual(["a", "b"]);
		expect(made.profiles[1]?.coldStarts.map(({ round }) => round)).toEqual([1, 2]);
		expect(made.profiles[1]?.installMs).toBe(40);
		expect(made.profiles.flatMap(({ findings }) => findings)).toEqual([]);
	});

	it("says it when it is not the same any more", () => {
		const made = report(blocks({ istio: "1.32", cni: "yes" }));
		expect(made.profiles[1]?.findings).toMatchObject([
			{
				code: "fingerprint-changed",
				message: expect.stringContaining("istio was 1.31, is 1.32; cni was absent, is yes"),
			},
		]);
		expect(made.profiles[1]?.fingerprint).toEqual({ istio: "1.31" });
	});
});

describe("variants of which nothing was measured", () => {
	const variant = { of: "full", knob: "a knob", cost: "Some.", source: "https://istio.io/" };
	const asked = run({
		profiles: ["full", "odd", "late", "fine"],
		variants: { odd: variant, late: variant, fine: variant },
	});
	const setAside: Entry = { kind: "set-aside", at: tick(), profile: "odd", reason: "no room" };
	const upTo = (entries: Entry[]) => report([asked, proven("full"), ...sample("full", 1), ...entries]);

	it("are told with their reasons, and others are not", () => {
		expect(upTo([setAside, proven("fine"), ...sample("fine", 1)]).unmeasured).toEqual([
			{ profile: "odd", variant, reason: "no room" },
			{ profile: "late", variant },
		]);
	});

	it("leave no trace in a report that has none of them", () => {
		expect(upTo([proven("odd"), proven("late"), proven("fine")])).not.toHaveProperty("unmeasured");
		expect(report([run({ profiles: ["full"] })])).not.toHaveProperty("unmeasured");
	});

	it("do not lose one that a later block measures all the same", () => {
		expect(upTo([setAside, proven("odd"), ...sample("odd", 1)]).unmeasured?.map(({ profile }) => profile)).toEqual([
			"late",
			"fine",
		]);
	});
});
