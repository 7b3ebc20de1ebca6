import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { UsageError } from "../../src/errors.ts";
import { readBudgetsFile } from "../../src/gate/budgets-file.ts";
import { parseBudget } from "../../src/gate/parse-budget.ts";
import { isLikelyPhase, lacksContainer, resolveBudgets } from "../../src/gate/resolve-budgets.ts";
import { profileSchema } from "../../src/profile/profile.ts";
import { usualPhases } from "../../src/report/phases.ts";

const parse = (text: string, profile?: string) =>
	parseBudget({ text, source: "--budget", ...(profile !== undefined && { profile }) });

function refusalOf(act: () => unknown): UsageError {
	try {
		act();
	} catch (error) {
		if (error instanceof UsageError) return error;
		throw error;
	}
	throw new Error("it was accepted");
}

describe("a budget", () => {
	test.each([
		["minimal.total: p(50) < 3s", { kind: "quantile", p: 0.5 }, "<", { kind: "time", ms: 3000 }],
		["minimal.total:median<=800ms", { kind: "quantile", p: 0.5 }, "<=", { kind: "time", ms: 800 }],
		["full.total: p(99.5) < 1.5 s", { kind: "quantile", p: 0.995 }, "<", { kind: "time", ms: 1500 }],
		["minimal.total: max < 5s", { kind: "extreme", p: 1 }, "<", { kind: "time", ms: 5000 }],
		["minimal.total: min > 10ms", { kind: "extreme", p: 0 }, ">", { kind: "time", ms: 10 }],
		[
			"minimal.total: share(> 4s) <= 5%",
			{ kind: "share", beyond: { operator: ">", ms: 4000 } },
			"<=",
			{ kind: "share", share: 0.05 },
		],
		[
			"minimal.total: count(>=4s) <= 1",
			{ kind: "count", beyond: { operator: ">=", ms: 4000 } },
			"<=",
			{ kind: "count", count: 1 },
		],
		["minimal.failed: share <= 10%", { kind: "share", beyond: undefined }, "<=", { kind: "share", share: 0.1 }],
		["minimal.failed: count <= 0", { kind: "count", beyond: undefined }, "<=", { kind: "count", count: 0 }],
		[
			"full-cni.total: p(50) < full.total - 300ms",
			{ kind: "quantile", p: 0.5 },
			"<",
			{ kind: "profile", profile: "full", measure: "total", offsetMs: -300 },
		],
		[
			"a.total: p(50) <= full-cni.container_startup_istio-proxy + 1s",
			{ kind: "quantile", p: 0.5 },
			"<=",
			{ kind: "profile", profile: "full-cni", measure: "container_startup_istio-proxy", offsetMs: 1000 },
		],
		[
			"a.total: p(50)<full.container_startup_user-container-1-1.5s",
			{ kind: "quantile", p: 0.5 },
			"<",
			{ kind: "profile", profile: "full", measure: "container_startup_user-container-1", offsetMs: -1500 },
		],
		[
			"a.total: p(50) < full.total",
			{ kind: "quantile", p: 0.5 },
			"<",
			{ kind: "profile", profile: "full", measure: "total", offsetMs: 0 },
		],
		[
			"full.total: p(50) < minimal.total * 3",
			{ kind: "quantile", p: 0.5 },
			"<",
			{ kind: "profile", profile: "minimal", measure: "total", factor: 3, offsetMs: 0 },
		],
		[
			"full.total: p(50) <= minimal.total*1.5 - 20ms",
			{ kind: "quantile", p: 0.5 },
			"<=",
			{ kind: "profile", profile: "minimal", measure: "total", factor: 1.5, offsetMs: -20 },
		],
		[
			"full.total: p(50) < minimal.total + 10%",
			{ kind: "quantile", p: 0.5 },
			"<",
			{ kind: "profile", profile: "minimal", measure: "total", factor: 1.1, offsetMs: 0 },
		],
		["minimal.failed: count <= 0", { kind: "count", beyond: undefined }, "<=", { kind: "count", count: 0 }],
		["minimal.failed: share > 0%", { kind: "share", beyond: undefined }, ">", { kind: "share", share: 0 }],
	])("%s", (text, statistic, operator, limit) => {
		expect(parse(text)).toMatchObject({ statistic, operator, limit });
	});

	test("names its profile, or stands in one, or means every one", () => {
		expect(parse("full.container_startup_istio-proxy: p(50) < 1s")).toMatchObject({
			profile: "full",
			measure: "container_startup_istio-proxy",
		});
		expect(parse("total: p(50) < 1s", "minimal").profile).toBe("minimal");
		expect(parse("total: p(50) < 1s").profile).toBeUndefined();
	});

	test.each([
		["", 1, "expected a profile or a phase, found the end"],
		["minimal.total p(50) < 3s", 15, 'expected ":", found "p(50)"'],
		["minimal.total: p50 < 3s", 17, 'expected "(", as in p(50), found "50"'],
		["minimal.total: p(100) < 3s", 18, "a percentile lies between 1 and 100"],
		["minimal.total: p(0.5) < 3s", 18, "a percentile lies between 1 and 100; the median is p(50)"],
		["minimal.total: share(> 4s) <= 150%", 31, "a share is at most 100 %"],
		["minimal.total: p(50) = 3s", 22, 'expected <, <=, > or >=, found "="'],
		["minimal.total: p(50) < 3", 24, "a time is limited in ms or s"],
		["minimal.faild: count <= 0", 16, 'the count of which cold starts? Did you mean "failed"?'],
		["minimal.total: p(50) < 3s or so", 27, 'expected the end, found "or"'],
		["minimal.total: mean < 3s", 16, "a mean has no interval that holds"],
		["minimal.total: p95 < 3s", 17, 'expected "("'],
		["minimal.total: spread < 3s", 16, '"spread" is not a statistic'],
		["minimal.total: share <= 5%", 16, "the share of which cold starts? Write share(> 4s)"],
		["minimal.total: share(> 4s) <= 5", 31, "a share is limited in %"],
		["minimal.total: count(> 4s) <= 5%", 31, "a count is limited by a number"],
		["minimal.failed: p(50) < 3s", 17, '"failed" is an outcome'],
		["minimal.total: p(90) < full.total", 24, "only medians, p(50), can be compared"],
		[
			"minimal.failed: share <= 0%",
			26,
			"no number of cold starts shows a share of 0 %, so this can never pass: write count <= 0",
		],
		["minimal.failed: share < 0.0%", 25, "no number of cold starts shows a share of 0 %"],
		["minimal.failed: share >= 0%", 26, "every share is, so this can never be breached"],
		["minimal.total: share(> 4s) <= 100%", 31, "every share is, so this can never be breached"],
		["minimal.total: share(< 4s) >= 100%", 31, "no number of cold starts shows a share of 100 %"],
		["minimal.total: share(> 0s) <= 5%", 31, "every cold start takes longer than 0 s"],
		["minimal.total: p(50) < 0s", 24, "no cold start takes 0 s, so this can never pass"],
		["minimal.total: max <= 0ms", 23, "no cold start takes 0 s, so this can never pass"],
		["minimal.total: min >= 0s", 23, "every cold start takes longer than 0 s, so this can never be breached"],
		["minimal.total: p(50) > 0ms", 24, "every cold start takes longer than 0 s"],
		["minimal.failed: count < 0", 25, "no count is below 0, so this can never pass: write <= 0"],
		["minimal.failed: count >= 0", 26, "every count is at least 0, so this can never be breached"],
		["full.total: p(50) < minimal.total * 0", 37, "0 times a median is 0"],
		["full.total: p(50) < minimal.total - 100%", 37, "less by 100 % is nothing"],
		["full.total: p(50) < minimal.total * x", 37, 'expected a factor such as 3 or 1.5, found "x"'],
	])("refuses %j at its place", (text, column, message) => {
		const { message: found, hint, exitCode } = refusalOf(() => parse(text));
		const [first, shown, pointer] = found.split("\n");
		expect(first).toContain(`--budget, column ${column}: ${message}`);
		expect(shown).toBe(`  ${text}`);
		expect(pointer?.indexOf("^")).toBe(column + 1);
		expect(hint).toContain("minimal.total: p(50) < 3s");
		expect(exitCode).toBe(2);
	});

	test("is read or refused, whatever is written", () => {
		const parts = fc.constantFrom(
			"minimal",
			".",
			"total",
			":",
			" ",
			"p(50)",
			"<",
			"3",
			"s",
			"%",
			"share",
			"(",
			")",
			"-",
			"é",
		);
		fc.assert(
			fc.property(fc.array(parts, { maxLength: 14 }), (chosen) => {
				try {
					expect(parse(chosen.join("")).operator).toMatch(/[<>]/);
				} catch (error) {
					expect(error).toBeInstanceOf(UsageError);
				}
			}),
			{ seed: 6, numRuns: 500 },
		);
	});
});

