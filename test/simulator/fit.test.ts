import { expect, it } from "vitest";
import { fitModel, type RecordedEntry } from "../../src/simulator/fit.ts";
import { loadModel } from "../../src/simulator/model/model.ts";
import { openBench } from "./in-memory.ts";

/** What the watches of a benchmark on the simulated cluster would have recorded. */
function record(rounds: number): RecordedEntry[] {
	const bench = openBench({ shape: "native" });
	const entries: RecordedEntry[] = [];
	for (const [id, watch] of [
		["pods", "pods"],
		["events", "events"],
	] as const) {
		bench.world.api.store.subscribe(id, ({ type, object }) => {
			entries.push({ kind: "watch", watch, type, object, at: String(bench.clock.epochNs()) });
		});
	}
	for (let round = 0; round < rounds; round++) {
		bench.waitForZero();
		bench.request();
		bench.clock.advance(3_000);
	}
	bench.waitForZero();
	return entries;
}

it("finds again the delays of the model that made a recording", () => {
	const model = loadModel("today");
	const { delays, containers, samples } = fitModel(record(40), model);
	expect(samples["user-container create"]).toBe(40);
	const pairs: [string, [number, number] | undefined, [number, number] | undefined][] = [
		["sandbox", delays.sandbox, model.delays.sandbox],
		["cleanup", delays.cleanup, model.delays.cleanup],
		["eventDelivery", delays.eventDelivery, model.delays.eventDelivery],
	];
	for (const name of ["istio-init", "istio-proxy", "user-container", "queue-proxy"]) {
		pairs.push([`${name} create`, containers[name]?.create, model.containers[name]?.create]);
		pairs.push([`${name} start`, containers[name]?.start, model.containers[name]?.start]);
	}
	// Half a second of waiting for a relist hides it; three times its standard error in 40 samples is what can be had.
	const runMs = containers["istio-init"]?.run?.[0] ?? Number.NaN;
	expect(Math.abs(runMs - (model.containers["istio-init"]?.run?.[0] ?? 0))).toBeLessThan((3 * 289) / Math.sqrt(40));
	for (const [name, fitted, made] of pairs) {
		const [madeMs = Number.NaN, spread = Number.NaN] = made ?? [];
		// Three standard errors of a median of 40 draws with that spread, and a little for what is taken off.
		const tolerance = (3 * 1.25 * spread) / Math.sqrt(40) + 0.03;
		expect(Math.abs(Math.log((fitted?.[0] ?? Number.NaN) / madeMs)), name).toBeLessThan(tolerance);
	}
});

it("says nothing of what was not seen", () => {
	expect(fitModel([], loadModel("today"))).toEqual({ delays: {}, containers: {}, samples: {} });
});
