import { expect, it } from "vitest";
import { main } from "../../src/main.ts";
import { aReport } from "../gate/a-report.ts";
import { fakeContext } from "../support/fake-context.ts";

/** What a recording gives that broke off before its first profile. */
const empty = { ...aReport({}), profiles: [], endedBy: "the recording breaks off" };

it.each([
	["a budget for every profile", ["--budget", "total: max < 1s"]],
	["no budget at all", []],
])("a report without a profile is inconclusive with %s", async (_, options) => {
	const { context, said } = fakeContext({ "run.json": empty });
	expect(await main(["check", "run.json", ...options], context)).toBe(3);
	expect(said.stdout).toContain("the report has no profile");
});

it("a report without a profile is no pilot", async () => {
	const { context, said } = fakeContext({ "run.json": empty });
	expect(await main(["plan", "run.json", "--detect", "500ms"], context)).toBe(3);
	expect(said.stderr).toMatch(/run\.json: the report has no profile\nhint: /);
});

it("nothing is planned by times that no run has", async () => {
	const report = aReport({ minimal: { totals: [-5, -5, -5, -5, -5, -5] }, full: { totals: [9, 9, 9, 9, 9, 9] } });
	const { context, said } = fakeContext({ "run.json": report });
	expect(await main(["plan", "run.json", "--detect", "500ms"], context)).toBe(2);
	expect(said.stderr).toContain("a total of -5 ms is impossible");
});
