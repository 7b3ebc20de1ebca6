import { describe, expect, it } from "vitest";
import type { Context } from "../../src/context/context.ts";
import { main } from "../../src/main.ts";
import { aReport, around } from "../gate/a-report.ts";
import { fakeContext } from "../support/fake-context.ts";

const sketch = (middle: number) => ({ totals: around(middle, 60, 9), phases: { sandbox: around(middle, 60, 9) } });
const report = aReport({ minimal: sketch(1000), full: sketch(4000) });

/** What `knistio show` prints. */
async function shown(options: readonly string[], world: Partial<Context> = {}): Promise<string> {
	const { context, said } = fakeContext({ "r.json": report });
	expect(await main(["show", "r.json", ...options], { ...context, ...world })).toBe(0);
	return said.stdout;
}

const laneOf = (text: string) => /one column is (\d+) ms/.exec(text)?.[1];

describe("the options of what is printed", () => {
	it("reach the table", async () => {
		const usual = await shown([]);
		expect(usual).toContain("--details");
		expect(await shown(["--details"])).toContain("9 attempted = 9 cold");
		expect(await shown(["--ascii"])).toContain("+-0.0");
		expect(await shown(["--wide"], { outputColumns: 60 })).toMatch(/total .*\[\d+, \d+\]/);
	});

	it("reach CSV", async () => {
		const csv = await shown(["--format", "slide-csv", "--csv-bom", "--csv-separator", ";"]);
		expect(csv).toMatch(/^\uFEFFmeasure;/);
		expect(csv).toContain("total;1;4\r\n");
		expect(await shown(["--format", "csv", "--csv-separator", ";"])).toMatch(/^profile;round;/);
		expect(await shown(["--format", "slide-csv"])).toMatch(/^measure,/);
	});

	it("are those of the terminal, of COLUMNS, or of a pipe, in this order", async () => {
		const [pipe, narrow] = await Promise.all([shown([]), shown([], { outputColumns: 80 })]);
		expect(laneOf(pipe)).not.toBe(laneOf(narrow));
		expect(await shown([], { env: { COLUMNS: "80" } })).toBe(narrow);
		expect(await shown([], { env: { COLUMNS: "80" }, outputColumns: 100 })).toBe(pipe);
		for (const COLUMNS of ["", "0", "-1", "many"]) expect(await shown([], { env: { COLUMNS } })).toBe(pipe);
	});

	it("have colours where the terminal does", async () => {
		expect(await shown([], { color: true })).toContain("\u001b[38;5;166m+3000\u001b[39m");
		expect(await shown([])).not.toContain("\u001b");
	});

	it.each(["--csv-separator=|", "--csv-separator="])("are refused where they are wrong: %s", async (option) => {
		const { context, said } = fakeContext({ "r.json": report });
		expect(await main(["show", "r.json", option], context)).toBe(2);
		expect(said.stderr).toContain("--csv-separator");
	});
});
