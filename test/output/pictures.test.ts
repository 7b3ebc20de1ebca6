import { XMLParser, XMLValidator } from "fast-xml-parser";
import { describe, expect, it } from "vitest";
import { figuresOf } from "../../src/analysis/figures.ts";
import { pricesOf } from "../../src/analysis/price.ts";
import { typicalStart } from "../../src/analysis/typical-start.ts";
import { formatOfFile, reportFormats } from "../../src/output/formats.ts";
import type { Report } from "../../src/report/report.ts";
import { aColdStart, anAttempt, aReport, measured } from "../gate/a-report.ts";
import { recorded, reportOf } from "../support/recorded.ts";
import { sketch, strange, usual } from "../support/strange-reports.ts";

async function written(file: string, report: Report, reference?: "talk"): Promise<string> {
	const render = await formatOfFile(file).load();
	return render(figuresOf(report), reference === undefined ? {} : { reference });
}

// biome-ignore lint/suspicious/noExplicitAny: whatever the document holds
type Parsed = any;

function parsed(svg: string): Parsed {
	expect(XMLValidator.validate(svg)).toBe(true);
	const options = {
		ignoreAttributes: false,
		parseAttributeValue: true,
		isArray: (name: string) => ["rect", "text", "line"].includes(name),
	};
	return new XMLParser(options).parse(svg).svg;
}

/** The bars' segments: rectangles with a title. */
const segmentsOf = (svg: string) =>
	(parsed(svg).rect as Parsed[])
		.filter(({ title }) => title !== undefined)
		.map((rect) => ({ title: rect.title as string, x: rect["@_x"] as number, width: rect["@_width"] as number }));
const textsOf = (svg: string) => ((parsed(svg).text ?? []) as Parsed[]).map((each) => String(each["#text"] ?? ""));

describe("the chart", () => {
	it("draws each phase of the cold start with the median total to one scale", async () => {
		const segments = segmentsOf(await written("chart.svg", usual));
		const full = segments.slice(3);
		expect(full.map(({ title }) => title)).toEqual([
			"sandbox 700 ms",
			"startup-istio-proxy 2.500 s",
			"readiness 800 ms",
		]);
		const lengths = [600, 100, 300, 700, 2500, 800];
		const pixelsPerMs = segments.map(({ width }, i) => width / (lengths[i] ?? 0));
		expect(Math.max(...pixelsPerMs) - Math.min(...pixelsPerMs)).toBeLessThan(0.002);
		for (const [i, { x, width }] of full.slice(0, -1).entries()) expect(full[i + 1]?.x).toBeCloseTo(x + width, 0);
	});

	it("says medians, their number, and what the difference is made of", async () => {
		const texts = textsOf(await written("chart.svg", usual));
		expect(texts).toContain("4.000 s");
		expect(texts.filter((text) => text === "median of 9 cold starts")).toHaveLength(2);
		const failed = aReport({ full: { totals: [900, 901, 902], extra: [anAttempt(9, "failed")] } });
		expect(textsOf(await written("chart.svg", failed))).toContain("median of 3 cold starts; 4 tried");
		expect(texts.find((text) => text.startsWith("full takes 4.00 ×"))).toContain("2.500 s startup-istio-proxy");
	});

	it("puts the talk's figure below a profile of the same name, when asked", async () => {
		expect(textsOf(await written("chart.svg", usual, "talk"))).toContain("in the talk: pod_creating 7.316 s");
		expect(textsOf(await written("chart.svg", usual)).join()).not.toContain("in the talk");
	});

	it("is at least 24 pixels high in every letter, and has words for who does not see it", async () => {
		const svg = await written("chart.svg", usual);
		const { "@_viewBox": viewBox, desc } = parsed(svg);
		expect(viewBox).toBe("0 0 1920 1080");
		expect(Math.min(...(parsed(svg).text as Parsed[]).map((each) => each["@_font-size"]))).toBeGreaterThanOrEqual(24);
		expect(desc["#text"]).toContain("minimal: 1.000 s, median of 9 cold starts. full: 4.000 s");
	});

	it("draws no data as such", async () => {
		for (const name of ["all failed", "nothing but a warm-up"]) {
			const svg = await written("chart.svg", strange[name] ?? usual);
			expect(segmentsOf(svg)).toEqual([]);
			expect(textsOf(svg)).toContain("no data");
			expect(textsOf(svg).join()).not.toMatch(/\d ms|9\.000 s/);
		}
		expect(textsOf(await written("chart.svg", strange["no profile"] ?? usual)).join()).toContain("no data");
	});

	it("has room for every profile", async () => {
		const svg = parsed(await written("chart.svg", strange["20 profiles"] ?? usual));
		const height = Number(svg["@_viewBox"].split(" ")[3]);
		for (const rect of svg.rect) expect((rect["@_y"] ?? 0) + rect["@_height"]).toBeLessThanOrEqual(height);
	});

	it("is simulated where the report is", async () => {
		const simulated = { ...usual, simulated: { model: "today", seed: 1, speed: 1 } };
		expect(textsOf(await written("chart.svg", simulated))[0]).toContain("SIMULATED");
	});

	it.each(Object.entries(strange))("is well-formed: %s", async (_, report) => {
		const svg = await written("chart.svg", report);
		expect(parsed(svg)["@_role"]).toBe("img");
		expect(svg).not.toMatch(/<script|NaN|Infinity|undefined/);
	});
});

