import { inflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { figuresOf } from "../../src/analysis/figures.ts";
import { UsageError } from "../../src/errors.ts";
import { main } from "../../src/main.ts";
import { loadPngRenderer } from "../../src/output/report/chart-png.ts";
import type { Report } from "../../src/report/report.ts";
import { anAttempt, aReport, around } from "../gate/a-report.ts";
import { fakeContext } from "../support/fake-context.ts";

const usual = aReport({
	minimal: { totals: around(1000, 60, 9), phases: { sandbox: around(1000, 60, 9) } },
	full: { totals: around(4000, 60, 9), phases: { "startup-istio-proxy": around(4000, 60, 9) } },
});
const failed = aReport({ full: { extra: [anAttempt(1, "failed")] } });

/** Width and height, as the file's head says them. */
function sizeOf(png: Buffer): number[] {
	expect(png.subarray(0, 8).toString("latin1")).toBe("\x89PNG\r\n\x1a\n");
	return [png.readUInt32BE(16), png.readUInt32BE(20)];
}

/** The bytes of the lines of pixels, not yet unfiltered: the same for the same picture. */
function pixelsOf(png: Buffer): Buffer {
	const parts: Buffer[] = [];
	for (let at = 8; at < png.length; ) {
		const length = png.readUInt32BE(at);
		if (png.toString("latin1", at + 4, at + 8) === "IDAT") parts.push(png.subarray(at + 8, at + 8 + length));
		at += length + 12;
	}
	return inflateSync(Buffer.concat(parts));
}

async function saved(report: Report): Promise<Buffer> {
	const world = fakeContext({ "r.json": report });
	expect(await main(["show", "r.json", "--out", "chart.png"], world.context)).toBe(0);
	return Buffer.from(world.files.get("chart.png") ?? "", "latin1");
}

describe("the chart as a PNG", () => {
	it("is a picture of 16:9, and higher for many profiles", async () => {
		expect(sizeOf(await saved(usual))).toEqual([1920, 1080]);
		const many = aReport(Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`p-${i}`, { totals: [1000] }])));
		expect(sizeOf(await saved(many))[1]).toBeGreaterThan(4000);
	});

	it("has the text in it, also where the machine has no font", async () => {
		const drawn = pixelsOf(await saved(usual));
		const { Resvg } = await import("@resvg/resvg-js");
		/** Draws with the given fonts alone, as on a machine without any. */
		const on = (fonts: object) => async () =>
			({
				Resvg: class extends Resvg {
					constructor(svg: string, options: { font?: { fontFiles?: string[] } } = {}) {
						super(svg, { ...options, font: { ...options.font, loadSystemFonts: false, ...fonts } });
					}
				},
			}) as typeof import("@resvg/resvg-js");
		const alone = (await loadPngRenderer(on({})))(figuresOf(usual), {});
		expect(pixelsOf(Buffer.from(alone)).equals(drawn)).toBe(true);
		const without = (await loadPngRenderer(on({ fontFiles: [] })))(figuresOf(usual), {});
		expect(pixelsOf(Buffer.from(without)).equals(drawn)).toBe(false);
	});

	it("is another picture where there is no data", async () => {
		expect(pixelsOf(await saved(failed)).equals(pixelsOf(await saved(usual)))).toBe(false);
	});

	it("is not printed on stdout", async () => {
		const world = fakeContext({ "r.json": usual });
		expect(await main(["show", "r.json", "--format", "png"], world.context)).toBe(2);
		expect(world.said.stderr).toContain("hint: save it instead: --out chart.png");
		expect(world.said.stdout).toBe("");
	});

	it("is refused with a way out where the module or the font is not there", async () => {
		const missing = () => Promise.reject(new Error("Cannot find module '@resvg/resvg-js'\nRequire stack: …"));
		const refusal = await loadPngRenderer(missing).catch((error: unknown) => error);
		expect(refusal).toBeInstanceOf(UsageError);
		expect(refusal).toMatchObject({
			message: "PNG cannot be drawn on this machine: Cannot find module '@resvg/resvg-js'",
			hint: expect.stringContaining("as .svg"),
		});
		const noFont = () => {
			throw new Error("Cannot find module '@expo-google-fonts/arimo'");
		};
		await expect(loadPngRenderer(undefined, noFont)).rejects.toThrow("@expo-google-fonts/arimo");
	});
});
