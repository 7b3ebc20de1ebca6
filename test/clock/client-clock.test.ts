import { expect, it, onTestFinished, vi } from "vitest";
import { anchorClock } from "../../src/clock/client-clock.ts";

it("is tied to the wall clock at the moment of a tick, when the whole milliseconds are exact", () => {
	const readings = [100, 100, 100, 101];
	onTestFinished(() => void vi.restoreAllMocks());
	vi.spyOn(Date, "now").mockImplementation(() => readings.shift() as number);
	vi.spyOn(process.hrtime, "bigint").mockImplementation(() => BigInt(10 - readings.length));
	// Read after the tick: every reading of the wall clock has been taken by then.
	expect(anchorClock()).toEqual({ hrtimeAtStart: 10n, epochNsAtStart: 101_000_000n, speed: 1 });
});
