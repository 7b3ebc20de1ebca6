import { describe, expect, it } from "vitest";
import { createManualClock, type ManualClock, type Wait } from "../../src/simulator/clock/clock.ts";
import { createDebounce, createMinimalPeriod } from "../../src/simulator/queueing/batches.ts";
import { createCores } from "../../src/simulator/queueing/cores.ts";
import { createLanes } from "../../src/simulator/queueing/lanes.ts";
import { createRateLimit } from "../../src/simulator/queueing/rate-limit.ts";

/** Notes when each of some waits has ended, in ms. */
function notes(clock: ManualClock) {
	const ended: Record<string, number> = {};
	const begin = (name: string, wait: Wait) =>
		wait(() => {
			ended[name] = Math.round(clock.now() / 1e6);
		});
	return { ended, begin };
}

describe("cores", () => {
	it("are one for each thing that computes, as long as there are enough", () => {
		const clock = createManualClock();
		const { ended, begin } = notes(clock);
		const cores = createCores(clock, 2);
		begin("a", cores.compute(100));
		begin("b", cores.compute(40));
		clock.advance(500);
		expect(ended).toEqual({ a: 100, b: 40 });
		expect(cores.busy()).toBe(0);
	});

	it("are shared alike by more, and given back by those that are done or cancelled", () => {
		const clock = createManualClock();
		const { ended, begin } = notes(clock);
		const cores = createCores(clock, 2);
		for (const name of ["a", "b", "c"]) begin(name, cores.compute(100));
		const cancel = begin("d", cores.compute(100));
		// Four things share two cores for 40 ms, three for 60, and then d is gone.
		clock.advance(40);
		cancel();
		clock.advance(60);
		begin("e", cores.compute(10));
		clock.advance(500);
		expect(ended).toEqual({ e: 120, a: 165, b: 165, c: 165 });
		expect(cores.busy()).toBe(0);
	});
});

describe("lanes", () => {
	it("do one after another in order, and leave out who no longer waits", () => {
		const clock = createManualClock();
		const { ended, begin } = notes(clock);
		const lanes = createLanes(clock, 1);
		begin("a", lanes.occupy(30));
		const cancel = begin("b", lanes.occupy(30));
		begin("c", lanes.occupy(30));
		expect(lanes.waiting()).toBe(2);
		cancel();
		clock.advance(200);
		expect(ended).toEqual({ a: 30, c: 60 });
	});

	it("do as many at the same time as there are lanes", () => {
		const clock = createManualClock();
		const { ended, begin } = notes(clock);
		const lanes = createLanes(clock, 2);
		for (const name of ["a", "b", "c"]) begin(name, lanes.occupy(30));
		clock.advance(200);
		expect(ended).toEqual({ a: 30, b: 30, c: 60 });
	});
});

describe("a rate limit", () => {
	it("lets a burst through at once, then so many in a second, and fills up again", () => {
		const clock = createManualClock();
		const limit = createRateLimit(clock, { perSecond: 10, burst: 3 });
		expect([1, 2, 3, 4, 5].map(() => limit.take())).toEqual([0, 0, 0, 100, 200]);
		clock.advance(10_000);
		expect(limit.take(3)).toBe(0);
		expect(limit.take(2)).toBe(200);
	});
});

describe("batches", () => {
	it("are pushed once nothing changes any more, or the longest time has passed", () => {
		const clock = createManualClock();
		const pushes = createDebounce(clock, { quietMs: 100, longestMs: 300 });
		const late: number[] = [];
		const note = () => pushes.note().onDone((lateMs) => late.push(Math.round(lateMs)));
		note();
		clock.advance(60);
		note();
		clock.advance(200);
		expect(late).toEqual([60, 0]);
		for (let index = 0; index < 6; index++) {
			note();
			clock.advance(80);
		}
		// The longest time ended the first batch 300 ms after it began; two changes came later.
		expect(late.slice(2)).toEqual([200, 120, 40, -40]);
		clock.advance(1_000);
		expect(late.slice(6)).toEqual([80, 0]);
	});

	it("of a minimal period are done at once, and again after the period", () => {
		const clock = createManualClock();
		const syncs = createMinimalPeriod(clock, 1_000);
		const late: number[] = [];
		const note = () => syncs.note().onDone((lateMs) => late.push(Math.round(lateMs)));
		note();
		clock.advance(300);
		note();
		clock.advance(300);
		note();
		clock.advance(2_000);
		note();
		clock.advance(1);
		expect(late).toEqual([0, 700, 400, 0]);
	});
});
