import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, bench, describe } from "vitest";
import { reportText } from "../src/report/report-text.ts";
import { largeReport } from "./large-report.ts";

/**
 * `npm run build && npx vitest bench --run`: the whole process that judges a report of 10,000 cold starts (about 45 MB)
 * against baselines, from its start to its end. Most of the time is spent on JSON.parse and on checking the schema. The
 * CPU time of each process is printed below: it depends less on other work on the machine.
 */

const folder = await mkdtemp(join(tmpdir(), "knistio-bench-"));
afterAll(() => rm(folder, { recursive: true }));
const profiles = ["full", "full-cni", "no-policy", "minimal", "ambient"];
const sizes = { "new.json": 2_000, "main.json": 2_000, "few.json": 20 };
for (const [seed, [name, perProfile]] of Object.entries(sizes).entries()) {
	await writeFile(join(folder, name), reportText(await largeReport({ profiles, perProfile, seed })));
}

/** Makes a process tell at its end what it took. */
const tellUsage = `data:text/javascript,${encodeURIComponent(`process.on("exit", () => {
	const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
	process.stderr.write(JSON.stringify({ cpuMs: (userCPUTime + systemCPUTime) / 1e3, peakMib: maxRSS / 1024 }));
})`)}`;

const program = join(import.meta.dirname, "../dist/bin.js");

/** Few against many may well be inconclusive (3), and takes as long. */
async function knistio(...args: string[]): Promise<void> {
	const run = promisify(execFile)(process.execPath, ["--import", tellUsage, program, ...args], { cwd: folder });
	const { stderr } = await run.catch((error) => {
		if (error.code !== 3) throw error;
		return error as { stderr: string };
	});
	const { cpuMs, peakMib } = JSON.parse(stderr);
	console.info(`${args.join(" ")}: ${Math.round(cpuMs)} ms of processors, ${Math.round(peakMib)} MiB`);
}

describe("10,000 cold starts", () => {
	const options = { iterations: 7, warmupIterations: 0, warmupTime: 0, time: 0 };
	bench("check against 100", () => knistio("check", "new.json", "--baseline", "few.json"), options);
	bench("check against 10,000", () => knistio("check", "new.json", "--baseline", "main.json"), options);
	bench("compare with 10,000", () => knistio("compare", "new.json", "main.json"), options);
	bench("show", () => knistio("show", "new.json"), options);
});
