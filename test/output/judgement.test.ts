import { describe, expect, test } from "vitest";
import { z } from "zod";
import { compareReports } from "../../src/analysis/comparison.ts";
import { type Judgement, judge } from "../../src/gate/judge.ts";
import { parseBudget } from "../../src/gate/parse-budget.ts";
import { resolveBudgets } from "../../src/gate/resolve-budgets.ts";
import { renderAnnotations } from "../../src/output/verdict/annotations.ts";
import {
	comparisonSchema,
	judgedJsonSchemas,
	judgementSchema,
	renderComparisonJson,
	renderJudgementJson,
} from "../../src/output/verdict/judged-json.ts";
import { renderJudgement } from "../../src/output/verdict/judgement-text.ts";
import { renderJunit } from "../../src/output/verdict/junit.ts";
import { verdictFormats } from "../../src/output/verdict-formats.ts";
import { formatMsWithRange, formatShare, formatShift } from "../../src/output/words/amounts.ts";
import type { Report } from "../../src/report/report.ts";
import { anAttempt, aReport, around } from "../gate/a-report.ts";
import { verdictsIn } from "../support/rendered.ts";

function proxyOf(ms: number): Report {
	const even = around(ms, 30, 8);
	const proxy = [4, 1, 6, 2, 7, 0, 5, 3].map((index) => even[index] ?? 0);
	const totals = proxy.map((value) => value + 2000);
	return aReport({ full: { totals, phases: { "istio-proxy": proxy }, extra: [anAttempt(9, "warm")] } });
}

function judgementOf(report: Report, options: { acceptSimulated?: boolean } = {}): Judgement {
	const known = { profiles: ["full"], phases: [], isPhase: () => true };
	const texts = ["full.total: p(50) < 2.6s", "full.total: p(95) < 4s", "full.failed: count <= 0"];
	const budgets = resolveBudgets(
		texts.map((text, index) => parseBudget({ text, source: `b.yaml:${index + 1}` })),
		["full"],
		known,
	);
	const baseline = {
		reports: [report.simulated === undefined ? proxyOf(500) : { ...proxyOf(500), simulated: report.simulated }],
		minimumEffectMs: 100,
		minimumEffectShare: 0.05,
		required: ["total"],
		allowDifferent: [],
	};
	return judge(report, { budgets, baseline, acceptSimulated: false, ...options });
}

const slow = proxyOf(712);
const simulated = { ...slow, simulated: { model: "kind", seed: 1, speed: 100 } };

describe("amounts", () => {
	test("have their range in the same unit, open where it is", () => {
		expect(formatShift(212, { lo: 180, hi: 240 })).toBe("+212 ms [180, 240]");
		expect(formatShift(-0.01, { lo: -0.04, hi: 3 })).toBe("0.0 ms [0.0, 3.0]");
		expect(formatShift(-1000, { lo: -1200, hi: 300 })).toBe("-1.000 s [-1.200, 0.300]");
		expect(formatMsWithRange(2314, { lo: 2200, hi: Number.POSITIVE_INFINITY })).toBe("2.314 s [2.200, ∞]");
		expect(formatShare(0.05, { lo: 0.0026, hi: 0.2161 })).toBe("5.0 % [0.3, 21.6]");
	});
});

test("a judgement for a terminal says what moved, then each verdict with all its values", () => {
	expect(renderJudgement(judgementOf(slow))).toMatchInlineSnapshot(`
		"breach: full: total 2.712 s [2.682, 2.742], expected p(50) < 2.6s; istio-proxy +212 ms against the baseline (1 more breach, 1 inconclusive)
		attempts      full: 9 attempted = 8 cold + 1 warm + 0 failed + 0 unresolved; 8 counted

		breach        total 2.712 s [2.682, 2.742] in full: none of the interval is below the limit
		              expected p(50) < 2.6s (b.yaml:1), n = 8
		              values in ms: 2716.3 2690.6 2733.4 2699.1 2742 2682 2724.9 2707.7

		breach        total +212 ms [195, 229] in full (medians 2.500 s → 2.712 s): surely slower than the baseline by more than the limit
		              expected less than 125 ms slower than 2.500 s (baseline), n = 8

		inconclusive  total in full: 8 cold starts do not support p(95): 59 are needed
		              expected p(95) < 4s (b.yaml:2), n = 8
		              they take about 33 min

		pass          failed 0 in full: it is at most the limit
		              expected count <= 0 (b.yaml:3), n = 9

		pass          against the baseline:
		              full: 0 of 9 attempts failed or were not resolved, 0 of 9 in the baseline: no more than chance explains

		phases        full: 1 moved (istio-proxy +212 ms)
		              A shift is the median of all differences between a cold start of this run and one of the baseline.
		"
	`);
});

