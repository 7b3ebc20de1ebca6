import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Report } from "../../src/report/report.ts";
import { aColdStart, anAttempt, aReport, measured } from "../gate/a-report.ts";
import { recorded, reportOf } from "../support/recorded.ts";
import { rendered } from "../support/rendered.ts";
import { nasty, strange, usual } from "../support/strange-reports.ts";
import { rowsOf, still, wordsOf } from "./a-page.ts";
import { judgedPage } from "./judged-page.ts";

const pageOf = (report: Report) => still(rendered("html", report));
const native = reportOf(recorded("native"));

const everyReport = { ...strange, usual, native };

describe("a page", () => {
	const document = pageOf(native);
	const policy = document.querySelector<HTMLMetaElement>("meta[http-equiv=Content-Security-Policy]")?.content ?? "";
	const hashOf = (element: Element) => createHash("sha256").update(element.textContent).digest("base64");

	it("allows its own style and script, and nothing else", () => {
		expect(policy.split("; ")).toContain("default-src 'none'");
		const [style] = document.querySelectorAll("style");
		const [script] = document.querySelectorAll("script:not([type])");
		expect(policy).toContain(`style-src 'sha256-${style && hashOf(style)}'`);
		expect(policy).toContain(`script-src 'sha256-${script && hashOf(script)}'`);
		expect(policy).not.toMatch(/unsafe|\*|https?:|data:/);
		expect(document.querySelectorAll("style, script:not([type])")).toHaveLength(2);
	});

	it("has the policy before anything that it is about", () => {
		const [charset, first] = document.head.children;
		expect([charset?.getAttribute("charset"), first?.getAttribute("http-equiv")]).toEqual([
			"utf-8",
			"Content-Security-Policy",
		]);
	});

	it.each(Object.entries(everyReport))("loads nothing and has no style in an attribute: %s", (_, report) => {
		const page = pageOf(report);
		const links = [...page.querySelectorAll("[href], [src], [action], [srcset], [data]")];
		expect(links.filter((each) => !each.getAttribute("href")?.startsWith("#"))).toEqual([]);
		expect(page.querySelectorAll("[style]")).toHaveLength(0);
		const handlers = [...page.querySelectorAll("*")].flatMap(({ attributes }) =>
			[...attributes].map(({ name }) => name),
		);
		expect(handlers.filter((name) => name.startsWith("on"))).toEqual([]);
		expect([...page.querySelectorAll("style")].map(wordsOf).join()).not.toMatch(/url\(|@import/);
	});

	it.each(Object.entries(everyReport))("has words for every picture, and an end of every link: %s", (_, report) => {
		const page = pageOf(report);
		for (const svg of page.querySelectorAll("svg")) {
			const names = (svg.getAttribute("aria-labelledby") ?? "").split(" ").filter((id) => id !== "");
			const words = [svg.getAttribute("aria-label"), ...names.map((id) => wordsOf(page.getElementById(id)))].join(" ");
			const isBesideItsNumbers = svg.getAttribute("aria-hidden") === "true" && svg.closest("tr") !== null;
			expect(isBesideItsNumbers || (svg.getAttribute("role") === "img" && words.length > 20), svg.outerHTML).toBe(true);
		}
		const ids = [...page.querySelectorAll("[id]")].map(({ id }) => id);
		expect(new Set(ids).size).toBe(ids.length);
		for (const link of page.querySelectorAll("a")) expect(ids).toContain(link.getAttribute("href")?.slice(1));
	});

	it.each(Object.entries(everyReport))("has no number that is none: %s", (_, report) => {
		expect(rendered("html", report).replace(/<script>.*<\/script>/s, "")).not.toMatch(
			/NaN|Infinity|undefined|\[object/,
		);
	});
});

describe("what came out", () => {
	it("is said first: what each profile costs beside the first one", () => {
		const [first] = pageOf(usual).querySelectorAll(".price");
		expect(wordsOf(first)).toMatch(
			/^full takes 4\.00 × .* as long to start as minimal \(\+3\.000 s\): 2\.500 s startup-/,
		);
		expect(first?.compareDocumentPosition(first.ownerDocument.querySelector("svg") ?? first)).toBe(4);
	});

	it.each(["all failed", "nothing but a warm-up", "no profile", "nothing attempted"])("is no data: %s", (name) => {
		const page = pageOf(strange[name] ?? usual);
		expect(wordsOf(page.querySelector(".price"))).toContain("No data: no cold start was counted");
		expect(wordsOf(page.querySelector(".chart"))).toContain("no data");
		expect(wordsOf(page.querySelector("#comparison"))).not.toMatch(/\d ms|\d\.\d{3} s/);
	});

	it("has the numbers of the chart in a table, and the talk's where they are asked for", () => {
		const rows = rowsOf(pageOf(usual).querySelector("#comparison table"));
		const total = rows.find(([name]) => name === "total");
		expect(total?.[1]).toMatch(/^1\.000 s ±0\.0 ms/);
		expect(total?.[2]).toMatch(/^4\.000 s ±0\.0 ms\[.*\] s\+3\.000 s$/);
		expect(rows.find(([name]) => name === "startup-istio-proxy")?.slice(0, 2)).toEqual(["startup-istio-proxy", "–"]);
		const spans = { pod_creating: measured(3000) };
		const report = aReport({ full: { extra: [aColdStart(1, { total: measured(4000), spans })] } });
		expect(wordsOf(still(rendered("html", report, { reference: "talk" })).body)).toContain("in the talk7.316 s");
	});
});

describe("a judged run", () => {
	it("shows its verdicts before anything else, the worst first", async () => {
		const page = still(await judgedPage());
		expect(wordsOf(page.querySelector(".headline"))).toMatch(/^✗ breach full: total 4\.000 s .*expected p\(50\) < 3s/);
		const rows = rowsOf(page.querySelector("header table"));
		expect(rows[0]).toEqual(["verdict", "phase", "profile", "expected", "found", "values", "why"]);
		expect(rows.slice(1).map(([status]) => status)).toEqual(["✗ breach", "✗ breach", "? inconclusive", "✓ pass"]);
		const [headline, price] = [page.querySelector(".headline"), page.querySelector(".price")];
		expect(price && headline?.compareDocumentPosition(price)).toBe(4);
	});

	it("has no verdicts where nobody asked for any", () => {
		expect(pageOf(usual).querySelector(".headline")).toBeNull();
	});
});

describe("the strip", () => {
	const starts = [
		aColdStart(0, { total: measured(2000) }, { counted: false, reason: "the first after an install" }),
		aColdStart(1, { total: measured(4000) }),
		aColdStart(2, { total: measured(1000) }),
		anAttempt(3, "failed"),
	];
	const strip = pageOf(aReport({ full: { extra: starts } })).querySelector(".strip svg");
	const marks = [...(strip?.querySelectorAll("[data-sample]") ?? [])];
	const x = (index: number) => Number(marks[index]?.getAttribute("cx"));

	it("has a mark for every attempt, at its total, in the order of measuring", () => {
		expect(marks.map((mark) => mark.getAttribute("data-sample"))).toEqual(["0", "1", "2", "3"]);
		expect(x(1) - x(2)).toBeCloseTo(3 * (x(0) - x(2)), 0);
		const heights = marks.slice(0, 3).map((mark) => Number(mark.getAttribute("cy")));
		expect(heights).toEqual(heights.toSorted((a, b) => a - b));
	});

	it("tells apart what is counted, and keeps what has no total away from the times", () => {
		expect(marks.map((mark) => mark.getAttribute("class"))).toEqual(["uncounted", "counted", "counted", "untimed"]);
		const [, place] = /^M([\d.]+)/.exec(marks[3]?.getAttribute("d") ?? "") ?? [];
		expect(Number(place)).toBeGreaterThan(x(1) + 14);
	});

	it("says what it shows", () => {
		expect(strip?.getAttribute("aria-label")).toBe(
			"4 attempts of full: totals from 1.000 s to 4.000 s; the median of those that count is 2.500 s; 1 without a total",
		);
	});
});

describe("the waterfall", () => {
	const rowsIn = (report: Report) => rowsOf(pageOf(report).querySelector(".waterfall tbody"));

	it("shows the cold start with the median total, phases first and the talk's spans after them", () => {
		const rows = rowsIn(usual);
		expect(rows.map(([name]) => name)).toEqual([
			"critical path, adds up to total",
			"sandbox",
			"start-user-container",
			"readiness",
			"total",
		]);
		expect(rows[1]).toEqual(["sandbox", "", "600 ms", "±0.0 ms", "watch"]);
		expect(rowsIn(native).map(([name]) => name)).toEqual(
			expect.arrayContaining(["spans as the talk defines them; they overlap", "endpoint_wait", "pod_creating"]),
		);
	});

	it("draws each phase where the one before it ends, as long as it is", () => {
		const boxes = [...(pageOf(usual).querySelectorAll(".waterfall tbody")[1]?.querySelectorAll("rect") ?? [])];
		const [sandbox, startup, readiness, total] = boxes.map((box) => ({
			x: Number(box.getAttribute("x")),
			width: Number(box.getAttribute("width")),
		}));
		expect([sandbox?.x, total?.x, total?.width]).toEqual([0, 0, 1000]);
		expect(startup?.x).toBeCloseTo(sandbox?.width ?? 0, 0);
		expect(startup?.width).toBeCloseTo(1000 * (2500 / 4000), 0);
		expect((readiness?.x ?? 0) + (readiness?.width ?? 0)).toBeCloseTo(1000, 0);
	});

	it("says that a phase was not measured, where another attempt has it", () => {
		const probed = aColdStart(1, { total: measured(900), phases: { probing: measured(900) } });
		const waited = aColdStart(2, { total: measured(950), phases: { readiness: measured(950) } });
		const rows = rowsIn(aReport({ full: { extra: [probed, waited] } }));
		expect(rows.find(([name]) => name === "readiness")).toEqual(["readiness", "– not measured in this attempt"]);
	});

	it("draws the length alone of a span whose beginning the report does not say", () => {
		const spans = { endpoint_wait: measured(900), "container_startup_queue-proxy": measured(500) };
		const start = aColdStart(1, { total: measured(1000), spans });
		const kinds = [...pageOf(aReport({ full: { extra: [start] } })).querySelectorAll(".waterfall rect")].map((box) =>
			box.getAttribute("class"),
		);
		expect(kinds).toEqual([null, null, "unplaced"]);
	});

	it("of an attempt that failed says why, and draws nothing", () => {
		const page = pageOf(strange["all failed"] ?? usual);
		expect(wordsOf(page.querySelector("[data-chosen]"))).toBe("round 1: failed, not counted, no total; made up");
		expect(page.querySelectorAll(".waterfall rect")).toHaveLength(0);
	});
});

describe("text of other people", () => {
	it("is text, wherever it stands", () => {
		const [markup = ""] = nasty;
		const finding = { code: markup, message: markup, hint: markup };
		const text = { reason: markup, findings: [finding] };
		const start = aColdStart(1, { total: measured(9), phases: { [markup]: measured(9) } }, { counted: false, ...text });
		const report = aReport({ full: { extra: [start], fingerprint: { [markup]: markup } } });
		const run = report.profiles[0];
		if (run === undefined) throw new Error("no profile");
		const profile = { ...run.profile, title: markup, description: markup };
		const hostile: Report = {
			...report,
			profiles: [{ ...run, profile, findings: [finding] }],
			findings: [finding],
			cluster: { context: markup, gateway: markup },
			endedBy: markup,
			clocks: [{ clock: markup, loMs: 0, method: markup }],
			knistio: markup,
			startedAt: markup,
		};
		const page = pageOf(hostile);
		expect(page.querySelectorAll("script")).toHaveLength(3 - 1);
		expect([...page.querySelectorAll("script")].map(({ type }) => type)).toEqual(["application/json", ""]);
		expect(wordsOf(page.body).split('alert("x")').length - 1).toBeGreaterThan(15);
		expect(rendered("html", hostile)).not.toContain("<script>alert");
	});

	it("cannot turn the direction of its neighbours", () => {
		const turned = nasty[3] ?? "";
		const page = pageOf(strange.names ?? usual);
		const holders = [...page.querySelectorAll("*")].filter(
			(each) =>
				each.childElementCount === 0 && each.textContent.includes(turned) && !each.matches("script, title, desc"),
		);
		expect(holders.length).toBeGreaterThan(1);
		for (const each of holders) {
			expect(each.matches("bdi, [unicode-bidi=isolate]"), each.outerHTML).toBe(true);
		}
	});
});

describe("what a reader must know", () => {
	it("is in tables: attempts, findings, what was measured and how", () => {
		const observer = { watchEvents: 9, reconnects: 1, gaps: 2, pings: 8, pingMedianMs: 4 };
		const finding = { code: "watch-gap", message: "the watch lost its place", hint: "look" };
		const start = aColdStart(1, { total: measured(2000) }, { findings: [finding] });
		const extra = [start, anAttempt(2, "failed")];
		const page = pageOf(
			aReport(
				{ minimal: { extra, fingerprint: { istio: "1.31.0", gateway: "node port" } } },
				{
					observer,
					findings: [finding],
					endedBy: "SIGINT",
					clocks: [{ clock: "node/n1", loMs: -1, method: "http-date" }],
				},
			),
		);
		expect(rowsOf(page.querySelector("#attempts table"))[1]).toEqual(["minimal", "2", "1", "0", "1", "0", "1"]);
		expect(rowsOf(page.querySelector("#attempts details"))[1]).toEqual(["minimal", "2", "failed", "made up"]);
		expect(rowsOf(page.querySelector("#findings"))).toEqual(
			expect.arrayContaining([
				["the run", "", "watch-gap", "the watch lost its place", "look"],
				["the run", "", "ended early", "SIGINT", ""],
				["minimal", "1", "watch-gap", "the watch lost its place", ""],
			]),
		);
		expect(rowsOf(page.querySelector("#measured"))).toContainEqual(["istio", "1.31.0"]);
		const run = rowsOf(page.querySelector("#measuring"));
		expect(run).toContainEqual(["gateway reached by", "node port"]);
		expect(run).toContainEqual(["watch", "9 events, 1 reconnects, 2 gaps"]);
		expect(run).toContainEqual(["node/n1", "–", "-1.0 ms", "not measured", "http-date"]);
	});

	it("has the services that were asked at once, where there are any", () => {
		const start = (round: number, ms: number) => aColdStart(round, { total: measured(ms) });
		const report = aReport({ full: { totals: [1000, 1001] } });
		const bursts = [{ size: 2, number: 1, coldStarts: [start(1, 1500), start(1, 3000)] }];
		const many = { ...report, profiles: report.profiles.map((run) => ({ ...run, bursts, pulls: [start(0, 9000)] })) };
		const rows = rowsOf(pageOf(many).querySelector("#many"));
		expect(rows[0]?.slice(0, 2)).toEqual(["at once", "cold of attempted"]);
		expect(rows.find(([size]) => size === "2")?.slice(1, 3)).toEqual(["2 of 2", "2.250 s"]);
		expect(wordsOf(pageOf(many).querySelector("#findings"))).toContain(
			"the first start after the install took 9.000 s",
		);
		expect(pageOf(report).querySelector("#many")).toBeNull();
	});

	it("is said where there is nothing odd", () => {
		const fine = aReport({ full: { totals: [900] } });
		expect(wordsOf(pageOf(fine).querySelector("#findings"))).toContain("Nothing odd was found.");
	});
});

describe("costs and benefits", () => {
	const cells = [
		{ column: "net-admin", answer: "observed" as const, evidence: "istio-init asks for NET_ADMIN <b>" },
		{ column: "mutual-tls", answer: "not-tested" as const, evidence: "the pod may not be reached" },
	];
	const report = aReport({ full: { totals: [1, 2, 3] } });
	const observedAt = "2026-11-27T04:00:00Z";
	const tradeoffs = { observedAt, profiles: [{ profile: "full", cells, changed: [] }] };
	const pageWith = (more: Partial<Report>) => pageOf({ ...report, ...more });

	it("are a table with the evidence, where they were observed", () => {
		const section = pageWith({ tradeoffs }).querySelector("#tradeoffs");
		const rows = rowsOf(section);
		expect(rows.find(([first, , third]) => first === "full" && third?.startsWith("istio-init"))?.[2]).toBe(
			"istio-init asks for NET_ADMIN <b>",
		);
		expect(wordsOf(section)).toContain("not tested");
		expect(section?.querySelector("td b")).toBeNull();
	});

	it("have no section where they were not", () => {
		expect(pageWith({}).querySelector("#tradeoffs")).toBeNull();
	});
});
