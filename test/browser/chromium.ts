import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const usualPlaces = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Opens the browser that is installed, or that KNISTIO_TEST_CHROMIUM names. @throws Error where there is none */
export async function openChromium(): Promise<Browser> {
	const named = process.env.KNISTIO_TEST_CHROMIUM;
	const executablePath = named ?? usualPlaces.find((path) => existsSync(path));
	if (executablePath === undefined) {
		throw new Error(
			`no browser at ${usualPlaces.join(", ")}: install chromium, or name one with KNISTIO_TEST_CHROMIUM`,
		);
	}
	// Its sandbox cannot be set up by root, as in most containers; the pages are our own.
	const isRoot = process.getuid?.() === 0;
	return chromium.launch({ executablePath, args: isRoot ? ["--no-sandbox"] : [] });
}