describe("the start that stands for a profile", () => {
	it("is a counted one with the median total", () => {
		const totals = [5, 1, 4, 2, 3].map((ms) => ms * 100);
		const [run] = aReport({ full: { totals, extra: [anAttempt(9, "failed")] } }).profiles;
		expect(run && typicalStart(run)?.total?.ms).toBe(300);
		const [even] = aReport({ full: { totals: totals.slice(0, 4) } }).profiles;
		expect(even && typicalStart(even)?.total?.ms).toBe(200);
	});
});

describe("the price", () => {
	it("is asked of the medians, and explained by the phases that differ most", () => {
		const [price] = pricesOf(usual);
		expect(price).toMatchObject({ profile: "full", base: "minimal", ratio: 4, totalMs: 3000 });
		expect(price?.phases.map(({ name }) => name)).toEqual(["startup-istio-proxy", "readiness"]);
		expect(price?.ratioRange?.lo).toBeLessThan(4);
		expect(price?.ratioRange?.hi).toBeGreaterThan(4);
	});

	it("is not explained by a phase that most cold starts do not have", () => {
		const minimal = sketch(1000, { readiness: 300 });
		const extra = [aColdStart(20, { total: measured(4000), phases: { probing: measured(3000) } })];
		const [price] = pricesOf(aReport({ minimal, full: { ...sketch(4000, { readiness: 3300 }), extra } }));
		expect(price?.phases.map(({ name }) => name)).toEqual(["readiness"]);
	});

	it("names what a faster profile saves", () => {
		const faster = aReport({ full: sketch(4000, { readiness: 4000 }), minimal: sketch(1000, { readiness: 1000 }) });
		expect(pricesOf(faster)[0]).toMatchObject({ totalMs: -3000, phases: [{ name: "readiness", ms: -3000 }] });
	});

	it("is not given where nothing was measured", () => {
		expect(pricesOf(strange["no profile"] ?? usual)).toEqual([]);
		expect(pricesOf(aReport({ minimal: {}, full: sketch(4000, {}) }))).toEqual([]);
		expect(pricesOf(aReport({ minimal: sketch(1000, {}), full: {} }))).toEqual([]);
	});
});

