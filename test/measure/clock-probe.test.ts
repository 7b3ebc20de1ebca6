import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RawAnswer } from "../../src/kube/http/connection.ts";
import { probeClock } from "../../src/measure/clocks/clock-probe.ts";

const anchor = 7_000_000_000_000_000n;
const msNs = 1_000_000;

interface World {
	offsetMs: number;
	/** There and back, for each request. */
	delaysMs(): [number, number];
	status?: number;
	date?(serverMs: number): string | undefined;
	/** At a request, the other clock is set by so much. */
	jumpMs?(request: number): number;
}

/** A server with a clock of its own, in virtual time; the client's clock is the true one. */
async function probeIn({ offsetMs, delaysMs, status = 200, date, jumpMs }: World) {
	// Somewhere in a second, in nanoseconds since the epoch.
	let clientNs = 1_700_000_000_123_456_789n;
	let requests = 0;
	const pass = (ms: number) => {
		clientNs += BigInt(Math.round(ms * msNs));
	};
	const raw = async (): Promise<RawAnswer> => {
		const [there, back] = delaysMs();
		const sentAt = clientNs - anchor;
		pass(there);
		const serverMs = Number(clientNs / 1_000n) / 1_000 + offsetMs + (jumpMs?.(requests++) ?? 0);
		const said = date === undefined ? new Date(Math.floor(serverMs)).toUTCString() : date(serverMs);
		pass(back);
		return {
			status,
			headers: said === undefined ? {} : { date: said },
			body: Buffer.alloc(0),
			sentAt,
			answeredAt: clientNs - anchor,
		};
	};
	const sleeps: number[] = [];
	const entry = await probeClock(
		{ raw },
		{ clock: "apiserver", path: "/version" },
		{
			now: () => clientNs,
			timeOf: (hrtime) => hrtime + anchor,
			signal: new AbortController().signal,
			sleep: async (ms) => {
				sleeps.push(ms);
				pass(ms);
			},
		},
	);
	if (entry === undefined) return { sleeps, bracket: undefined };
	if (entry.kind !== "clock") throw new Error(`it gave a ${entry.kind}`);
	const [lo, hi] = [Number(entry.loNs) / msNs, Number(entry.hiNs) / msNs];
	return { sleeps, entry, bracket: { lo, hi, width: hi - lo } };
}

/** A repeatable series in [0, 1). */
function series(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
		return state / 2_147_483_648;
	};
}

describe.each([-300, 0, 300, 5_000])("an offset of %d ms", (offsetMs) => {
	it.each([
		["on this machine", 0.2, 0.5],
		["in a network", 1, 8],
		["always 14 ms away", 7, 7],
		["always 18 ms away, all of it on the way there", 18, 0],
	])("is bracketed to 20 ms within 14 requests %s", async (_, least, most) => {
		for (let seed = 1; seed <= 20; seed++) {
			const random = series(seed);
			const delay = () => least + random() * Math.max(0, most - least);
			const back = most === 0 ? () => 0 : delay;
			const { bracket, sleeps } = await probeIn({ offsetMs, delaysMs: () => [delay(), back()] });
			expect(bracket?.lo).toBeLessThanOrEqual(offsetMs);
			expect(bracket?.hi).toBeGreaterThanOrEqual(offsetMs);
			expect(bracket?.width).toBeLessThan(20);
			expect(sleeps.length).toBeLessThan(14);
			for (const ms of sleeps) expect(ms).toSatisfy((value: number) => value >= 0 && value <= 1_000);
		}
	});
});

it("holds the truth, whatever the offset and the delays", async () => {
	await fc.assert(
		fc.asyncProperty(
			fc.double({ min: -1e7, max: 1e7, noNaN: true }),
			fc.infiniteStream(fc.double({ min: 0, max: 400, noNaN: true })),
			async (offsetMs, delays) => {
				const next = () => delays.next().value as number;
				const { bracket } = await probeIn({ offsetMs, delaysMs: () => [next(), next()] });
				// A double has no whole nanoseconds at this size.
				return bracket !== undefined && bracket.lo <= offsetMs + 0.001 && bracket.hi >= offsetMs - 0.001;
			},
		),
		{ numRuns: 100 },
	);
});

it("stops when it is narrow enough, and says how it was found out", async () => {
	const { entry, sleeps } = await probeIn({ offsetMs: 40, delaysMs: () => [0.01, 0.01] });
	expect(entry).toMatchObject({ kind: "clock", clock: "apiserver", method: "http-date" });
	expect(sleeps.length).toBeLessThan(12);
});

it("begins anew when the clock was set in between", async () => {
	const jumpMs = (request: number) => (request < 4 ? 0 : 2_500);
	const { bracket } = await probeIn({ offsetMs: 0, delaysMs: () => [1, 1], jumpMs });
	expect(bracket?.lo).toBeLessThanOrEqual(2_500);
	expect(bracket?.hi).toBeGreaterThanOrEqual(2_500);
});

it.each([
	["without a Date", { date: () => undefined }],
	["with a Date that is none", { date: () => "yesterday" }],
	["that is a refusal", { status: 403 }],
	["for want of credentials, by whoever asks for them", { status: 401 }],
	["of an overloaded server in between", { status: 429 }],
	["that fails", { status: 503 }],
])("makes nothing of an answer %s", async (_, world) => {
	const { entry } = await probeIn({ offsetMs: 0, delaysMs: () => [1, 1], ...world });
	expect(entry).toBeUndefined();
});
