import { expect, it } from "vitest";
import { axis } from "../../src/output/report/slide.ts";

const scale = { x: (ms: number) => 100 + ms / 10, ticksMs: [0, 1500] };
const place = { fromY: 40, toY: 90, wordsY: 120, fontSize: 20 };
const line = (x: number, stroke: string) => `<line x1="${x}" x2="${x}" y1="40" y2="90" stroke="${stroke}"/>`;
const words = (x: number, text: string) =>
	`<text x="${x}" y="120" font-size="20" text-anchor="middle" unicode-bidi="isolate">${text}</text>`;

it("is a line at each tick with its seconds", () => {
	expect(axis(scale, place)).toEqual([
		line(100, "#cccccc"),
		words(100, "0 s"),
		line(250, "#cccccc"),
		words(250, "1.5 s"),
	]);
});

it("has the words and strokes that are given", () => {
	const given = { words: (ms: number) => `+${ms}`, stroke: (ms: number) => (ms === 0 ? "#000000" : "#cccccc") };
	expect(axis(scale, { ...place, ...given })).toEqual([
		...[line(100, "#000000"), words(100, "+0")],
		...[line(250, "#cccccc"), words(250, "+1500")],
	]);
});
