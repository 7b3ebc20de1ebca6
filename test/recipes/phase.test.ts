import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { isLikelyPhase } from "../../src/gate/resolve-budgets.ts";
import { main } from "../../src/main.ts";
import { phaseDescriptions } from "../../src/report/phases.ts";
import type { StepRow } from "../../src/report/steps.ts";
import { builtContext } from "../selftest/built-context.ts";
import { onlyStart, recorded } from "../support/recorded.ts";

/** A phase that knistio does not have: all containers are ready, and readiness gates may still hold back the pod. */
const added = vi.hoisted(
	(): StepRow => ({
		of: "pod",
		instant: "containers-ready",
		phase: "container-readiness",
		text: "last container started → every container is ready",
		fact: "containersReady",
		from: [{ condition: "ContainersReady", clock: "node" }],
		way: "endpoint",
	}),
);

vi.mock(import("../../src/report/steps.ts"), async (original) => {
	const module = await original();
	const place = module.steps.findIndex(({ instant }) => instant === "pod-ready");
	return { ...module, steps: module.steps.toSpliced(place, 0, added) };
});

const recipe = /\*\*A phase\.\*\*[\s\S]*?(?=\n\*\*)/.exec(readFileSync(".github/CONTRIBUTING.md", "utf8"))?.[0] ?? "";
const named = [...recipe.matchAll(/\]\(\.\.\/([^)]+)\)/g)].map(([, file = ""]) => file);

describe("the recipe for a phase", () => {
	it("names files that exist", () => {
		expect(named).toContain("src/report/steps.ts");
		expect(named.filter((file) => !existsSync(file))).toEqual([]);
	});

	it("names every source file that spells the name of a phase or of its instant", () => {
		const files = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
		// Names that are no words of anybody else's.
		const names = /["`](pod-creation|pod-created|notice-|post-start-|startup-passed:)/;
		const spelling = files.filter((file) => names.test(readFileSync(join("src", file), "utf8")));
		expect(spelling.map((file) => `src/${file}`).filter((file) => !named.includes(file))).toEqual([]);
	});
});

describe("a row that is added to the table of steps", () => {
	const recording = "test/recordings/native.ndjson";
	it("is in the help, and a name for budgets", async () => {
		const { context, said } = builtContext();
		expect(await main(["phases"], context), said.stderr).toBe(0);
		expect(said.stdout).toMatch(/^container-readiness +phase +last container started → every container is ready$/m);
		expect(phaseDescriptions.map(({ name }) => name)).toContain("container-readiness");
		expect(isLikelyPhase("container-readiness")).toBe(true);
	});

	it("is in the report between its neighbours, and the phases still add up", () => {
		const { phases, instants, total, counted } = onlyStart(recorded("native"));
		expect(counted).toBe(true);
		expect(Object.keys(phases).slice(-6)).toEqual([
			"container-readiness",
			"readiness",
			"endpoint",
			"routing",
			"response",
			"unattributed",
		]);
		expect(instants["containers-ready"]?.ms).toBeLessThanOrEqual(instants["pod-ready"]?.ms ?? Number.NaN);
		expect(phases["container-readiness"]?.ms).toBeGreaterThan(0);
		const sum = Object.values(phases).reduce((all, { ms }) => all + ms, 0);
		expect(sum).toBeCloseTo(total?.ms ?? Number.NaN, 2);
	});

	it("is in the table", async () => {
		const { context, said } = builtContext();
		expect(await main(["replay", recording], context), said.stderr).toBe(0);
		expect(said.stdout).toMatch(/container-readiness +\D*\d/);
	});
});
