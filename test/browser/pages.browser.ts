import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { AxeResults } from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { largeReport } from "../../bench/large-report.ts";
import { compareReports } from "../../src/analysis/comparison.ts";
import { renderDiffPage } from "../../src/output/html/diff-page.ts";
import type { Report } from "../../src/report/report.ts";
import { recorded, reportOf } from "../support/recorded.ts";
import { rendered } from "../support/rendered.ts";
import { strange, usual } from "../support/strange-reports.ts";
import { openChromium } from "./chromium.ts";
import { judgedPage } from "./judged-page.ts";

const comparisonOf = (...reports: Report[]) => {
	const labelled = reports.map((report, index) => ({ label: `${index}.json`, report }));
	return renderDiffPage({ reports: labelled, tables: compareReports(labelled) });
};
const native = reportOf(recorded("native"));
const four = await largeReport({ profiles: ["full", "full-cni", "no-policy", "minimal"], perProfile: 20, seed: 1 });
const thousand = await largeReport({ profiles: ["full", "minimal"], perProfile: 500, seed: 2 });

const pages: Record<string, string> = {
	usual: rendered("html", usual),
	native: rendered("html", native),
	talk: rendered("html", four, { reference: "talk" }),
	judged: await judgedPage(),
	...Object.fromEntries(Object.entries(strange).map(([name, report]) => [name, rendered("html", report)])),
	"two reports": comparisonOf(usual, usual),
	"a report and one without data": comparisonOf(usual, strange["all failed"] ?? usual),
	"one report": comparisonOf(usual),
	"hostile names": comparisonOf(strange.names ?? usual),
};

let browser: Browser;
let folder: string;
beforeAll(async () => {
	browser = await openChromium();
	folder = await mkdtemp(join(tmpdir(), "knistio-pages-"));
});
afterAll(async () => {
	await browser?.close();
	await rm(folder, { recursive: true });
});

/** Where screenshots go, for a person to look at; none are made without it. */
const screenshots = process.env.KNISTIO_TEST_SCREENSHOTS;

/** A page that is open, and what the browser complained of. */
async function open(html: string, colorScheme: "light" | "dark" = "light", width = 1280) {
	const file = join(folder, "page.html");
	await writeFile(file, html);
	const page = await browser.newPage({ colorScheme, viewport: { width, height: 900 } });
	const complaints: string[] = [];
	const requests: string[] = [];
	page.on("console", (message) => complaints.push(message.text()));
	page.on("pageerror", (error) => complaints.push(error.message));
	page.on("request", (request) => requests.push(request.url()));
	await page.goto(pathToFileURL(file).href);
	return { page, complaints, requests };
}

async function picture(page: Page, name: string): Promise<void> {
	if (screenshots === undefined) return;
	await mkdir(screenshots, { recursive: true });
	await page.screenshot({ path: join(screenshots, `${name.replaceAll(" ", "-")}.png`), fullPage: true });
}

const axe = createRequire(import.meta.url)("axe-core").source as string;

async function violationsOf(page: Page): Promise<string[]> {
	await page.evaluate(axe);
	const { violations } = await page.evaluate(() => (window as unknown as { axe: { run(): AxeResults } }).axe.run());
	return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`);
}

describe.each(Object.keys(pages))("the page of %s", (name) => {
	it.each(["light", "dark"] as const)("has no error and nothing that keeps people out: %s", async (scheme) => {
		const { page, complaints, requests } = await open(pages[name] ?? "", scheme);
		expect(await violationsOf(page)).toEqual([]);
		await picture(page, `${name}-${scheme}`);
		expect(complaints).toEqual([]);
		expect(requests).toHaveLength(1);
		await page.close();
	});

	it("is no wider than a small screen", async () => {
		const { page } = await open(pages[name] ?? "", "light", 390);
		expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
		await picture(page, `${name}-small`);
		await page.close();
	});
});

it("runs no script but its own", async () => {
	const { page, complaints } = await open(pages.usual ?? "");
	await page.evaluate(() => {
		const script = document.createElement("script");
		script.textContent = "document.title = 'changed'";
		document.body.append(script);
		document.body.insertAdjacentHTML("beforeend", "<img src='x.png'><p style='color: red' onclick='0'></p>");
	});
	expect(await page.title()).not.toBe("changed");
	expect(complaints.join()).toMatch(/Content Security Policy/);
	await page.close();
});

it("is used by keyboard alone", async () => {
	const { page } = await open(pages.talk ?? "");
	const focused = () =>
		page.evaluate(() => {
			const { activeElement } = document;
			return activeElement?.matches("input") ? "slider" : (activeElement?.querySelector("th")?.textContent ?? "");
		});
	const tabTo = async (isThere: (name: string) => boolean) => {
		for (let stops = 0; stops < 40; stops++) {
			await page.keyboard.press("Tab");
			if (isThere(await focused())) return;
		}
		throw new Error("the tab key does not lead there");
	};
	const chosen = () => page.locator("[data-chosen]").first().textContent();
	await tabTo((name) => name === "slider");
	await page.keyboard.press("Home");
	const first = await chosen();
	await page.keyboard.press("ArrowRight");
	expect(await chosen()).not.toBe(first);
	await tabTo((name) => name === "activation");
	await page.keyboard.press("ArrowDown");
	expect(await focused()).toBe("pod-creation");
	expect(await page.locator("[data-detail]").first().textContent()).toMatch(/^pod-creation: .*Source: /);
	await page.keyboard.press("ArrowLeft");
	expect(await chosen()).toBe(first);
	expect(await focused()).toBe("pod-creation");
	await page.close();
});

it("shows the attempt whose dot is clicked", async () => {
	const { page } = await open(pages.usual ?? "");
	await page.locator('[data-profile="1"] [data-sample="0"]').click();
	expect(await page.locator('[data-profile="1"] [data-chosen]').textContent()).toContain("round 1: cold");
	await page.close();
});

it.each(["usual", "native", "talk", "judged"])("prints %s to one page", async (name) => {
	const { page } = await open(pages[name] ?? "", "dark");
	const pdf = await page.pdf({ preferCSSPageSize: true });
	if (screenshots !== undefined) await writeFile(join(screenshots, `${name}.pdf`), pdf);
	expect(pdf.toString("latin1").match(/\/Type\s*\/Page\b/g)).toHaveLength(1);
	await page.close();
});

it("is quick with a thousand cold starts", async () => {
	const html = rendered("html", thousand);
	expect(Buffer.byteLength(html)).toBeLessThan(5_000_000);
	const { page } = await open(html);
	const { opening, step } = await page.evaluate(() => {
		const [navigation] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
		const slider = document.querySelector("input");
		const before = performance.now();
		for (let at = 1; at <= 50 && slider !== null; at++) {
			slider.value = String(at);
			slider.dispatchEvent(new Event("input"));
			document.body.getBoundingClientRect();
		}
		return { opening: navigation?.loadEventEnd ?? Number.NaN, step: (performance.now() - before) / 50 };
	});
	console.info(`${html.length} characters, open after ${Math.round(opening)} ms, ${step.toFixed(1)} ms an attempt`);
	expect(opening).toBeLessThan(5000);
	expect(step).toBeLessThan(200);
	await page.close();
});