describe("the table for a slide", () => {
	it("has plain seconds, a column a profile, and empty cells for what was not measured", async () => {
		const lines = (await written("out/table.csv", usual)).split("\r\n");
		expect(lines[0]).toBe('measure,"minimal (median, s)","full (median, s)"');
		expect(lines).toContain("total,1,4");
		expect(lines).toContain("startup-istio-proxy,,2.5");
		expect(lines.slice(-3)).toEqual(["cold starts counted,9,9", "attempts,9,9", ""]);
	});

	it("has no formula", async () => {
		const csv = await written("table.csv", strange.names ?? usual);
		expect(csv.split("\r\n")[0]).not.toMatch(/(^|,|")[=+@-]cmd/);
	});
});

describe("the trace", () => {
	it("has the request and its phases, one after the other, within it", async () => {
		const report = reportOf(recorded("native"));
		const { traceEvents } = JSON.parse(await written("trace.json", report)) as { traceEvents: Parsed[] };
		const slices = traceEvents.filter(({ ph }) => ph === "X");
		const [request] = slices;
		const phases = slices.filter(({ cat }) => cat === "phase");
		const total = report.profiles[0]?.coldStarts[0]?.total?.ms ?? 0;
		expect(request).toMatchObject({ name: "request", ts: 0, dur: Math.round(total * 1000) });
		expect(phases.map(({ name }) => name)).toContain("startup-istio-proxy");
		for (const [i, { ts, dur }] of phases.slice(0, -1).entries()) expect(phases[i + 1].ts).toBe(ts + dur);
		const last = phases.at(-1);
		expect(Math.abs(last.ts + last.dur - request.dur)).toBeLessThanOrEqual(1);
		expect(traceEvents.find(({ name }) => name === "pod-ready")).toMatchObject({ ph: "i", args: { source: "watch" } });
	});

	it("has each of the talk's spans in a thread of its own, where it began", async () => {
		const report = reportOf(recorded("native"));
		const { traceEvents } = JSON.parse(await written("trace.json", report)) as { traceEvents: Parsed[] };
		const spans = traceEvents.filter(({ cat }) => cat === "span");
		const expected = Object.entries(report.profiles[0]?.coldStarts[0]?.spans ?? {});
		expect(expected.map(([name]) => name)).toContain("container_startup_istio-proxy");
		expect(spans.map(({ name, ts, dur }) => [name, ts, dur])).toEqual(
			expected.map(([name, { ms, fromMs }]) => [name, Math.round((fromMs ?? -1) * 1000), Math.round(ms * 1000)]),
		);
		const threads = traceEvents
			.filter(({ ph }) => ph === "X")
			.map(({ cat, tid }) => `${cat === "phase" ? "total" : cat} ${tid}`);
		expect(new Set(threads).size).toBe(1 + spans.length);
		const named = traceEvents.filter(({ name }) => name === "thread_name").map(({ args }) => args.name);
		expect(named).toContain(`round ${report.profiles[0]?.coldStarts[0]?.round}: pod_creating`);
	});

	it("leaves out attempts without a total, and counts them", async () => {
		const { traceEvents } = JSON.parse(await written("trace.json", strange["all failed"] ?? usual));
		expect(traceEvents.map(({ name }: Parsed) => name)).toEqual(["process_name", "process_labels"]);
		expect(traceEvents[1].args.labels).toContain("2 attempted = 0 cold + 0 warm + 1 failed + 1 unresolved");
	});
});

describe("the metrics", () => {
	const lineOf = (text: string, start: string) => text.split("\n").find((line) => line.startsWith(start));

	it("are medians with their interval in seconds, and the attempts", async () => {
		const text = await written("run.prom", usual);
		expect(lineOf(text, 'knistio_cold_start_median_seconds{profile="full",measure="total"}')).toMatch(/ 4$/);
		expect(lineOf(text, 'knistio_cold_start_median_lower_seconds{profile="full",measure="total"}')).toMatch(/ 3\.9/);
		expect(lineOf(text, 'knistio_attempts{profile="full",outcome="counted"}')).toMatch(/ 9$/);
		expect(lineOf(text, "knistio_run_complete")).toBe("knistio_run_complete 1");
		expect(lineOf(await written("run.prom", { ...usual, endedBy: "SIGINT" }), "knistio_run_complete")).toMatch(/ 0$/);
	});

	it("have no line for what was not measured", async () => {
		const text = await written("run.prom", strange["all failed"] ?? usual);
		expect(text).not.toContain("seconds{profile");
		expect(lineOf(text, 'knistio_attempts{profile="full",outcome="failed"}')).toMatch(/ 1$/);
	});

	it.each(Object.entries(strange))("are lines that Prometheus takes: %s", async (_, report) => {
		const line =
			/^(# (HELP|TYPE) \w+ .+|\w+(\{(\w+="([^"\\\n]|\\[\\"n])*",?)*\})? ([-+]?Inf|-?\d+(\.\d+)?(e[-+]?\d+)?))$/;
		const text = await written("run.prom", report);
		expect(
			text
				.trimEnd()
				.split("\n")
				.filter((each) => !line.test(each)),
		).toEqual([]);
	});
});

describe("every format", () => {
	it.each(Object.entries(strange))("takes %s", async (_, report) => {
		for (const format of reportFormats) {
			const text = (await format.load())(figuresOf(report), {});
			expect(text.endsWith("\n"), format.name).toBe(true);
			expect(text, format.name).not.toMatch(/\bNaN\b/);
		}
	});

	it("is chosen by the longest end of a file's name", () => {
		const nameOf = (file: string) => formatOfFile(file).name;
		expect(["a/samples.csv", "a/run-table.csv", "r.json", "r.trace.json", "CHART.SVG"].map(nameOf)).toEqual([
			"csv",
			"slide-csv",
			"json",
			"trace",
			"chart",
		]);
	});
});