test("JUnit has a failure for the breach and an error for what cannot be told", () => {
	expect(renderJunit(judgementOf(slow))).toMatchInlineSnapshot(`
		"<?xml version="1.0" encoding="UTF-8"?>
		<testsuites name="knistio" tests="5" failures="2" errors="1">
			<testsuite name="full" tests="5" failures="2" errors="1">
				<properties>
					<property name="attempts" value="9 attempted = 8 cold + 1 warm + 0 failed + 0 unresolved; 8 counted"/>
				</properties>
				<testcase classname="knistio.full" name="total: p(50) &lt; 2.6s">
					<failure type="breach" message="total 2.712 s [2.682, 2.742] in full: none of the interval is below the limit">expected p(50) &lt; 2.6s (b.yaml:1)
		found 2.712 s [2.682, 2.742], n = 8
		values in ms: 2716.3 2690.6 2733.4 2699.1 2742 2682 2724.9 2707.7</failure>
				</testcase>
				<testcase classname="knistio.full" name="total: no regression">
					<failure type="breach" message="total +212 ms [195, 229] in full: surely slower than the baseline by more than the limit">expected less than 125 ms slower than 2.500 s (baseline)
		found +212 ms [195, 229] (medians 2.500 s → 2.712 s), n = 8
		values in ms: 2716.3 2690.6 2733.4 2699.1 2742 2682 2724.9 2707.7</failure>
				</testcase>
				<testcase classname="knistio.full" name="total: p(95) &lt; 4s">
					<error type="inconclusive" message="total in full: 8 cold starts do not support p(95): 59 are needed">expected p(95) &lt; 4s (b.yaml:2)
		found not known, n = 8
		they take about 33 min
		values in ms: 2716.3 2690.6 2733.4 2699.1 2742 2682 2724.9 2707.7</error>
				</testcase>
				<testcase classname="knistio.full" name="failed: count &lt;= 0">
					<system-out>expected count &lt;= 0 (b.yaml:3)
		found 0, n = 9</system-out>
				</testcase>
				<testcase classname="knistio.full" name="failed: no more failures">
					<system-out>expected no more failures (baseline)
		found 0.0 % [0.0, 28.3], n = 9</system-out>
				</testcase>
			</testsuite>
		</testsuites>
		"
	`);
});

/** Elements, their parents and attributes in the schema of Jenkins' xUnit plugin 3 (junit-10.xsd); `!` is required. */
const junitSchema: Record<string, { in: string[]; attributes: string[] }> = {
	testsuites: { in: [""], attributes: ["name", "time", "tests", "failures", "errors"] },
	testsuite: {
		in: ["testsuites", "testsuite"],
		attributes: ["name!", "tests!", "failures!", "errors!", "skipped", "time", "timestamp", "hostname", "id", "file"],
	},
	properties: { in: ["testsuite"], attributes: [] },
	property: { in: ["properties"], attributes: ["name!", "value!"] },
	testcase: { in: ["testsuite"], attributes: ["name!", "classname", "time", "group"] },
	failure: { in: ["testcase"], attributes: ["type", "message"] },
	error: { in: ["testcase"], attributes: ["type", "message"] },
	"system-out": { in: ["testcase", "testsuite"], attributes: [] },
};

