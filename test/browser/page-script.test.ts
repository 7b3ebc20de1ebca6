import { describe, expect, it } from "vitest";
import { packed, unpacked } from "../../src/output/html/drawing/packed.ts";
import { samplesOf } from "../../src/output/html/samples-of.ts";
import { aColdStart, anAttempt, aReport, measured } from "../gate/a-report.ts";
import { recorded, reportOf } from "../support/recorded.ts";
import { rendered } from "../support/rendered.ts";
import { strange } from "../support/strange-reports.ts";
import { opened, wordsOf } from "./a-page.ts";

const start = (round: number, ms: number) =>
	aColdStart(round, { total: measured(ms), phases: { sandbox: measured(ms - 300, 5), readiness: measured(300) } });
const report = aReport({
	minimal: { extra: [start(1, 900)] },
	full: { extra: [start(1, 3000), start(2, 5000), start(3, 4000), anAttempt(4, "failed")] },
});

/** The part of a profile on a page that is open, and what a reader does to it. */
function profilePart(index = 1) {
	const { document, window } = opened(rendered("html", report));
	const part = document.querySelector<HTMLElement>(`[data-profile="${index}"]`);
	const slider = part?.querySelector<HTMLInputElement>("input");
	if (!part || !slider) throw new Error("the page has no such part");
	const rows = () => [...part.querySelectorAll<HTMLElement>("tr[data-about]")];
	return {
		document,
		part,
		slider,
		rows,
		chosen: () => wordsOf(part.querySelector("[data-chosen]")),
		detail: () => wordsOf(part.querySelector("[data-detail]")),
		cell: (row: number) => wordsOf(rows()[row]),
		slide(to: number) {
			slider.value = String(to);
			slider.dispatchEvent(new window.Event("input", { bubbles: true }));
		},
		press(key: string) {
			const event = new window.KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
			document.activeElement?.dispatchEvent(event);
			return event.defaultPrevented;
		},
		fire: (target: Element | null, name: string) =>
			target?.dispatchEvent(new window.MouseEvent(name, { bubbles: true, cancelable: true })),
	};
}

describe("choosing an attempt", () => {
	it("begins with the median one, and shows a slider only where there is a script for it", () => {
		const { slider, chosen, part } = profilePart();
		expect([slider.value, slider.min, slider.max, chosen()]).toEqual([
			"3",
			"1",
			"4",
			"round 3: cold, total 4.000 s ±0.0 ms",
		]);
		expect(part.querySelector("[data-chooser]")?.hasAttribute("hidden")).toBe(false);
		expect(rendered("html", report)).toMatch(/data-chooser hidden/);
	});

	it("by the slider draws its waterfall, says it in words, and marks its dot", () => {
		const { slide, slider, cell, chosen, part } = profilePart();
		expect(cell(0)).toContain("3.700 s");
		slide(2);
		expect(cell(0)).toContain("4.700 s±5.0 ms");
		expect(chosen()).toBe("round 2: cold, total 5.000 s ±0.0 ms");
		expect(slider.getAttribute("aria-valuetext")).toBe(chosen());
		expect([...part.querySelectorAll(".chosen")].map((dot) => dot.getAttribute("data-sample"))).toEqual(["1"]);
	});

	it("of one profile leaves the other as it is", () => {
		const { document, slide } = profilePart();
		slide(1);
		expect(wordsOf(document.querySelector('[data-profile="0"] [data-chosen]'))).toContain("total 900 ms");
	});

	it("by its dot moves the slider there; the dot says what it is when it is pointed at", () => {
		const { fire, part, slider, chosen, document } = profilePart();
		const dot = part.querySelector('[data-sample="0"]');
		fire(dot, "pointerover");
		fire(dot, "pointerover");
		expect([...(dot?.children ?? [])].map(wordsOf)).toEqual(["round 1: cold, total 3.000 s ±0.0 ms"]);
		fire(dot, "click");
		expect([slider.value, chosen()]).toEqual(["1", "round 1: cold, total 3.000 s ±0.0 ms"]);
		expect(document.activeElement).toBe(slider);
	});

	it("that failed shows that nothing was measured", () => {
		const { slide, cell, chosen, part } = profilePart();
		slide(4);
		expect(chosen()).toBe("round 4: failed, not counted, no total; made up");
		expect(cell(0)).toContain("not measured in this attempt");
		expect(part.querySelectorAll(".waterfall rect")).toHaveLength(0);
	});
});

describe("walking through a waterfall", () => {
	it("takes one stop of the tab key, and arrows, Home and End from there", () => {
		const { rows, press, document } = profilePart();
		const place = () => rows().indexOf(document.activeElement as HTMLElement);
		expect(rows().map(({ tabIndex }) => tabIndex)).toEqual([0, -1, -1]);
		rows()[0]?.focus();
		const steps = ["ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp", "Home", "ArrowUp", "End"];
		expect(steps.map((key) => [press(key), place()])).toEqual([1, 2, 2, 1, 0, 0, 2].map((at) => [true, at]));
		expect(rows().map(({ tabIndex }) => tabIndex)).toEqual([-1, -1, 0]);
		expect(press("a")).toBe(false);
	});

	it("shows what the row is, its bounds and its source, by focus and by pointing", () => {
		const { rows, detail, fire } = profilePart();
		const words =
			"sandbox: → kubelet turns to the first container: sandbox, network, CNI plugins. 3.700 s, from 0.0 ms to 3.700 s after the request was sent; it lies between 3.695 s and 3.705 s. Source: watch.";
		rows()[0]?.focus();
		expect(detail()).toBe(words);
		fire(rows()[1]?.firstElementChild ?? null, "pointerover");
		expect(detail()).toMatch(/^readiness: .*from 3\.700 s to 4\.000 s/);
	});

	it("sideways goes to the next attempt and stays in the same row", () => {
		const { rows, press, slider, detail, document } = profilePart();
		rows()[1]?.focus();
		press("ArrowUp");
		press("ArrowDown");
		press("ArrowLeft");
		expect(slider.value).toBe("2");
		expect(document.activeElement).toBe(rows()[1]);
		expect(detail()).toMatch(/^readiness: .*from 4\.700 s to 5\.000 s/);
		for (const key of ["ArrowLeft", "ArrowLeft", "ArrowLeft"]) press(key);
		expect(slider.value).toBe("1");
	});
});

describe("what the page carries", () => {
	it.each(
		Object.entries({ ...strange, native: reportOf(recorded("native")), report }),
	)("is the attempts of the report: %s", (_, { profiles }) => {
		const samples = profiles.map((run) => samplesOf(run, false));
		expect(unpacked(JSON.parse(JSON.stringify(packed(samples))))).toEqual(samples);
		opened(rendered("html", { ...report, profiles }));
	});

	it("has room for a thousand cold starts in far less than 5 MB", () => {
		const [run] = reportOf(recorded("native")).profiles;
		const [one] = run?.coldStarts ?? [];
		if (run === undefined || one === undefined) throw new Error("nothing was recorded");
		const coldStarts = Array.from({ length: 1000 }, (_, round) => ({ ...one, round: round + 1 }));
		const page = rendered("html", { ...report, profiles: [{ ...run, coldStarts }] });
		expect(page.length).toBeLessThan(2_500_000);
		expect(page.match(/<circle [^>]*data-sample="/g)).toHaveLength(1000);
	});
});
