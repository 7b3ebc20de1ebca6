import { describe, expect, it } from "vitest";
import { parseBenchLine } from "../../src/cli/job.ts";
import { completeLine, outputsOf, roles, withNamesInJob, wordsOf } from "../../src/job/bench-line.ts";
import { declare } from "../../src/main.ts";
import { verdictFormats } from "../../src/output/verdict-formats.ts";
import { silentContext } from "../support/silent-context.ts";

const lineOf = (text: string) => completeLine(parseBenchLine(text.split(" "), silentContext()));

describe("the options of bench that name a place", () => {
	const bench = declare(silentContext(), () => {}).commands.find((command) => command.name() === "bench");
	const options = bench?.options ?? [];

	it("each have a role in a Job", () => {
		const placed = options.filter(({ flags }) => /<[^>]*(file|path|report|where)[^>]*>/.test(flags));
		expect(placed.length).toBeGreaterThan(10);
		expect(
			placed.map(({ long }) => long).filter((long) => long !== undefined && roles[long ?? ""] === undefined),
		).toEqual([]);
	});

	it("are all options of bench", () => {
		const known = options.map(({ long }) => long);
		expect(Object.keys(roles).filter((flag) => !known.includes(flag))).toEqual([]);
		for (const { name } of verdictFormats) expect(roles[`--${name}`]).toBe("output");
	});
});

describe("a bench line", () => {
	it("keeps its options and their order, however they are written", () => {
		const line = lineOf("bench -p minimal -pfull --iterations=5 --blocks 2 --keep --no-record --out run.json");
		expect(wordsOf(line)).toEqual([
			"--profile=minimal",
			"--profile=full",
			"--iterations=5",
			"--blocks=2",
			"--keep",
			"--no-record",
			"--out=run.json",
		]);
	});

	it("takes a value that looks like an option along", () => {
		const line = parseBenchLine(["bench", "-p", "minimal", "--expect-body=--x"], silentContext());
		expect(parseBenchLine(["bench", ...wordsOf(line)], silentContext())).toEqual(line);
	});

	it("names the recording that bench would name by itself", () => {
		expect(outputsOf(lineOf("bench -p full --out out/run.json"))).toEqual([
			{ name: "run.json", path: "out/run.json" },
			{ name: "run.recording.ndjson", path: "out/run.recording.ndjson" },
		]);
		expect(outputsOf(lineOf("bench -p full --out run.json --no-record"))).toHaveLength(1);
		expect(outputsOf(lineOf("bench -p full --record r.ndjson"))).toEqual([{ name: "r.ndjson", path: "r.ndjson" }]);
		expect(outputsOf(lineOf("bench -p full"))).toEqual([]);
	});

	it("gives two outputs of one name a name each, whose end stays", () => {
		const line = lineOf("bench -p full --out a/run.json --no-record --out b/run.json --junit c/run.json");
		expect(outputsOf(line).map(({ name }) => name)).toEqual(["run.json", "1-run.json", "2-run.json"]);
		expect(wordsOf(withNamesInJob(line))).toEqual([
			"--profile=full",
			"--out=run.json",
			"--no-record",
			"--out=1-run.json",
			"--junit=2-run.json",
		]);
	});

	it("takes a trace backend by its address alone", () => {
		const line = [{ flag: "--traces", value: "http://jaeger:16686" }];
		expect(completeLine(line)).toEqual(line);
		expect(() => completeLine([{ flag: "--traces", value: "spans.json" }])).toThrow(
			"spans.json: a file that is written",
		);
	});

	it.each(["--kubeconfig", "--context"])("does not say with %s which cluster it is in", (flag) => {
		expect(() => lineOf(`bench -p full ${flag} x`)).toThrow(`${flag} is for the Job here`);
	});

	it("is refused like bench refuses it", () => {
		const context = { ...silentContext(), stderr: () => {} };
		expect(() => parseBenchLine(["bench"], context)).toThrow("--profile");
		expect(() => parseBenchLine(["bench", "-p", "full", "--iterations", "0"], context)).toThrow("--iterations");
		expect(() => parseBenchLine(["check", "run.json"], context)).toThrow('runs `bench`, and not "check"');
	});
});
