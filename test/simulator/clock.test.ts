import { expect, it } from "vitest";
import { createRealClock } from "../../src/simulator/clock/clock.ts";

it("runs a task at the time that it was planned for, however long the machine was busy with something else", () => {
	const clock = createRealClock({ hrtimeAtStart: process.hrtime.bigint(), epochNsAtStart: 0n, speed: 1_000 });
	const planned = clock.now() + 1e9;
	const seen: number[] = [];
	clock.at(planned, () => seen.push(clock.now()));
	clock.at(planned + 2e6, () => seen.push(clock.now()));
	// A simulated second is a millisecond here.
	const busyUntil = performance.now() + 5;
	let outside = 0;
	while (performance.now() < busyUntil) outside = clock.now();
	expect(outside).toBe(planned);
	expect(clock.wallEpochNs()).toBeGreaterThan(BigInt(Math.round(planned)));
	clock.catchUp();
	expect(seen).toEqual([planned, planned + 2e6]);
	expect(clock.now()).toBeGreaterThan(planned + 2e6);
	clock.close();
});
