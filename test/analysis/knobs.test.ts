import { describe, expect, it } from "vitest";
import { figuresOf } from "../../src/analysis/figures.ts";
import { type Knob, knobsOf } from "../../src/analysis/knobs.ts";
import { anAttempt, aReport, around } from "../gate/a-report.ts";
import { knobOn, withKnobs } from "../support/knobs.ts";

const inShort = (knobs: readonly Knob[]) => knobs.map(({ profile, outcome }) => `${profile}: ${outcome}`);
const start = (middle: number, n = 12) => ({ totals: around(middle, 200, n) });

describe("what each knob buys", () => {
	const report = withKnobs(
		aReport({
			full: { ...start(5000), phases: { "startup-istio-proxy": around(1500, 50, 12) } },
			slow: start(6000),
			same: start(5030),
			fast: { ...start(4000), phases: { "startup-istio-proxy": around(500, 50, 12) } },
			faster: start(3000),
		}),
		{ slow: "full", same: "full", fast: "full", faster: "full" },
	);
	const knobs = knobsOf(report);

	it("is told with the largest saving first, and what is worse as worse", () => {
		expect(inShort(knobs)).toEqual(["faster: saves", "fast: saves", "same: no-difference", "slow: costs"]);
	});

	it("is the shift of total the other way round, with its interval and the phases that it is made of", () => {
		const fast = knobs.find(({ profile }) => profile === "fast");
		const change = figuresOf(report).summary.groups[0]?.rows[0]?.cells[3]?.change;
		expect(fast?.savedMs).toBe(-(change?.ms ?? 0));
		expect(fast?.savedMs).toBeCloseTo(1000, 0);
		expect(fast?.interval).toEqual({ lo: -(change?.interval?.hi ?? 0), hi: -(change?.interval?.lo ?? 0) });
		expect(fast?.phases).toEqual([{ name: "startup-istio-proxy", ms: -1000 }]);
	});

	it("is no difference unless the table marks one, tested together with every other profile", () => {
		// Beside one other profile this difference counts; beside thirteen it is one that chance gives.
		const borderline = around(4840, 200, 12);
		const few = withKnobs(aReport({ full: start(5000), close: { totals: borderline } }), { close: "full" });
		expect(inShort(knobsOf(few))).toEqual(["close: saves"]);
		const others = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`p-${index}`, start(5000)]));
		const many = withKnobs(aReport({ full: start(5000), close: { totals: borderline }, ...others }), { close: "full" });
		expect(inShort(knobsOf(many))).toEqual(["close: no-difference"]);
		const marks = figuresOf(many).summary.groups[0]?.rows[0]?.cells.map((cell) => cell?.change?.isSignificant);
		expect(marks?.[1]).toBe(false);
	});

	it("compares with the variant's own profile, wherever that stands", () => {
		const profiles = { minimal: start(1000), full: start(5000), fast: start(4000) };
		const [knob] = knobsOf(withKnobs(aReport(profiles), { fast: "full" }));
		expect([knob?.outcome, Math.round(knob?.savedMs ?? 0)]).toEqual(["saves", 1000]);
	});

	it("is not known from few cold starts", () => {
		const [knob] = knobsOf(withKnobs(aReport({ full: start(5000, 3), fast: start(4000, 3) }), { fast: "full" }));
		expect(knob?.outcome).toBe("unknown");
	});

	it("has no variant in a price", () => {
		const prices = figuresOf(withKnobs(aReport({ full: start(5000), a: start(4000), b: start(4000) }), { a: "full" }));
		expect(prices.prices.map(({ profile }) => profile)).toEqual(["b"]);
	});
});

describe("a knob that was not measured", () => {
	it("is told, with the reason", () => {
		const failed = { extra: [anAttempt(1, "failed"), anAttempt(2, "failed")] };
		const report = withKnobs(
			aReport(
				{ full: start(5000), failed },
				{
					unmeasured: [
						{ profile: "odd", variant: knobOn("full"), reason: "the pod has another shape" },
						{ profile: "late", variant: knobOn("full") },
					],
				},
			),
			{ failed: "full" },
		);
		expect(knobsOf(report).map(({ profile, outcome, reason, savedMs }) => [profile, outcome, reason, savedMs])).toEqual(
			[
				["failed", "not-measured", "none of 2 attempts counted", undefined],
				["odd", "not-measured", "the pod has another shape", undefined],
				["late", "not-measured", "the run ended before its turn", undefined],
			],
		);
	});

	it("is one whose profile is missing", () => {
		const [alone] = knobsOf(withKnobs(aReport({ fast: start(4000) }), { fast: "full" }));
		expect(alone).toMatchObject({ outcome: "not-measured", reason: expect.stringContaining("full is not in this") });
		const dead = { full: { extra: [anAttempt(1, "failed")] }, fast: start(4000) };
		const [knob] = knobsOf(withKnobs(aReport(dead), { fast: "full" }));
		expect(knob).toMatchObject({ outcome: "not-measured", reason: expect.stringContaining("full has no cold start") });
	});

	it("is not called one without effect where the simulated cluster has no model of it", () => {
		const report = withKnobs(aReport({ full: start(5000), cpu: start(5010) }), { cpu: "full" });
		const [, run] = report.profiles;
		run?.findings.push({ code: "not-simulated", message: "no model" });
		expect(knobsOf(report)[0]).toMatchObject({ outcome: "not-simulated" });
		expect(knobsOf(report)[0]).not.toHaveProperty("savedMs");
	});
});

it("says which knob had an install of its own", () => {
	const report = withKnobs(
		aReport(
			{ full: start(5000), a: start(4000), b: start(4000) },
			{ order: { seed: 1, blocks: 1, turns: [["full", "a"]] } },
		),
		{ a: "full", b: "full" },
	);
	expect(knobsOf(report).map(({ profile, isApart }) => [profile, isApart])).toEqual([
		["a", false],
		["b", true],
	]);
	const blocks = { ...report, order: { seed: 1, blocks: 2, turns: [["full", "a"]] } };
	expect(knobsOf(blocks).some(({ isApart }) => isApart)).toBe(false);
});
