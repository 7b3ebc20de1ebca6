import stringWidth from "string-width";
import { describe, expect, it } from "vitest";
import type { RenderOptions } from "../../src/output/report/render.ts";
import type { Report } from "../../src/report/report.ts";
import { printable } from "../../src/text/printable.ts";
import { aColdStart, anAttempt, aReport, around, measured, type ProfileSketch } from "../gate/a-report.ts";
import { rendered } from "../support/rendered.ts";

const table = (report: Report, options: RenderOptions = {}) => rendered("table", report, options);
const linesOf = (report: Report, options: RenderOptions = {}) => table(report, options).trimEnd().split("\n");
/** The row of the table, and not a remark on it. */
const isTotal = (line: string) => /^ *total +(\w+ +)?[\d–]/.test(line);
const widthOf = (lines: readonly string[]) => Math.max(...lines.map((line) => stringWidth(line)));

const times = (ms: Record<string, number>, n = 10) =>
	Object.fromEntries(Object.entries(ms).map(([name, middle]) => [name, around(middle, middle / 9, n)]));

/** A profile with every phase and span that one of the talk's has, on a real cluster. */
function sketch(init: "none" | "istio-init" | "istio-validation", factor = 1): ProfileSketch {
	const istio =
		init === "none"
			? {}
			: {
					[`start-${init}`]: 169,
					[`run-${init}`]: 183,
					[`notice-${init}`]: 421,
					"start-istio-proxy": 237,
					"startup-istio-proxy": 1342 * factor,
					"notice-istio-proxy": 468,
				};
	const phases = {
		...{ activation: 18, "pod-creation": 141, scheduling: 15, sandbox: 572 },
		...istio,
		...{ "start-user-container": 198, "start-queue-proxy": 158, readiness: 700, endpoint: 36, routing: 320 },
		...{ response: 0.4, unattributed: 0 },
	};
	const total = Object.values(phases).reduce((sum, ms) => sum + ms, 0);
	const started = (containers: string[]) =>
		containers.map((name) => [`container_startup_${name}`, total * 0.8] as const);
	const spans = {
		...{ endpoint_wait: total * 0.95, pod_creating: total * 0.9 },
		...Object.fromEntries(started(init === "none" ? [] : [init, "istio-proxy"])),
		...Object.fromEntries(started(["user-container", "queue-proxy"])),
	};
	return { totals: around(total, total / 9, 10), aroundMs: 66, phases: times(phases), spans: times(spans) };
}

const talk = {
	minimal: sketch("none"),
	"no-policy": sketch("istio-init"),
	"full-cni": sketch("istio-validation", 1.1),
	full: sketch("istio-init", 1.3),
};
const two = aReport({ minimal: talk.minimal, full: talk.full });
const four = aReport(talk);
const many = aReport(
	Object.fromEntries(
		Array.from({ length: 20 }, (_, i) => [
			`variant-${i}`,
			{ totals: around(5000 + 400 * i, 90, 7), phases: times({ sandbox: 600, readiness: 4400 + 400 * i }, 7) },
		]),
	),
);

describe("the width of the table", () => {
	it.each([
		[80, "two", two],
		[100, "two", two],
		[160, "two", two],
		[100, "four", four],
		[160, "four", four],
	] as const)("%i columns hold %s profiles side by side", (width, _, report) => {
		for (const options of [{}, { reference: "talk" }, { hasDetails: true }] as const) {
			const lines = linesOf(report, { width, ...options });
			expect(widthOf(lines)).toBeLessThanOrEqual(width);
			expect(lines.filter(isTotal)).toHaveLength(1);
		}
	});

	it.each([80, 100, 160])("%i columns are enough for any number of profiles, each beside the first one", (width) => {
		for (const report of [four, many]) {
			const lines = linesOf(report, { width });
			expect(widthOf(lines)).toBeLessThanOrEqual(width);
			const heads = lines.filter((line) => new RegExp(`^ +${report.profiles[0]?.profile.name} `).test(line));
			expect(heads.length).toBeGreaterThanOrEqual(1);
			for (const { profile } of report.profiles.slice(1)) {
				expect(
					heads.some((line) => line.split(/ +/).includes(profile.name)),
					profile.name,
				).toBe(true);
			}
		}
	});

	it("is 100 columns where there is no terminal", () => {
		expect(table(four)).toBe(table(four, { width: 100 }));
		expect(table(four)).not.toBe(table(four, { width: 99 }));
	});

	it("holds a column of intervals where there is room, and always with --wide", () => {
		const total = (options: RenderOptions) => linesOf(two, options).find(isTotal);
		const interval = /\[\d+, \d+\]/;
		expect(total({ width: 80 })).not.toMatch(interval);
		expect(linesOf(two, { width: 80 }).find((line) => line.includes("95 % interval"))).toMatch(interval);
		expect(total({ width: 160 })).toMatch(interval);
		expect(total({ width: 80, isWide: true })).toMatch(interval);
		const wide = linesOf(many, { width: 80, isWide: true });
		expect(wide.filter(isTotal)).toHaveLength(1);
	});

	it("breaks no name that fits, and loses no letter of one that does not", () => {
		const long = `${"long-".repeat(15)}name`;
		const report = aReport({ [long]: sketch("none"), full: sketch("istio-init") });
		for (const run of report.profiles) {
			for (const start of run.coldStarts) start.phases[`notice-${"c".repeat(60)}`] = measured(50);
		}
		const lines = linesOf(report, { width: 80 });
		expect(widthOf(lines)).toBeLessThanOrEqual(80);
		expect(lines.join("").replace(/ /g, "")).toContain("long-long-long-long-long-");
		expect(lines.join("").match(/c{4,}/g)?.join("")).toHaveLength(120);
	});
});

