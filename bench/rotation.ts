/**
 * Shows that cold starts of copies in rotation take as long as those of one service, and how much sooner they are done.
 *
 *   npm run bench:rotation -- --reports DIR [--blocks 3] -- --profile minimal --profile full --iterations 10 …
 *   npm run bench:rotation -- --reports DIR
 *
 * What follows the second `--` goes to `knistio bench`, which runs with `--copies 1` and with as many copies as it takes
 * in turns, `--blocks` times each; DIR keeps the reports, and without bench options those that are there are compared.
 * Equivalent means: the 90 % interval of the shift (Hodges and Lehmann) lies within 5 % of the median, or 100 ms, which
 * is two one-sided tests at 5 %; and the copies' middle half is not surely wider (bootstrap, one-sided 5 %). Exits with 1
 * where it is not. The last lines are Markdown for docs.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Sample, sampleOf } from "../src/analysis/samples.ts";
import { shiftBetween } from "../src/analysis/shift.ts";
import { medianOf } from "../src/analysis/statistics/median.ts";
import { seededRandom } from "../src/analysis/statistics/random.ts";
import type { ProfileRun, Report } from "../src/report/report.ts";

type Way = "one" | "copies";

const usage = "usage: npm run bench:rotation -- --reports DIR [--blocks N] [-- BENCH-OPTIONS]";
const leastLimitMs = 100;
const limitShare = 0.05;

process.exitCode = await run(process.argv.slice(2));

async function run(argv: string[]): Promise<number> {
	const split = argv.indexOf("--");
	const benchOptions = split < 0 ? [] : argv.slice(split + 1);
	const { values } = parseArgs({
		args: split < 0 ? argv : argv.slice(0, split),
		options: { reports: { type: "string" }, blocks: { type: "string", default: "3" } },
	});
	const folder = values.reports;
	if (folder === undefined) {
		console.error(usage);
		return 2;
	}
	await mkdir(folder, { recursive: true });
	for (let block = 1; benchOptions.length > 0 && block <= Number(values.blocks); block++) {
		// The way that begins changes, so that a drift of the cluster favours neither.
		const ways: Way[] = block % 2 === 1 ? ["one", "copies"] : ["copies", "one"];
		for (const way of ways) await bench(benchOptions, way, join(folder, `${way}-${block}.json`));
	}
	const [one, copies] = [await reportsOf(folder, "one"), await reportsOf(folder, "copies")];
	const names = [...new Set(one.flatMap(({ profiles }) => profiles.map(({ profile }) => profile.name)))];
	const results = names.map((name) => compare(name, one, copies));
	console.log(`\n${markdownOf(results)}\n${describeTimes(one, copies)}`);
	return results.length > 0 && results.every(({ isEquivalent }) => isEquivalent) ? 0 : 1;
}

async function bench(options: readonly string[], way: Way, file: string): Promise<void> {
	const program = fileURLToPath(new URL("../bin.js", import.meta.url));
	const args = [program, "bench", ...options, ...(way === "one" ? ["--copies", "1"] : []), "--out", file];
	const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
	const [code] = await once(child, "exit");
	if (code !== 0) throw new Error(`bench ended with ${code}`);
}

async function reportsOf(folder: string, way: Way): Promise<Report[]> {
	const files = (await readdir(folder)).filter((name) => new RegExp(`^${way}-\\d+\\.json$`).test(name)).sort();
	return Promise.all(files.map(async (name) => JSON.parse(await readFile(join(folder, name), "utf8")) as Report));
}

/** All counted cold starts of a profile, whichever report they are in. */
function pooled(reports: readonly Report[], name: string): ProfileRun[] {
	return reports.flatMap(({ profiles }) => profiles.filter(({ profile }) => profile.name === name));
}

interface Comparison {
	name: string;
	/** One line of figures for each way. */
	figures: readonly [string, Figures | undefined][];
	verdict: string;
	isEquivalent: boolean;
}

function compare(name: string, oneReports: readonly Report[], copyReports: readonly Report[]): Comparison {
	const [one, copies] = [pooled(oneReports, name), pooled(copyReports, name)];
	const figures: [string, Figures | undefined][] = [
		["one service", figuresOf(one)],
		["copies", figuresOf(copies)],
	];
	console.log(`\n${name}`);
	for (const [way, each] of figures) console.log(`  ${describe(way, each)}`);
	const { verdict, isEquivalent } = judge(one, copies);
	console.log(`  ${verdict}`);
	return { name, figures, verdict, isEquivalent };
}

function judge(one: readonly ProfileRun[], copies: readonly ProfileRun[]): { verdict: string; isEquivalent: boolean } {
	const [before, after] = [sampleOfAll(one), sampleOfAll(copies)];
	const shift = before && after && shiftBetween(before, after, 0.9);
	if (before === undefined || after === undefined || shift?.interval === undefined) {
		return { verdict: "too few cold starts to compare", isEquivalent: false };
	}
	const limitMs = Math.max(leastLimitMs, limitShare * (medianOf(timesOf(before)) ?? 0));
	const { lo, hi } = shift.interval;
	const isNear = lo > -limitMs && hi < limitMs;
	const ratio = spreadRatio(timesOf(before), timesOf(after));
	const isWider = ratio.lo > 1;
	const parts = [
		`shift ${shift.ms.toFixed(0)} ms, 90 % [${lo.toFixed(0)}, ${hi.toFixed(0)}], limit ± ${limitMs.toFixed(0)} ms: ${isNear ? "equivalent" : "not shown to be equivalent"}`,
		`middle half × ${ratio.estimate.toFixed(2)}, 90 % [${ratio.lo.toFixed(2)}, ${ratio.hi.toFixed(2)}]: ${isWider ? "surely wider" : "not surely wider"}`,
	];
	return { verdict: parts.join("; "), isEquivalent: isNear && !isWider };
}

