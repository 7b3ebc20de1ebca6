import { describe, expect, it } from "vitest";
import { type Ending, endRun } from "../../src/commands/gate/ending.ts";
import { ClusterError, exitCodeFor, InterruptedError, RunErrors, UsageError } from "../../src/errors.ts";
import { main } from "../../src/main.ts";
import { aReport, around } from "../gate/a-report.ts";
import { fakeContext } from "../support/fake-context.ts";

const unwritten = [new UsageError("cannot write r.json")];
const uncleaned = new ClusterError("could not clean up");
const unproven = new ClusterError("not measured: odd");
const ending = (more: Partial<Ending>): Ending => ({
	failure: undefined,
	judge: async () => 0,
	unwritten: [],
	uncleaned: undefined,
	...more,
});

describe("the end of a run", () => {
	it.each<[string, Partial<Ending>, number, string[]]>([
		["a report that is not written", { unwritten }, 2, ["cannot write r.json"]],
		["the same after a breach", { unwritten, judge: async () => 99 }, 99, ["cannot write r.json"]],
		["the same, inconclusive", { unwritten, judge: async () => 3 }, 3, ["cannot write r.json"]],
		["a changed cluster", { uncleaned }, 4, ["could not clean up"]],
		["the same after a breach", { uncleaned, judge: async () => 99 }, 99, ["could not clean up"]],
		["the same, inconclusive", { uncleaned, judge: async () => 3 }, 3, ["could not clean up"]],
		["a variant that was set aside", { unproven }, 4, ["not measured: odd"]],
		["the same after a breach", { unproven, judge: async () => 99 }, 99, ["not measured: odd"]],
		["the same, inconclusive", { unproven, judge: async () => 3 }, 3, ["not measured: odd"]],
		["the same on a changed cluster", { unproven, uncleaned }, 4, ["not measured: odd", "could not clean up"]],
		["both", { unwritten, uncleaned }, 4, ["cannot write r.json", "could not clean up"]],
		["an interruption", { failure: new InterruptedError("SIGINT") }, 130, ["interrupted by SIGINT"]],
		[
			"an interruption that was not cleaned up",
			{ failure: new InterruptedError("SIGINT"), uncleaned },
			4,
			["interrupted by SIGINT", "could not clean up"],
		],
	])("with %s is no pass, and the cluster is the last word", async (_, more, code, said) => {
		const error: unknown = await endRun(ending(more)).catch((thrown) => thrown);
		expect(exitCodeFor(error)).toBe(code);
		const errors = error instanceof RunErrors ? error.errors : [error];
		expect(errors.map((each) => (each as Error).message)).toEqual(said);
	});

	it("without any of that is its verdict", async () => {
		expect(await endRun(ending({ judge: async () => 99 }))).toBe(99);
	});
});

describe("what a report says", () => {
	it("reaches no terminal and no CI runner as a command", async () => {
		const evil = "x\u001b]0;title\u0007\u009b2J\r::add-mask::a\n  ::error::b ##[add-mask]c \u202egnp";
		const report = { ...aReport({ minimal: { totals: around(2_000, 100, 20) } }), endedBy: evil };
		const world = fakeContext({ "r.json": report });
		// biome-ignore lint/suspicious/noControlCharactersInRegex: the program's own colours
		const uncolored = (text: string) => world.context.stdout(text.replaceAll(/\u001b\[\d+m/g, ""));
		await main(["show", "r.json"], { ...world.context, stdout: uncolored, color: true });
		expect(world.said.stdout).toContain("\\u001b]0;title");
		await main(["profiles", "validate", evil], world.context);
		const said = world.said.stdout + world.said.stderr;
		expect(said).toContain("\\u001b]0;title\\u0007\\u009b2J\\u000d");
		expect(said).toContain("\\u202egnp");
		// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
		expect(said).not.toMatch(/[\0-\x08\x0b-\x1f\x7f-\x9f\u202e]|^\s*::|##\[/m);
	});
});
