import { describe, expect, it } from "vitest";
import { main } from "../../src/main.ts";
import { aReport, around } from "../gate/a-report.ts";
import { fakeContext } from "../support/fake-context.ts";
import { formatNames, rendered } from "../support/rendered.ts";

const totals = { totals: around(2000, 50, 20) };
const real = aReport({ minimal: totals });
const simulated = aReport({ minimal: totals }, { simulated: { model: "today", seed: 1, speed: 20 } });

/** Every text that comes of judging a report, by what it is. */
async function judged(report: object, ...options: string[]) {
	const world = fakeContext({ "report.json": report }, { GITHUB_ACTIONS: "true", GITHUB_STEP_SUMMARY: "step.md" });
	const files = {
		junit: "j.xml",
		summary: "s.md",
		comment: "c.md",
		"github-action-benchmark": "g.json",
		bencher: "b.json",
	};
	const named = Object.entries(files).flatMap(([option, file]) => [`--${option}`, file]);
	const code = await main(
		["check", "report.json", "--budget", "total: p(50) < 1s", ...named, ...options],
		world.context,
	);
	const written = [...Object.values(files), "step.md"].map((file) => [file, world.files.get(file) ?? ""]);
	return { code, texts: { ...Object.fromEntries(written), stdout: world.said.stdout, annotations: world.said.stderr } };
}

describe("what comes of a simulated run", () => {
	it.each(formatNames)("says so as %s, and nothing of a real one does", (format) => {
		expect(rendered(format, simulated)).toMatch(/simulated/i);
		expect(rendered(format, real).replace(/^profile,.*/, "")).not.toMatch(/simulated/i);
	});

	it("says so at the top of the table, in each row of the CSV and in a field of the JSON", () => {
		expect(rendered("table", simulated).split("\n")[0]).toContain("SIMULATED (model today)");
		const [, ...rows] = rendered("csv", simulated).trim().split("\r\n");
		expect(rows.length).toBeGreaterThan(0);
		expect(rows.filter((row) => !row.endsWith(",simulated"))).toEqual([]);
		expect(JSON.parse(rendered("json", simulated)).simulated).toEqual({ model: "today", seed: 1, speed: 20 });
	});

	it("says so in everything that shows a verdict", async () => {
		const { texts } = await judged(simulated, "--cluster", "simulated");
		for (const [name, text] of Object.entries(texts)) expect(text, name).toMatch(/simulated/i);
		expect(texts["j.xml"]).toContain('<property name="simulated"');
		for (const [name, text] of Object.entries((await judged(real)).texts)) expect(text, name).not.toMatch(/simulated/i);
	});

	it("is judged only where the simulated cluster is named", async () => {
		expect((await judged(simulated)).code).toBe(3);
		expect((await judged(simulated, "--cluster", "simulated")).code).toBe(99);
		expect((await judged(real)).code).toBe(99);
	});

	it("never passes unless it is named", async () => {
		const world = fakeContext({ "report.json": simulated });
		const argv = ["check", "report.json", "--budget", "total: p(50) < 9s"];
		expect(await main(argv, world.context)).toBe(3);
		expect(await main([...argv, "--cluster", "simulated"], world.context)).toBe(0);
	});
});
