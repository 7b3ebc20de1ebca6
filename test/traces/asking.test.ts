import { describe, expect, it } from "vitest";
import type { Entry, Untimed } from "../../src/recording/entries.ts";
import type { RecordedSpan } from "../../src/recording/spans.ts";
import { openTraceAsking } from "../../src/traces/asking.ts";
import { entriesOf, plainStart } from "../support/cold-start-truth.ts";
import { spansOf } from "../support/made-spans.ts";

const { entries } = entriesOf(plainStart);
const whole = spansOf(plainStart).spans;

const renamed = (entry: Entry, number: number): Entry =>
	JSON.parse(JSON.stringify(entry).replaceAll("made-pod", `made-pod-${number}`));

/** Plays a recording to it, and waits until it is done. */
async function ask(answer: (tries: number, uid: string) => RecordedSpan[], pods = 1) {
	const recorded: Untimed[] = [];
	let tries = 0;
	let nowMs = 0;
	const asking = openTraceAsking({
		source: { name: "backend", spansOf: async ({ uid }) => answer(++tries, uid) },
		record: (entry) => void recorded.push(entry),
		now: () => nowMs,
		sleep: async (ms) => {
			nowMs += ms;
		},
		signal: new AbortController().signal,
	});
	for (const again of Array.from({ length: pods }, (_, index) => index)) {
		for (const entry of entries as Entry[]) asking.add(again === 0 ? entry : renamed(entry, again));
	}
	await asking.done();
	const findings = recorded.flatMap((entry) => (entry.kind === "finding" ? [entry.finding] : []));
	const spans = recorded.flatMap((entry) => (entry.kind === "spans" ? [entry] : []));
	return { tries, findings, spans, tookMs: nowMs };
}

describe("asking for the traces of a run", () => {
	it("waits until a pod's spans are whole", async () => {
		const { tries, spans, findings } = await ask((tries) => (tries < 3 ? whole.slice(0, 6) : whole));
		expect(tries).toBe(3);
		expect(spans).toMatchObject([{ pod: "made-pod", spans: { length: whole.length } }]);
		expect(findings).toEqual([]);
	});

	it("takes what there is in the end, and says so", async () => {
		const half = whole.filter(({ service }) => service === "apiserver");
		const { spans, findings } = await ask(() => half);
		expect(spans).toHaveLength(1);
		expect(findings.map(({ code }) => code)).toEqual(["traces-missing"]);
	});

	it("says once that there is nothing, and where to read on", async () => {
		const { spans, findings } = await ask(() => []);
		expect(spans).toEqual([]);
		expect(findings).toMatchObject([{ code: "traces-missing", hint: expect.stringContaining("docs/traces.md") }]);
	});

	it("leaves a backend alone that fails again and again", async () => {
		const { tries, findings } = await ask(() => {
			throw new Error("the trace backend answered with a web page");
		});
		expect(tries).toBe(3);
		expect(findings).toMatchObject([
			{ code: "traces-failed", message: expect.stringMatching(/web page; it was not asked again/) },
		]);
	});

	it("waits for several pods at the same time", async () => {
		const asked = new Map<string, number>();
		const { spans, tookMs } = await ask((_, uid) => {
			asked.set(uid, (asked.get(uid) ?? 0) + 1);
			return asked.get(uid) === 3 ? JSON.parse(JSON.stringify(whole).replaceAll("made-pod", uid)) : [];
		}, 20);
		expect(spans).toHaveLength(20);
		expect(tookMs).toBe(3 * 2_000);
	});

	it("does not hold up a run whose pods have none", async () => {
		const { tries, tookMs } = await ask(() => [], 10);
		expect(tries).toBe(8 * 10);
		expect(tookMs).toBe(8 * 2_000);
	});

	it("gets over a failure that passes", async () => {
		const { spans } = await ask((tries) => {
			if (tries === 1) throw new Error("busy");
			return whole;
		});
		expect(spans).toHaveLength(1);
	});
});