describe("names", () => {
	const known = {
		profiles: ["minimal", "full", "full-cni"],
		phases: ["total", "pod_creating", "container_startup_istio-proxy"],
		isPhase: (name: string) => known.phases.includes(name) || name.startsWith("container_startup_"),
	};

	test("are matched, and a budget without a profile is for each", () => {
		const budgets = [parse("total: p(50) < 1s"), parse("full.failed: count <= 0")];
		expect(resolveBudgets(budgets, ["minimal", "full"], known).map(({ profile }) => profile)).toEqual([
			"minimal",
			"full",
			"full",
		]);
	});

	test("a budget without a profile is for those that it can be about", () => {
		const lacks = (profile: string, phase: string) => profile === "minimal" && phase.endsWith("istio-proxy");
		const of = (text: string) =>
			resolveBudgets([parse(text)], ["minimal", "full"], { ...known, lacks }).map(({ profile }) => profile);
		expect(of("container_startup_istio-proxy: p(50) < 1s")).toEqual(["full"]);
		expect(of("total: p(50) < full.total - 1s")).toEqual(["minimal"]);
		expect(() => of("minimal.container_startup_istio-proxy: p(50) < 1s")).toThrow(
			'column 9: the pods of minimal have no container for "container_startup_istio-proxy"',
		);
		expect(() => of("full.total: p(50) < minimal.container_startup_istio-proxy")).toThrow("the pods of minimal");
		expect(() => of("full.total: p(50) < full.total + 1s")).toThrow("full.total is compared with itself");
	});

	test.each([
		["total", true],
		["container_startup_istio-proxy", true],
		["container_startup_istio-prxy", false],
		["start-usercontainer", false],
		["start-user-container-1", true],
		["start-vault-agent", true],
		["totl", false],
	])("%s is likely a phase: %j", (name, isLikely) => {
		expect(isLikelyPhase(name)).toBe(isLikely);
	});

	test.each([
		["none", "startup-istio-proxy", true],
		["any", "startup-istio-proxy", false],
		["any", "run-istio-init", false],
		["any", "run-istio-validation", true],
		["none", "total", false],
		["none", "start-vault-agent", false],
	] as const)("pods with sidecar %s and istio-init lack %s: %j", (sidecar, phase, lacks) => {
		const promises = { sidecar, initContainers: ["istio-init"] };
		const profile = profileSchema.parse({
			name: "a",
			istio: { components: {} },
			meshCompatibilityMode: "auto",
			promises,
		});
		expect(lacksContainer(profile, phase)).toBe(lacks);
	});

	test.each([
		["minmal.total: p(50) < 1s", 1, 'there is no profile "minmal"', 'did you mean "minimal"?'],
		[
			"full.totel: p(50) < 1s",
			6,
			'there is no phase or outcome "totel"',
			/^did you mean "total"\? `knistio phases` lists all phases$/,
		],
		["full.total: p(50) < fulll.total", 21, 'there is no profile "fulll"', 'did you mean "full"?'],
		["full.total: p(50) < full.pod_creatign", 26, 'there is no phase "pod_creatign"', 'did you mean "pod_creating"?'],
		["full.total: p(50) < full.failed", 26, 'there is no phase "failed"', /^`knistio phases` lists all phases$/],
		[
			"full.foo: p(50) < 1s",
			6,
			'there is no phase or outcome "foo"',
			/^`knistio phases` lists all phases; outcomes are failed/,
		],
		["ambient.total: p(50) < 1s", 1, 'there is no profile "ambient"', "known: minimal, full, full-cni"],
	])("refuses %s with the nearest name", (text, column, message, hint) => {
		const refusal = refusalOf(() => resolveBudgets([parse(text)], ["full"], known));
		expect(refusal.message).toContain(`column ${column}: ${message}`);
		expect(refusal.hint).toMatch(hint);
	});

	it("has a hint of one line for every phase there is", () => {
		const all = { ...known, isPhase: isLikelyPhase, phases: usualPhases };
		const hintOf = (name: string) =>
			refusalOf(() => resolveBudgets([parse(`full.${name}: p(50) < 1s`)], ["full"], all)).hint;
		expect(hintOf("startup-istioproxy")).toBe(
			'did you mean "startup-istio-proxy" or "start-istio-proxy"? `knistio phases` lists all phases',
		);
		expect(hintOf("unresolvd")).toBe('did you mean "unresolved"? `knistio phases` lists all phases');
		expect(hintOf("probin")).toBe('did you mean "probing"? `knistio phases` lists all phases');
		expect(hintOf("zzzzzz")).toBe("`knistio phases` lists all phases; outcomes are failed, warm, unresolved");
	});
});