describe("what stands in the table", () => {
	it("is the median, ± its measurement, with its source, and the change with what it is worth", () => {
		const report = aReport({
			minimal: { totals: around(1000, 50, 12), aroundMs: 3, phases: { sandbox: around(500, 20, 12) } },
			full: { totals: around(4000, 50, 12), aroundMs: 3, phases: { sandbox: around(501, 20, 12) } },
		});
		const lines = linesOf(report, { width: 160 });
		expect(lines.find((line) => line.includes(" total "))).toMatch(
			/total +watch +1000 ±3\.0 +\[\d+, \d+\] +4000 ±3\.0 .*\+3000/,
		);
		expect(lines.find((line) => line.includes(" sandbox "))).toMatch(/501 ±3\.0 .*\+1\.0~/);
		expect(lines).toContain("~ not significant");
	});

	it("says of how many cold starts a median is, where not every one has it", () => {
		const extra = [aColdStart(20, { total: measured(1000), phases: { probing: measured(400) } })];
		const text = table(aReport({ full: { totals: around(1000, 50, 9), extra } }), { width: 80 });
		expect(text).toMatch(/probing +watch +400\* ±0\.0/);
		expect(text).toContain("* not in every counted cold start: probing 1 in full");
	});

	it("has letters for the sources where there is no room for a column of them, and says what they mean", () => {
		const text = table(two, { width: 80 });
		expect(text).toMatch(/total +\d+ +±\d+w/);
		expect(text).toContain("source: w watch");
	});

	it("names what was not measured as such, and never as 0", () => {
		const failed = aReport({
			minimal: talk.minimal,
			full: { extra: [anAttempt(1, "failed"), anAttempt(2, "failed")] },
		});
		const lines = linesOf(failed, { width: 120 });
		expect(lines.find(isTotal)).toMatch(/ – .* no data$/);
		expect(lines.find((line) => line.startsWith("counted"))).toMatch(/10 of 10 +0 of 2/);
		const alone = table(aReport({ full: { extra: [anAttempt(1, "failed")] } }));
		expect(alone).toMatch(/total +–\n– not measured\n/);
		expect(alone).not.toMatch(/[^.\d]0(\.0)? ±|█/);
		expect(table(aReport({}))).toContain("no data: the report has no profile");
	});

	it("begins with what each profile costs", () => {
		expect(linesOf(two)[0]).toMatch(/^full takes \d\.\d\d × \[/);
		const simulated = { ...two, simulated: { model: "today", seed: 1, speed: 1 } };
		expect(linesOf(simulated)[0]).toMatch(/^simulated: full takes/);
	});
});

describe("the bars", () => {
	/** Where a row's bar begins and ends, in columns of its lane. */
	function barOf(lines: readonly string[], name: string): [from: number, to: number] {
		const line = lines.find((each) => each.trim().startsWith(`${name} `)) ?? "";
		const [, lead = "", bar = ""] = /^(.*?)([▏▎▍▌▋▊▉█▐▕#|]+)$/.exec(line) ?? [];
		return [lead.length, lead.length + bar.length];
	}
	const one = aReport({
		full: {
			totals: [4000],
			phases: { sandbox: [1000], "startup-istio-proxy": [2000], readiness: [995], response: [5] },
		},
	});

	it.each([true, false])("follow each other to one scale (ASCII: %s)", (isAscii) => {
		const lines = linesOf(one, { width: 100, isAscii });
		const [from, end] = barOf(lines, "total");
		const [sandbox, startup, readiness] = ["sandbox", "startup-istio-proxy", "readiness"].map((name) =>
			barOf(lines, name),
		);
		const column = (end - from) / 4000;
		expect(sandbox?.[0]).toBe(from);
		for (const [bar, startMs, ms] of [
			[sandbox, 0, 1000],
			[startup, 1000, 2000],
			[readiness, 3000, 995],
		] as const) {
			expect(Math.abs((bar?.[0] ?? 0) - from - startMs * column)).toBeLessThanOrEqual(1);
			expect(Math.abs((bar?.[1] ?? 0) - from - (startMs + ms) * column)).toBeLessThanOrEqual(1);
		}
	});

	it("show a phase that is too short for them, and none that there was not", () => {
		const lines = linesOf(one, { width: 100 });
		expect(lines.find((line) => line.includes("response"))).toMatch(/[▏▕]$/);
		const without = aReport({ minimal: { totals: [1000], phases: { sandbox: [1000], endpoint: [0] } } });
		expect(linesOf(without, { width: 100 }).find((line) => line.includes("endpoint"))).toMatch(/±0\.0$/);
	});

	it("stand below where there is no room at the side, each profile's beside the others'", () => {
		const lines = linesOf(four, { width: 100 });
		const at = lines.findIndex((line) => line.startsWith("Where the time goes"));
		expect(lines[at + 1]).toMatch(
			/^ +minimal \d\.\d{3} s +no-policy \d\.\d{3} s +full-cni \d\.\d{3} s +full \d\.\d{3} s$/,
		);
		expect(
			lines
				.slice(at)
				.find((line) => line.startsWith("startup-istio-proxy"))
				?.match(/█+/g),
		).toHaveLength(3);
		expect(lines.slice(at).join("\n")).toMatch(/\ntoo short to draw: .*response\n/);
		expect(linesOf(two, { width: 100 }).some((line) => line.startsWith("Where the time goes"))).toBe(false);
	});

	it("are of the cold start with the median total, and there are none without phases", () => {
		expect(table(two, { width: 100 })).toMatch(
			/bars: each profile's cold start with the median total; one column is \d+ ms/,
		);
		expect(table(aReport({ full: { totals: [900] } }))).not.toMatch(/bars|Where the time goes/);
	});
});

describe("a terminal", () => {
	it("has only ASCII characters where that is asked for", () => {
		const simulated = { ...four, simulated: { model: "today", seed: 1, speed: 1 } };
		for (const report of [two, simulated, aReport({ full: { extra: [anAttempt(1, "failed")] } })]) {
			for (const width of [80, 160]) {
				const options = { width, isAscii: true, hasDetails: true, reference: "talk" } as const;
				// biome-ignore lint/suspicious/noControlCharactersInRegex: the range of ASCII
				expect(table(report, options)).toMatch(/^[\x00-\x7f]*$/);
			}
		}
	});

	// biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin so
	const colorCode = /\u001b\[[\d;]*m/g;

	it("gets colours that colour-blind people can tell apart, and that pass as knistio's own", () => {
		const text = table(four, { width: 160, color: true });
		const colors = new Set(text.match(colorCode));
		expect(colors).toEqual(new Set(["1", "2", "22", "38;5;166", "39"].map((code) => `\u001b[${code}m`)));
		expect(printable(text, { color: true })).toBe(text);
		const faster = aReport({ full: { totals: around(4000, 50, 9) }, minimal: { totals: around(1000, 50, 9) } });
		expect(table(faster, { color: true })).toContain("\u001b[38;5;32m-3000\u001b[39m");
		expect(table(four, { width: 160 })).not.toContain("\u001b");
	});

	it("has the same text with colours and without", () => {
		for (const width of [80, 160]) {
			expect(table(four, { width, color: true }).replace(colorCode, "")).toBe(table(four, { width }));
		}
	});
});

describe("the lines below the table", () => {
	const observer = { watchEvents: 9, reconnects: 0, gaps: 0, pings: 8, pingMedianMs: 4 };
	const clock = { clock: "node/n1", offsetMs: 1, loMs: -1, hiMs: 3, method: "http-date" };
	const usual = { observer, clocks: [clock] };
	const isSaid = (report: Report, text: string, options: RenderOptions = {}) =>
		table(report, options).replaceAll("\n  ", " ").includes(text);

	it("leave out what is usual, and say that they do", () => {
		const report = aReport({ full: { totals: around(1000, 50, 9) } }, usual);
		for (const text of ["clock offset of node/n1", "watch: 9 events", "9 attempted = 9 cold", "pod events seen"]) {
			expect(isSaid(report, text), text).toBe(false);
			expect(isSaid(report, text, { hasDetails: true }), text).toBe(true);
		}
		expect(isSaid(report, "5 more lines on how this was measured: --details")).toBe(true);
		expect(isSaid(report, "--details", { hasDetails: true })).toBe(false);
	});

	it("always have what is not", () => {
		const lost = aColdStart(8, { total: measured(1000) }, { events: { seen: 3, expected: 4 } });
		const report = aReport(
			{ full: { totals: around(1000, 50, 7), extra: [lost, anAttempt(9, "warm")] } },
			{
				observer: { ...observer, gaps: 1 },
				clocks: [{ clock: "node/n1", loMs: -1, method: "lease" }],
				endedBy: "interrupted",
			},
		);
		for (const text of [
			"full: 9 attempted = 8 cold + 1 warm + 0 failed + 0 unresolved; 8 counted",
			"full, round 9: warm, not counted: made up",
			"35 of 36 expected pod events seen",
			"1 gaps",
			"its upper bound was not measured",
			"the run ended early: interrupted",
		]) {
			expect(isSaid(report, text), text).toBe(true);
		}
	});
});