/** What a validating reader would complain about. */
function junitComplaints(xml: string): string[] {
	const complaints: string[] = [];
	const open: string[] = [""];
	for (const [tag, closing, name = "", attributes = "", selfClosing] of xml
		.replace(/<\?.*?\?>/, "")
		.matchAll(/<(\/?)([\w-]+)((?:\s+[\w-]+="[^"<]*")*)\s*(\/?)>/g)) {
		if (closing) {
			if (open.pop() !== name) complaints.push(`${tag} closes another element`);
			continue;
		}
		const rule = junitSchema[name];
		if (rule?.in.includes(open.at(-1) ?? "") !== true) complaints.push(`${name} in ${open.at(-1)}`);
		const given = [...attributes.matchAll(/([\w-]+)=/g)].map(([, key = ""]) => key);
		const known = (rule?.attributes ?? []).map((key) => key.replace("!", ""));
		complaints.push(...given.filter((key) => !known.includes(key)).map((key) => `${name}/@${key}`));
		const required = (rule?.attributes ?? []).filter((key) => key.endsWith("!")).map((key) => key.slice(0, -1));
		complaints.push(...required.filter((key) => !given.includes(key)).map((key) => `${name} without @${key}`));
		if (!selfClosing) open.push(name);
	}
	if (open.length !== 1) complaints.push(`${open.at(-1)} is not closed`);
	return complaints;
}

test("JUnit is what the strictest reader takes", () => {
	const simulated = { ...slow, simulated: { model: "kind", seed: 1, speed: 1 } };
	for (const report of [slow, simulated, aReport({})]) {
		expect(junitComplaints(renderJunit(judgementOf(report, { acceptSimulated: true })))).toEqual([]);
	}
	expect(junitComplaints('<testsuites skipped="0"><testcase/></testsuites>')).toEqual([
		"testsuites/@skipped",
		"testcase in testsuites",
		"testcase without @name",
	]);
});

test("JUnit survives any text", () => {
	const [verdict] = judgementOf(slow).verdicts;
	if (verdict === undefined) throw new Error("no verdict");
	const nasty = { ...verdict, expected: 'p(50) < 3s & "quoted" <b> \u0007\uD800', kind: "budget" } as const;
	const xml = renderJunit({ verdicts: [nasty], ledgers: [], movements: [], remarks: [] });
	expect(xml).toContain("p(50) &lt; 3s &amp; &quot;quoted&quot; &lt;b&gt; ");
	expect(xml).not.toContain("\u0007");
	expect(xml).not.toContain("\uD800");
});

test("annotations are errors and warnings, escaped", () => {
	expect(renderAnnotations(judgementOf(slow))).toMatchInlineSnapshot(`
		"::error title=knistio%3A breach::full: total 2.712 s [2.682, 2.742], expected p(50) < 2.6s; istio-proxy +212 ms against the baseline (9 attempted = 8 cold + 1 warm + 0 failed + 0 unresolved; 8 counted)
		::error title=knistio%3A breach::full: total +212 ms [195, 229] (medians 2.500 s → 2.712 s), limit +125 ms, of which istio-proxy +212 ms; see every phase with \`knistio compare BASELINE REPORT\` (9 attempted = 8 cold + 1 warm + 0 failed + 0 unresolved; 8 counted)
		::warning title=knistio%3A inconclusive::full: total: p(95) < 4s: 8 cold starts do not support p(95): 59 are needed; they take about 33 min (9 attempted = 8 cold + 1 warm + 0 failed + 0 unresolved; 8 counted)
		"
	`);
	const [verdict] = judgementOf(slow).verdicts;
	if (verdict === undefined) throw new Error("no verdict");
	const nasty = { ...verdict, kind: "data", reason: "100 %\nof: it" } as const;
	expect(renderAnnotations({ verdicts: [nasty], ledgers: [], movements: [], remarks: [] })).toMatch(
		/: 100 %25 of: it\n$/,
	);
});

test("the summary of a step", () => {
	expect(verdictsIn("summary", judgementOf(slow), slow)).toMatchInlineSnapshot(`
		"## ❌ Cold starts: breach

		full: total 2.712 s \\[2.682, 2.742\\], expected p(50) \\< 2.6s; istio-proxy +212 ms against the baseline (1 more breach, 1 inconclusive)

		|  | phase | profile | expected | found |  | why |
		| --- | --- | --- | --- | --- | --- | --- |
		| ❌ breach | total | full | p(50) \\< 2.6s | 2.712 s \\[2.682, 2.742\\] | n = 8 | none of the interval is below the limit |
		| ❌ breach | total | full | less than 125 ms slower than 2.500 s | +212 ms \\[195, 229\\] (medians 2.500 s → 2.712 s) | n = 8 | surely slower than the baseline by more than the limit |
		| ❔ inconclusive | total | full | p(95) \\< 4s | not known | n = 8 | 8 cold starts do not support p(95): 59 are needed; they take about 33 min |
		| ✅ pass | failed | full | count \\<= 0 | 0 | n = 9 | it is at most the limit |
		| ✅ pass | failed | full | no more failures | 0.0 % \\[0.0, 28.3\\] | n = 9 | 0 of 9 attempts failed or were not resolved, 0 of 9 in the baseline: no more than chance explains |

		- phases of full: 1 moved (istio-proxy +212 ms)

		### Against the baseline

		| phase | profile | baseline | now | change | chance | n |
		| --- | --- | --- | --- | --- | --- | --- |
		| total | full | 2.500 s | 2.712 s | +212 ms \\[186, 238\\] | p \\<0.001 | 8 + 8 |
		| istio-proxy | full | 500 ms | 712 ms | +212 ms \\[186, 238\\] | q \\<0.001 | 8 + 8 |

		A change is the median of all differences between a cold start of each side, so it can differ from the difference of the two medians; \\~ marks a change that may be chance; p-values are by Mann-Whitney, corrected by Holm; q-values are false discovery rates of the phases that explain a change of total: about one in ten phases that are marked as different may be so by chance.

		### Medians

		| profile | phase | median \\[95 %\\] | n |
		| --- | --- | --- | --- |
		| full | total | 2.712 s \\[2.682, 2.742\\] | 8 |
		| full | istio-proxy | 712 ms \\[682, 742\\] | 8 |

		| profile | attempted | cold | warm | failed | unresolved | counted |
		| --- | --- | --- | --- | --- | --- | --- |
		| full | 9 | 8 | 1 | 0 | 0 | 8 |"
	`);
});

test("a comment begins with its mark and folds the phases away", () => {
	const comment = verdictsIn("comment", judgementOf(slow), slow);
	expect(comment.split("\n")[0]).toBe("<!-- knistio -->");
	expect(comment.indexOf("<details>")).toBeGreaterThan(comment.indexOf("| ❌ breach | total | full |"));
	expect(comment).toContain("- full.total in ms: 2716.3 2690.6");
});

test("github-action-benchmark and Bencher get the medians", () => {
	const extra = "n = 8, 0 missing; 9 attempted = 8 cold + 1 warm + 0 failed + 0 unresolved; 8 counted";
	expect(JSON.parse(verdictsIn("github-action-benchmark", judgementOf(slow), slow))).toEqual([
		{ name: "full/total", unit: "ms", value: 2712, range: "2.712 s [2.682, 2.742]", extra },
		{ name: "full/istio-proxy", unit: "ms", value: 712, range: "712 ms [682, 742]", extra },
	]);
	const { "full/total": total } = JSON.parse(verdictsIn("bencher", judgementOf(slow), slow));
	expect(total).toEqual({ latency: { value: 2.712e9, lower_value: 2.682e9, upper_value: 2.742e9 } });
	const few = aReport({ full: { totals: [1000] }, minimal: {} });
	const one = { attempted: { value: 1 }, cold: { value: 1 }, counted: { value: 1 } };
	expect(JSON.parse(verdictsIn("bencher", judgementOf(few), few))).toMatchObject({
		"full/total": { latency: { value: 1e9 } },
		"full/attempts": { ...one, warm: { value: 0 }, failed: { value: 0 }, unresolved: { value: 0 } },
		"minimal/attempts": { attempted: { value: 0 } },
	});
});

describe("a simulated run says so", () => {
	const judgement = judgementOf(simulated, { acceptSimulated: true });

	test.each([
		["text", renderJudgement(judgement)],
		["annotations", renderAnnotations(judgement)],
		...verdictFormats.map(({ name }) => [name, verdictsIn(name, judgement, simulated)]),
		["JSON", JSON.stringify(judgement)],
	])("in %s", (_surface, text) => {
		expect(text).toContain("simulated");
	});

	test("and a real one does not", () => {
		const real = judgementOf(slow);
		const texts = [renderJudgement(real), ...verdictFormats.map(({ name }) => verdictsIn(name, real, slow))];
		for (const text of texts) expect(text).not.toContain("simulated");
	});
});

describe("JSON", () => {
	/** Of six starts five failed on one side: both ends of every interval are open. */
	const failed = Array.from({ length: 5 }, (_, index) => anAttempt(index + 10, "failed"));
	const thin = aReport({ full: { totals: around(2500, 30, 6), extra: failed } });
	const tables = compareReports([
		{ label: "a", report: proxyOf(500) },
		{ label: "b", report: thin },
	]);

	test.each([
		["judgement", renderJudgementJson(judgementOf(thin)), judgementSchema],
		["comparison", renderComparisonJson(tables), comparisonSchema],
	] as const)("of a %s is as its schema says, with open ends left out", (name, json, schema) => {
		expect(json).not.toContain("null");
		expect(json).toMatch(/"(interval|band)": \{\s*\}/);
		schema.parse(JSON.parse(json));
		const published = judgedJsonSchemas[name]() as Parameters<typeof z.fromJSONSchema>[0];
		const read = z.fromJSONSchema(published);
		read.parse(JSON.parse(json));
		expect(JSON.stringify(published)).toContain("Left out where missing values leave this end open");
		expect(() => read.parse({ ...JSON.parse(json), more: 1 })).toThrow();
		const old = JSON.parse(json.replace(/"(interval|band)": \{\s*\}/g, '"$1": {"lo": null, "hi": null}'));
		expect(schema.parse(old)).toEqual(schema.parse(JSON.parse(json)));
		read.parse(old);
	});
});
