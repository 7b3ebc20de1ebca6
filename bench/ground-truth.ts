/**
 * Holds knistio's instants against the container runtime's own record of the same cold starts.
 *
 *   npm run ground-truth -- --containers DIR [--json FILE] -- --profile minimal --iterations 50 …
 *   npm run ground-truth -- --pool FILE…
 *
 * DIR is where containerd's CRI plugin keeps a folder for each container on the node, with its `status` in nanoseconds:
 * `<root>/io.containerd.grpc.v1.cri/containers`. What follows the second `--` goes to `knistio bench`. The runtime's
 * clock must be the one of the machine that runs this, as on a single-machine cluster. `--json` saves the comparisons,
 * and `--pool` makes one table of those of several runs. Exits with 1 where nothing could be compared.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Entry } from "../src/recording/entries.ts";
import {
	type Comparison,
	compareWithTruth,
	parseComparisons,
	parseRuntimeStatus,
	pool,
	type RuntimeStatus,
	type SavedComparisons,
	truthTables,
} from "./truth-comparison.ts";

const usage = `usage: npm run ground-truth -- --containers DIR [--json FILE] -- BENCH-OPTIONS
       npm run ground-truth -- --pool FILE…`;

interface Arguments {
	containers?: string;
	json?: string;
	/** Files to pool. */
	pooled: string[];
	benchOptions: string[];
}

try {
	process.exitCode = await run(process.argv.slice(2));
} catch (error) {
	console.error(`ground-truth: ${(error as Error).message}`);
	process.exitCode = 1;
}

async function run(argv: string[]): Promise<number> {
	const { containers, json, pooled, benchOptions } = parse(argv);
	if (pooled.length > 0) {
		const runs = await Promise.all(pooled.map(async (file) => parseComparisons(await readFile(file, "utf8"), file)));
		return tell(pool(runs), "shape");
	}
	if (containers === undefined || benchOptions.length === 0) {
		console.error(usage);
		return 2;
	}
	const { entries, truth } = await measure(containers, benchOptions);
	const comparisons = [...compareWithTruth(entries, truth), ...withoutSpans(entries, truth)];
	const saved: SavedComparisons = { version: 1, comparisons };
	if (json !== undefined) await writeFile(json, `${JSON.stringify(saved, null, "\t")}\n`);
	if (truth.size === 0) throw new Error(`${containers} held no container's status while bench ran`);
	return tell(comparisons, "profile");
}

/** The starts as knistio has them without spans, where the recording holds some: both sources are held against one truth. */
function withoutSpans(entries: readonly Entry[], truth: ReadonlyMap<string, RuntimeStatus>): Comparison[] {
	if (!entries.some(({ kind }) => kind === "spans")) return [];
	const rest = entries.filter(({ kind }) => kind !== "spans");
	return compareWithTruth(rest, truth).filter(
		({ instant, source }) => instant.startsWith("started:") && source !== "trace",
	);
}

function parse(argv: string[]): Arguments {
	const separator = argv.indexOf("--");
	const own = separator < 0 ? argv : argv.slice(0, separator);
	const { values, positionals } = parseArgs({
		args: own,
		options: { containers: { type: "string" }, json: { type: "string" }, pool: { type: "boolean" } },
		allowPositionals: true,
	});
	if (positionals.length > 0 && values.pool !== true) throw new Error(`${positionals[0]} is not understood\n${usage}`);
	if (values.pool === true && positionals.length === 0) throw new Error(`--pool needs files\n${usage}`);
	return {
		...(values.containers === undefined ? {} : { containers: values.containers }),
		...(values.json === undefined ? {} : { json: values.json }),
		pooled: positionals,
		benchOptions: separator < 0 ? [] : argv.slice(separator + 1),
	};
}

function tell(comparisons: readonly Comparison[], by: "profile" | "shape"): number {
	if (comparisons.length === 0) throw new Error("nothing could be compared: no container is in both records");
	console.log(`\n${truthTables(comparisons, by)}`);
	return 0;
}

/** Runs bench, and reads meanwhile what the runtime writes. */
async function measure(containers: string, benchOptions: string[]) {
	const recording = join(await mkdtemp(join(tmpdir(), "knistio-truth-")), "recording.ndjson");
	const program = fileURLToPath(new URL("../bin.js", import.meta.url));
	const bench = spawn(process.execPath, [program, "bench", ...benchOptions, "--record", recording], {
		stdio: ["ignore", "inherit", "inherit"],
	});
	const truth = new Map<string, RuntimeStatus>();
	const ended = new AbortController();
	const reading = readWhile(containers, truth, ended.signal);
	// Whoever is first ends the other: without the runtime's record there is no use in measuring on.
	reading.catch(() => bench.kill("SIGINT"));
	const [code, signal] = await once(bench, "close");
	ended.abort();
	await reading;
	if (code !== 0) throw new Error(`bench ended with ${code ?? signal}; its recording is ${recording}`);
	const lines = (await readFile(recording, "utf8")).trim().split("\n");
	return { truth, entries: lines.map((line) => JSON.parse(line) as Entry) };
}

async function readWhile(directory: string, truth: Map<string, RuntimeStatus>, signal: AbortSignal): Promise<void> {
	while (!signal.aborted) {
		await readStatuses(directory, truth);
		await pause(250, undefined, { signal }).catch(() => {});
	}
	await readStatuses(directory, truth);
}

/**
 * A container's folder goes with its pod, so its status is read while it runs; a later one replaces it. The first
 * container of a machine makes the folder of all.
 */
async function readStatuses(directory: string, truth: Map<string, RuntimeStatus>): Promise<void> {
	const ids = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
		if (error.code === "ENOENT") return [];
		throw new Error(`cannot read ${directory}: ${error.message}`, { cause: error });
	});
	for (const id of ids) {
		const text = await readFile(join(directory, id, "status"), "utf8").catch(() => undefined);
		// A file that is being written may be short: what it held before stays.
		if (text?.includes("StartedAt")) truth.set(id, parseRuntimeStatus(text));
	}
}
