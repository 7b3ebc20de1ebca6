import { expect, it } from "vitest";
import { openClockProbes } from "../../src/measure/clocks/clocks.ts";
import { openLiveState } from "../../src/recording/live-state.ts";

it("looks at the clocks when asked, but not more often than once a minute", async () => {
	const asked: string[] = [];
	const probes = openClockProbes({
		cluster: {
			raw: async (_, path) => {
				asked.push(path);
				return { status: 403, headers: {}, body: Buffer.alloc(0), sentAt: 0n, answeredAt: 1n };
			},
			connection: async () => ({ origin: "http://localhost:1", basePath: "", headers: {}, tls: {} }),
		},
		state: openLiveState(),
		// A minute of the client's time takes 200 ms.
		clock: { hrtimeAtStart: process.hrtime.bigint(), epochNsAtStart: 0n, speed: 300 },
		record: () => {},
		signal: new AbortController().signal,
	});
	probes.probeIfDue();
	probes.probeIfDue();
	await probes.done();
	expect(asked).toEqual(["/version"]);
	await new Promise((resolve) => setTimeout(resolve, 210));
	probes.probeIfDue();
	await probes.done();
	expect(asked).toEqual(["/version", "/version"]);
});
