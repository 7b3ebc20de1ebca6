/**
 * Shows that cold starts of copies in rotation take as long as those of one service, and how much sooner they are done.
 *
 *   npm run bench:rotation -- --reports DIR [--blocks 3] -- --profile minimal --profile full --iterations 10 …
 *   npm run bench:rotation -- --reports DIR
 *
 * What follows the second `--` goes to `knistio bench`, which runs with `--copies 1` and with as many copies as it takes
 * in turns, `--blocks` times each; DIR keeps the reports, and without bench options those that are there are compared.
 * Equivalent means: the 90 % interval of the shift (Hodges and Lehmann) lies within 5 % of the median, or 100 ms, which
 * is two one-sided tests at 5 %. Exits with 1 where it is not.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { sampleOf } from "../src/analysis/samples.ts";
import { shiftBetween } from "../src/analysis/shift.ts";
import { medianOf } from "../src/analysis/statistics/median.ts";
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
	return results.length > 0 && results.every((isEquivalent) => isEquivalent) ? 0 : 1;
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

function compare(name: string, oneReports: readonly Report[], copyReports: readonly Report[]): boolean {
	const [one, copies] = [pooled(oneReports, name), pooled(copyReports, name)];
	const [before, after] = [sampleOfAll(one), sampleOfAll(copies)];
	const shift = before && after && shiftBetween(before, after, 0.9);
	console.log(`\n${name}`);
	for (const [title, runs] of [
		["one service", one],
		["copies", copies],
	] as const)
		console.log(`  ${describe(title, runs)}`);
	if (before === undefined || shift?.interval === undefined) {
		console.log("  too few cold starts to compare");
		return false;
	}
	const limitMs = Math.max(leastLimitMs, limitShare * (medianOf(before.values.map(({ ms }) => ms)) ?? 0));
	const { lo, hi } = shift.interval;
	const isEquivalent = lo > -limitMs && hi < limitMs;
	const verdict = isEquivalent ? "equivalent" : "not shown to be equivalent";
	console.log(
		`  shift ${shift.ms.toFixed(0)} ms, 90 % [${lo.toFixed(0)}, ${hi.toFixed(0)}], limit ± ${limitMs.toFixed(0)} ms: ${verdict}`,
	);
	return isEquivalent;
}

function sampleOfAll(runs: readonly ProfileRun[]) {
	const [first] = runs;
	if (first === undefined) return undefined;
	return sampleOf({ ...first, coldStarts: runs.flatMap(({ coldStarts }) => coldStarts) }, "total");
}

/** `one service   n=30  median 1.301 s  sd 350 ms  middle half 410 ms  18.2 s for each cold start`. */
function describe(title: string, runs: readonly ProfileRun[]): string {
	const values = (sampleOfAll(runs)?.values ?? []).map(({ ms }) => ms).sort((a, b) => a - b);
	const mean = values.reduce((sum, ms) => sum + ms, 0) / values.length;
	const sd = Math.sqrt(values.reduce((sum, ms) => sum + (ms - mean) ** 2, 0) / (values.length - 1));
	const quarter = (share: number) => values[Math.floor(share * (values.length - 1))] ?? Number.NaN;
	const attempted = runs.reduce((sum, { coldStarts }) => sum + coldStarts.length, 0);
	return [
		title.padEnd(12),
		`n=${values.length} of ${attempted}`,
		`median ${((medianOf(values) ?? Number.NaN) / 1000).toFixed(3)} s`,
		`sd ${sd.toFixed(0)} ms`,
		`middle half ${(quarter(0.75) - quarter(0.25)).toFixed(0)} ms`,
		`${secondsApart(runs).toFixed(1)} s from one cold start to the next, ${(secondsApart(runs) - mean / 1000).toFixed(1)} s more than it takes`,
	].join("  ");
}

/** The mean time from one request to the next of the same visit. */
function secondsApart(runs: readonly ProfileRun[]): number {
	const gaps = runs.flatMap(({ coldStarts }) => {
		const times = coldStarts.map(({ requestSentAt }) => Date.parse(requestSentAt));
		return times.slice(1).map((at, index) => (at - (times[index] ?? at)) / 1000);
	});
	return gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
}
