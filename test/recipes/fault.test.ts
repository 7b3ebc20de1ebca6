import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { scenarios } from "../../src/selftest/scenarios.ts";
import { createManualClock } from "../../src/simulator/clock/clock.ts";
import { createRandom } from "../../src/simulator/clock/random.ts";
import { createFaultEffects } from "../../src/simulator/faults/effects.ts";
import type { Fault } from "../../src/simulator/faults/fault.ts";
import { share } from "../../src/simulator/faults/parameters.ts";
import { faultRegistry } from "../../src/simulator/faults/registry.ts";
import { loadModel } from "../../src/simulator/model/model.ts";
import { createSimulation } from "../../src/simulator/start.ts";

const directory = ".github";
const text = readFileSync(join(directory, "CONTRIBUTING.md"), "utf8");
const paragraph = /^\*\*A fault\.\*\*.*?(?=\n\n)/ms.exec(text)?.[0] ?? "";

/** Made as the recipe says: a fault that no file of the source knows. */
const deniedWrites: Fault<number> = {
	about: "The share of creations that the user may not do, 0 to 1.",
	parameter: share,
	hooks: (deniedShare, random) => ({
		isForbidden: (verb) => verb === "create" && random.unit("deniedWrites") < deniedShare,
		serverClockAheadMs: () => 250,
	}),
	trials: [],
};

describe("the recipe for a fault", () => {
	it("names files that exist", () => {
		const links = [...paragraph.matchAll(/\]\(([^)]+)\)/g)].map(([, link = ""]) => join(directory, link));
		const paths = [...paragraph.matchAll(/`(src\/[^`]+)`/g)].map(([, path = ""]) => path);
		expect(links).toContain("src/simulator/faults/fault.ts");
		expect(links).toContain("src/simulator/faults/registry.ts");
		expect(paths).toEqual(["src/simulator/faults/"]);
		expect([...links, ...paths].filter((path) => !existsSync(path))).toEqual([]);
	});

	it("is all that a fault needs to take effect", () => {
		const registry = { ...faultRegistry, deniedWrites };
		const options = { model: loadModel("today"), seed: 1, registry };
		const effectsOf = (faults: Record<string, unknown>) =>
			createSimulation(createManualClock(), { ...options, faults }).world;
		const world = effectsOf({ deniedWrites: 1, serverClockOffsetMs: 50 });
		expect(world.faults.isForbidden("create", "pods")).toBe(true);
		expect(world.faults.isForbidden("get", "pods")).toBe(false);
		expect(effectsOf({}).faults.isForbidden("create", "pods")).toBe(false);
		expect(world.serverEpochNs() - world.clock.epochNs()).toBe(300_000_000n);
		expect(world.truth.read().clocksAheadMs.server).toBe(300);
	});

	it("makes the same seed give the same run", () => {
		const draw = (seed: number) => {
			const faults = createFaultEffects({ deniedWrites: 0.5 }, createRandom(seed), { deniedWrites });
			return Array.from({ length: 64 }, () => faults.isForbidden("create", "pods"));
		};
		expect(draw(1)).toEqual(draw(1));
		expect(draw(1)).not.toEqual(draw(2));
		expect(new Set(draw(1)).size).toBe(2);
	});
});

describe("the registry of faults", () => {
	it.each(Object.entries(faultRegistry))("says what %s does, with sentences", (_, { about }) => {
		expect(about).toMatch(/^[A-Z].*\.$/);
	});

	it("has valid parameters in every trial, and each trial is a scenario of the selftest", () => {
		const trials = Object.entries(faultRegistry).flatMap(([name, { trials }]) =>
			trials.map((trial) => ({ name, trial })),
		);
		for (const { name, trial } of trials) {
			expect(Object.keys(trial.faults)).toContain(name);
			expect(() => createFaultEffects(trial.faults, createRandom(1))).not.toThrow();
			const { pod: _, ...rest } = trial;
			expect(scenarios).toContainEqual({ ...rest, profile: expect.any(String) });
		}
		const tried = new Set(trials.flatMap(({ trial }) => Object.keys(trial.faults)));
		expect([...tried].sort()).toEqual(Object.keys(faultRegistry).sort());
	});

	it("refuses an unknown fault and a parameter that is not valid", () => {
		const open = (faults: Record<string, unknown>) => () => createFaultEffects(faults, createRandom(1));
		expect(open({ lostEvent: 1 })).toThrow(/no fault is named lostEvent; the names are .*lostEvents/);
		expect(open({ toString: 1 })).toThrow("no fault is named toString");
		expect(open({ lostEvents: 2 })).toThrow("fault lostEvents needs a number from 0 to 1, not 2");
		expect(open({ dropWatchesEveryMs: 0 })).toThrow("a number of ms above 0");
		expect(open({ slowApiMs: "5" })).toThrow("a number of ms from 0");
		expect(open({ serverClockOffsetMs: Number.NaN })).toThrow("a number of ms");
		expect(open({ pullsImages: 1 })).toThrow("true or false");
		expect(open({ slowContainers: { "user-container": -1 } })).toThrow("an object that maps names to a number of ms");
		expect(open({ nodeClockOffsetsMs: [1] })).toThrow("an object that maps names to a number of ms");
		expect(open({ forbidden: ["pods"] })).toThrow("a list of `verb resource`");
	});

	it("keeps the order of the scenarios, which their seeds depend on", () => {
		expect(scenarios.map(({ name }) => name).slice(0, 14)).toEqual([
			...["none", "native", "classic", "cni", "ambient", "image-pull", "slow-probe", "clock-offsets", "leases"],
			...["lost-events", "lagging-watches", "dropped-watches", "gone", "throttled"],
		]);
	});
});
