import { XMLParser, XMLValidator } from "fast-xml-parser";
import { describe, expect, it } from "vitest";
import type { Report } from "../../src/report/report.ts";
import { aColdStart, aReport, measured } from "../gate/a-report.ts";
import { rendered } from "../support/rendered.ts";
import { strange, usual } from "../support/strange-reports.ts";

// biome-ignore lint/suspicious/noExplicitAny: whatever the document holds
type Parsed = any;

function parsed(svg: string): { bars: Parsed[]; ghosts: Parsed[]; texts: string[]; viewBox: string; desc: string } {
	expect(XMLValidator.validate(svg)).toBe(true);
	const isArray = (name: string) => ["rect", "text"].includes(name);
	const options = { ignoreAttributes: false, parseAttributeValue: true, isArray };
	const { rect, text = [], desc, "@_viewBox": viewBox } = new XMLParser(options).parse(svg).svg;
	const bars = rect.filter((each: Parsed) => each.title !== undefined);
	const ghosts = rect.filter((each: Parsed) => each["@_stroke-dasharray"] !== undefined);
	return { bars, ghosts, texts: text.map((each: Parsed) => String(each["#text"])), viewBox, desc: desc["#text"] };
}

const span = (ms: number, fromMs: number) => ({ ...measured(ms), source: "watch" as const, fromMs });
const full = aColdStart(1, {
	total: measured(4000),
	phases: { sandbox: measured(1000), readiness: measured(3000) },
	spans: { pod_creating: span(3500, 500) },
});
const report: Report = aReport({ full: { extra: [full] } });

describe("the waterfall", () => {
	it("draws each phase from where the one before it ends, and each span from where it begins", () => {
		const { bars } = parsed(rendered("waterfall", report));
		expect(bars.map(({ title }) => title)).toEqual(["sandbox 1.000 s", "readiness 3.000 s", "pod_creating 3.500 s"]);
		const at = (index: number) => ({ x: bars[index]["@_x"] as number, width: bars[index]["@_width"] as number });
		const [sandbox, readiness, creating] = [at(0), at(1), at(2)];
		expect(readiness.x).toBeCloseTo(sandbox.x + sandbox.width, 0);
		expect(readiness.width / sandbox.width).toBeCloseTo(3, 1);
		expect(creating.x - sandbox.x).toBeCloseTo(sandbox.width / 2, 0);
		expect(creating.width / sandbox.width).toBeCloseTo(3.5, 1);
	});

	it("has the talk's figure of a span behind it when asked, to the same scale", () => {
		const { bars, ghosts, texts } = parsed(rendered("waterfall", report, { reference: "talk" }));
		expect(ghosts).toHaveLength(1);
		expect(ghosts[0]["@_width"] / bars[2]["@_width"]).toBeCloseTo(7316 / 3500, 1);
		expect(ghosts[0]["@_x"]).toBe(bars[2]["@_x"]);
		expect(texts).toContain("3.500 s; the talk: 7.316 s");
		expect(rendered("waterfall", report)).not.toContain("the talk");
	});

	it("shows the cold start with the median total, says which, and has words for who does not see it", () => {
		const { texts, viewBox, desc } = parsed(rendered("waterfall", usual));
		expect(
			texts.find((text) => text.startsWith("the cold start with the median total of 9: 4.000 s, round ")),
		).toBeDefined();
		expect(viewBox.startsWith("0 0 1920 ")).toBe(true);
		expect(desc).toContain("startup-istio-proxy 2.500 s from ");
	});

	it("is simulated where the report is", () => {
		const simulated = { ...usual, simulated: { model: "today", seed: 1, speed: 1 } };
		expect(parsed(rendered("waterfall", simulated)).texts.filter((text) => text.includes("SIMULATED"))).toHaveLength(2);
	});

	it.each(["all failed", "nothing attempted", "nothing but a warm-up"])("draws no data as such: %s", (name) => {
		const { bars, texts } = parsed(rendered("waterfall", strange[name] ?? usual));
		expect(bars).toEqual([]);
		expect(texts).toContain("no data");
	});

	it("has room for every profile, and letters that the last row can read", () => {
		const svg = rendered("waterfall", strange["20 profiles"] ?? usual);
		const { bars, viewBox } = parsed(svg);
		expect(bars).toHaveLength(20);
		const height = Number(viewBox.split(" ")[3]);
		for (const bar of bars) expect(bar["@_y"] + bar["@_height"]).toBeLessThanOrEqual(height);
		const sizes = [...svg.matchAll(/font-size="(\d+)"/g)].map(([, size]) => Number(size));
		expect(Math.min(...sizes)).toBeGreaterThanOrEqual(24);
	});

	it.each(Object.entries(strange))("is well-formed: %s", (_, each) => {
		const svg = rendered("waterfall", each);
		parsed(svg);
		expect(svg).not.toMatch(/<script|NaN|Infinity|undefined/);
	});
});