function timesOf({ values }: Sample): number[] {
	return values.map(({ ms }) => ms).sort((a, b) => a - b);
}

/** The width in which the middle half of the sorted times lies. */
function middleHalf(sorted: readonly number[]): number {
	const quarter = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN;
	return quarter(0.75) - quarter(0.25);
}

/** How much wider the second middle half is, with its 90 % interval by 2,000 resamplings. */
function spreadRatio(one: readonly number[], copies: readonly number[]) {
	const random = seededRandom(1);
	const resampled = (times: readonly number[]) =>
		times.map(() => times[Math.floor(random() * times.length)] ?? Number.NaN).sort((a, b) => a - b);
	const ratios = Array.from({ length: 2_000 }, () => middleHalf(resampled(copies)) / middleHalf(resampled(one)))
		.filter((ratio) => Number.isFinite(ratio))
		.sort((a, b) => a - b);
	const at = (share: number) => ratios[Math.floor(share * (ratios.length - 1))] ?? Number.NaN;
	return { estimate: middleHalf(copies) / middleHalf(one), lo: at(0.05), hi: at(0.95) };
}

function sampleOfAll(runs: readonly ProfileRun[]) {
	const [first] = runs;
	if (first === undefined) return undefined;
	return sampleOf({ ...first, coldStarts: runs.flatMap(({ coldStarts }) => coldStarts) }, "total");
}

interface Figures {
	counted: number;
	attempted: number;
	medianMs: number;
	sdMs: number;
	middleHalfMs: number;
	/** From one cold start to the next, and how much longer that is than a cold start. */
	apartSeconds: number;
	besideSeconds: number;
}

/** Undefined where nothing was counted. */
function figuresOf(runs: readonly ProfileRun[]): Figures | undefined {
	const sample = sampleOfAll(runs);
	const times = sample === undefined ? [] : timesOf(sample);
	const medianMs = medianOf(times);
	if (medianMs === undefined) return undefined;
	const mean = times.reduce((sum, ms) => sum + ms, 0) / times.length;
	const apartSeconds = secondsApart(runs);
	return {
		counted: times.length,
		attempted: runs.reduce((sum, { coldStarts }) => sum + coldStarts.length, 0),
		medianMs,
		sdMs: Math.sqrt(times.reduce((sum, ms) => sum + (ms - mean) ** 2, 0) / (times.length - 1)),
		middleHalfMs: middleHalf(times),
		apartSeconds,
		besideSeconds: apartSeconds - mean / 1000,
	};
}

/** `one service   n=30 of 33  median 1.301 s  …`. */
function describe(title: string, figures: Figures | undefined): string {
	if (figures === undefined) return `${title.padEnd(12)}  nothing was counted`;
	const { counted, attempted, medianMs, sdMs, middleHalfMs, apartSeconds, besideSeconds } = figures;
	return [
		title.padEnd(12),
		`n=${counted} of ${attempted}`,
		`median ${(medianMs / 1000).toFixed(3)} s`,
		`sd ${sdMs.toFixed(0)} ms`,
		`middle half ${middleHalfMs.toFixed(0)} ms`,
		`${apartSeconds.toFixed(1)} s from one cold start to the next, ${besideSeconds.toFixed(1)} s more than it takes`,
	].join("  ");
}

/** The figures as a table, with a sentence on each profile. */
function markdownOf(results: readonly Comparison[]): string {
	const rows = results.flatMap(({ name, figures }) =>
		figures.map(([way, each]) => {
			if (each === undefined) return `| ${name} | ${way} | 0 | | | | | |`;
			const { counted, medianMs, sdMs, middleHalfMs, apartSeconds, besideSeconds } = each;
			return `| ${name} | ${way} | ${counted} | ${(medianMs / 1000).toFixed(3)} s | ${sdMs.toFixed(0)} ms | ${middleHalfMs.toFixed(0)} ms | ${apartSeconds.toFixed(1)} s | ${besideSeconds.toFixed(1)} s |`;
		}),
	);
	return [
		"| profile | measured with | n | median | sd | middle half | from one to the next | more than it takes |",
		"| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
		...rows,
		"",
		...results.map(({ name, verdict }) => `- ${name}: ${verdict}.`),
	].join("\n");
}

/** How long the runs took, installs included: `runs: one service 12.3 min and 12.1 min; copies …`. */
function describeTimes(one: readonly Report[], copies: readonly Report[]): string {
	const minutes = (reports: readonly Report[]) =>
		reports
			.map(({ startedAt, finishedAt }) =>
				finishedAt === undefined
					? "broke off"
					: `${((Date.parse(finishedAt) - Date.parse(startedAt)) / 60_000).toFixed(1)} min`,
			)
			.join(", ");
	return `runs, without their clean-up: one service ${minutes(one)}; copies ${minutes(copies)}`;
}

/** The mean time from one request to the next of the same visit. */
function secondsApart(runs: readonly ProfileRun[]): number {
	const gaps = runs.flatMap(({ coldStarts }) => {
		const times = coldStarts.map(({ requestSentAt }) => Date.parse(requestSentAt));
		return times.slice(1).map((at, index) => (at - (times[index] ?? at)) / 1000);
	});
	return gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
}