describe("a budgets file", () => {
	test.each([
		["a list", "- minimal.total: p(50) < 3s\n- 'minimal.failed: count <= 0'\n"],
		["a mapping", "minimal.total: p(50) < 3s\nminimal.failed: count <= 0\n"],
		["a mapping of lists", "minimal.total:\n  - p(50) < 3s\nminimal.failed: [count <= 0]\n"],
		["JSON", '["minimal.total: p(50) < 3s",\n"minimal.failed: count <= 0"]'],
	])("may be %s", (_kind, text) => {
		expect(readBudgetsFile(text, "b.yaml").map((budget) => budget.text)).toEqual([
			"minimal.total: p(50) < 3s",
			"minimal.failed: count <= 0",
		]);
	});

	test("tells the line of each budget", () => {
		const text = "# limits\n\nminimal.total:\n  - p(50) < 3s\n  - max < 9s\nfull.total: p(50) < 3s\n";
		expect(readBudgetsFile(text, "b.yaml").map((budget) => budget.source)).toEqual([
			"b.yaml:4",
			"b.yaml:5",
			"b.yaml:6",
		]);
	});

	test.each([
		["a: b: c: d", /^b\.yaml:1:\d+: bad indentation of a mapping entry/],
		["a.total: p(50) < 1s\na.total: p(90) < 1s", /^b\.yaml:2:\d+: duplicated mapping key/],
		["", /^b\.yaml: there is not a budget in it/],
		["# none yet", /^b\.yaml: there is not a budget in it/],
		["[]", /^b\.yaml: there is not a budget in it/],
		["a.total: {p50: 3s}", /^b\.yaml: a\.total is not a budget/],
	])("refuses %j", (text, message) => {
		expect(refusalOf(() => readBudgetsFile(text, "b.yaml")).message).toMatch(message);
	});
});
