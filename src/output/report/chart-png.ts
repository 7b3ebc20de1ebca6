import { createRequire } from "node:module";
import type { Resvg } from "@resvg/resvg-js";
import { UsageError } from "../../errors.ts";
import { renderChart } from "./chart-svg.ts";
import type { RenderPicture } from "./render.ts";
import { fontFamily } from "./svg.ts";

/** What draws: a native module, which npm installs only where there is a build of it for the machine. */
interface Drawing {
	Resvg: typeof Resvg;
}

const { resolve } = createRequire(import.meta.url);

async function loadDrawing(): Promise<Drawing> {
	const { default: drawing } = await import("@resvg/resvg-js");
	return drawing;
}

/**
 * Loads what turns the chart into a PNG of 1920 × 1080 or higher.
 *
 * The letters are those of Arimo, which comes along, so that the picture is the same on every machine and no text is
 * missing where no font is installed. Only letters that it does not have are taken from the machine's fonts.
 * @param load gives the native module, `find` the path of a font's file
 * @throws UsageError where the module or the font is not there
 */
export async function loadPngRenderer(
	load: () => Promise<Drawing> = loadDrawing,
	find: (file: string) => string = resolve,
): Promise<RenderPicture> {
	try {
		const { Resvg } = await load();
		const fontFiles = ["400Regular", "600SemiBold"].map((weight) =>
			find(`@expo-google-fonts/arimo/${weight}/Arimo_${weight}.ttf`),
		);
		const font = { fontFiles, loadSystemFonts: true, defaultFontFamily: "Arimo", sansSerifFamily: "Arimo" };
		return (figures, options) => {
			const svg = renderChart(figures, options).replace(`font-family="${fontFamily}"`, 'font-family="Arimo"');
			return new Resvg(svg, { font, logLevel: "off" }).render().asPng();
		};
	} catch (cause) {
		const reason = cause instanceof Error ? (cause.message.split("\n")[0] ?? "") : String(cause);
		throw new UsageError(`PNG cannot be drawn on this machine: ${reason}`, {
			cause,
			hint:
				"write the same chart as .svg, which browsers and slides show; or install knistio with its optional " +
				"dependencies (npm install --include=optional), of which one has builds for the usual systems only",
		});
	}
}
