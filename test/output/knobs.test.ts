import { XMLParser, XMLValidator } from "fast-xml-parser";
import { describe, expect, it } from "vitest";
import { aReport, around } from "../gate/a-report.ts";
import { knobOn, withKnobs } from "../support/knobs.ts";
import { rendered } from "../support/rendered.ts";

const start = (middle: number, n = 12) => ({ totals: around(middle, 200, n) });
const report = withKnobs(
	aReport(
		{ full: start(5000), slow: start(6000), same: start(5030), fast: start(4000) },
		{
			order: { seed: 1, blocks: 1, turns: [["full", "slow", "same"]] },
			unmeasured: [{ profile: "odd", variant: knobOn("full"), reason: "the pod\nhas another shape" }],
		},
	),
	{ slow: "full", same: "full", fast: "full" },
	{ knob: 'a "b": |c|', cost: "More CPU." },
);
const plain = aReport({ full: start(5000), other: start(4000) });
const simulated = { ...report, simulated: { model: "today", seed: 1, speed: 20 } };

describe("the table of knobs", () => {
	const lines = rendered("table", report).split("\n");
	const from = lines.findIndex((line) => line.startsWith("What each knob buys"));

	it("comes after the table of medians and before the notes, largest saving first", () => {
		expect(from).toBeGreaterThan(lines.findIndex((line) => /^\W*total/.test(line)));
		expect(from).toBeLessThan(lines.findIndex((line) => line.includes("attempted")));
		expect(lines.slice(from, from + 13)).toEqual([
			"What each knob buys: time saved of the total of full, 95 % interval",
			expect.stringMatching(/^ {2}fast {2}saves 1\.000 s \[0\.\d+, 1\.\d+\]$/),
			'          by a "b": |c|',
			"          costs: More CPU.",
			expect.stringMatching(/^ {2}same {2}no difference seen \(± \d+ ms\)$/),
			expect.any(String),
			expect.any(String),
			expect.stringMatching(/^ {2}slow {2}slower by 1\.000 s \[0\.\d+, 1\.\d+\]$/),
			expect.any(String),
			expect.any(String),
			"  odd   not measured: the pod has another shape",
			expect.any(String),
			expect.any(String),
		]);
		expect(lines[from + 13]).toContain("no difference seen (± x): a real one is smaller than x");
		expect(lines[from + 14]).toMatch(/^ {2}fast: under an install apart/);
	});

	it("is there only where there is a variant", () => {
		for (const format of ["table", "md", "csv"]) expect(rendered(format, plain)).not.toMatch(/knob/);
	});

	it("says that it is simulated", () => {
		expect(rendered("table", simulated)).toContain("What each knob buys — SIMULATED");
		expect(rendered("md", simulated)).toContain("What each knob buys — SIMULATED");
		expect(rendered("knobs", simulated)).toContain("SIMULATED");
	});
});

it("is a table in Markdown, in which nothing of a profile is markup", () => {
	const rows = rendered("md", report).split("\n");
	const row = rows.find((line) => line.startsWith("| fast |"));
	expect(row).toMatch(/^\| fast \| saves 1\.000 s \\\[0\.\d+, 1\.\d+\\\] \| a "b": \\\|c\\\| \| More CPU\. \| https/);
	expect(rows).toContain(
		"| odd | not measured: the pod has another shape | a knob | It costs something. | https://istio.io/ |",
	);
});

it("is a line of the CSV for each knob, with empty figures where nothing was measured", () => {
	const lines = rendered("csv", report).trim().split("\r\n");
	const [head = ""] = lines;
	const place = (name: string) => head.split(",").indexOf(name);
	const knobs = lines.filter((line) => line.split(",")[place("kind")] === "knob").map((line) => line.split(","));
	expect(knobs.map((row) => [row[0], row[place("outcome")], row[place("ms")]])).toEqual([
		["fast", "saves", "1000"],
		["same", "no-difference", "-30"],
		["slow", "costs", "-1000"],
		["odd", "not-measured", ""],
	]);
	const [fast] = knobs;
	expect(Number(fast?.[place("lo_ms")])).toBeLessThan(1000);
	expect(Number(fast?.[place("hi_ms")])).toBeGreaterThan(1000);
	expect(rendered("csv", simulated).trim().split("\r\n").at(-1)).toMatch(/,simulated$/);
});

// biome-ignore lint/suspicious/noExplicitAny: whatever the document holds
type Parsed = any;

function parsed(svg: string): Parsed {
	expect(XMLValidator.validate(svg)).toBe(true);
	const isArray = (name: string) => ["rect", "text", "line"].includes(name);
	return new XMLParser({ ignoreAttributes: false, parseAttributeValue: true, isArray }).parse(svg).svg;
}

describe("the picture of knobs", () => {
	const picture = parsed(rendered("knobs", report));
	const bars = (picture.rect as Parsed[]).filter(({ title }) => title !== undefined);
	const texts = (picture.text as Parsed[]).map((each) => String(each["#text"] ?? ""));

	it("has a bar for each knob that was measured, to one scale around 0, and none for the others", () => {
		expect(bars.map(({ title }) => String(title).split(":")[0])).toEqual(["fast", "same", "slow"]);
		const [fast, same, slow] = bars.map((bar) => [bar["@_x"], bar["@_x"] + bar["@_width"]]);
		expect(fast?.[0]).toBeCloseTo(slow?.[1], 0);
		expect(same?.[1]).toBeCloseTo(slow?.[1], 0);
		expect(bars[0]["@_width"]).toBeCloseTo(bars[2]["@_width"], 0);
		expect(bars[1]["@_width"]).toBeCloseTo(bars[0]["@_width"] * 0.03, 0);
		expect(new Set(bars.map((bar) => bar["@_fill"])).size).toBe(3);
	});

	it("says what each buys and costs, also for people who do not see it", () => {
		expect(texts).toContain("costs: More CPU.");
		expect(texts).toContain("not measured: the pod has another shape");
		expect(texts.some((each) => /^saves 1\.000 s \[/.test(each))).toBe(true);
		expect(picture.desc["#text"]).toMatch(/fast: saves 1\.000 s .*; costs: More CPU\. same: no difference seen/);
	});

	it("says that there is no variant where there is none", () => {
		expect(rendered("knobs", plain)).toContain("no data: the report has no variant");
	});

	it.each([
		["many", Array.from({ length: 40 }, (_, index) => `v-${index}`)],
		["one", ["v"]],
	])("holds %s", (_, names) => {
		const sketches = Object.fromEntries(names.map((name, index) => [name, start(5000 + 10 * index, 3)]));
		const variants = Object.fromEntries(names.map((name) => [name, "full"]));
		const many = parsed(rendered("knobs", withKnobs(aReport({ full: start(5000), ...sketches }), variants)));
		const [, , , height] = String(many["@_viewBox"]).split(" ").map(Number);
		const lowest = Math.max(...(many.text as Parsed[]).map((each) => each["@_y"]));
		expect(lowest).toBeLessThan(height ?? 0);
	});
});
