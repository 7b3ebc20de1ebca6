/**
 * Holds knistio's instants against the container runtime's own record of the same cold starts.
 *
 *   npm run ground-truth -- --containers DIR -- --profile minimal --iterations 50 …
 *
 * DIR is where containerd's CRI plugin keeps a folder for each container on the node, with its `status` in nanoseconds:
 * `<root>/io.containerd.grpc.v1.cri/containers`. What follows the second `--` goes to `knistio bench`. The runtime's
 * clock must be the one of the machine that runs this, as on a single-machine cluster.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Entry } from "../src/model/recording.ts";
import type { Measured } from "../src/model/report.ts";
import { parseTime } from "../src/model/timestamp.ts";
import { quantileOf } from "../src/statistics/median.ts";
import { openReportBuilder } from "../src/timing/report-builder.ts";

/** What containerd writes for a container; nanoseconds since the epoch, 0 for not yet. Digits beyond a double are text. */
interface RuntimeStatus {
	CreatedAt: bigint;
	StartedAt: bigint;
	FinishedAt: bigint;
}

/** One instant of one container as knistio has it, and as it was. */
interface Comparison {
	what: string;
	source: string;
	errorMs: number;
	isCovered: boolean;
	/** The error of the whole second that the pod's status tells. */
	statusErrorMs?: number;
}

const separator = process.argv.indexOf("--", 3);
const containersFlag = process.argv.indexOf("--containers");
const containers = process.argv[containersFlag + 1];
if (containersFlag < 0 || containers === undefined || separator < 0) {
	console.error("usage: npm run ground-truth -- --containers DIR -- BENCH-OPTIONS");
	process.exit(2);
}

const recording = join(await mkdtemp(join(tmpdir(), "knistio-truth-")), "recording.ndjson");
const program = fileURLToPath(new URL("../bin.js", import.meta.url));
const bench = spawn(process.execPath, [program, "bench", ...process.argv.slice(separator + 1), "--record", recording], {
	stdio: ["ignore", "inherit", "inherit"],
});
const truth = new Map<string, RuntimeStatus>();
const watching = setInterval(() => void readStatuses(containers), 250);
const [code] = await once(bench, "close");
clearInterval(watching);
if (code !== 0) process.exit(code ?? 1);
print(compare(await readEntries(recording)));

/** A container's folder goes with its pod, so its status is read while it runs; a later one replaces it. */
async function readStatuses(directory: string): Promise<void> {
	for (const id of await readdir(directory)) {
		const text = await readFile(join(directory, id, "status"), "utf8").catch(() => undefined);
		if (text === undefined) continue;
		const field = (name: string) => BigInt(new RegExp(`"${name}":(\\d+)`).exec(text)?.[1] ?? 0);
		truth.set(id, { CreatedAt: field("CreatedAt"), StartedAt: field("StartedAt"), FinishedAt: field("FinishedAt") });
	}
}

async function readEntries(path: string): Promise<Entry[]> {
	const lines = (await readFile(path, "utf8")).trim().split("\n");
	return lines.map((line) => JSON.parse(line) as Entry);
}

interface ContainerStatus {
	name: string;
	containerID?: string;
	state?: { running?: { startedAt?: string }; terminated?: { startedAt?: string; finishedAt?: string } };
}

/** By pod and container: the runtime's id, and the seconds of the pod's status. */
function statusesOf(entries: Entry[]): Map<string, { id: string; startedAt?: string; finishedAt?: string }> {
	const found = new Map<string, { id: string; startedAt?: string; finishedAt?: string }>();
	for (const entry of entries) {
		if (entry.kind !== "watch" || entry.watch !== "pods") continue;
		const status = entry.object.status as
			| { initContainerStatuses?: ContainerStatus[]; containerStatuses?: ContainerStatus[] }
			| undefined;
		for (const each of [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]) {
			const id = each.containerID?.split("//")[1];
			if (id === undefined) continue;
			const startedAt = each.state?.running?.startedAt ?? each.state?.terminated?.startedAt;
			const finishedAt = each.state?.terminated?.finishedAt;
			const key = `${entry.object.metadata.uid} ${each.name}`;
			found.set(key, { id, ...(startedAt ? { startedAt } : {}), ...(finishedAt ? { finishedAt } : {}) });
		}
	}
	return found;
}

function compare(entries: Entry[]): Comparison[] {
	const builder = openReportBuilder();
	for (const entry of entries) builder.add(entry);
	const statuses = statusesOf(entries);
	const comparisons: Comparison[] = [];
	for (const { coldStarts } of builder.report().profiles) {
		for (const start of coldStarts) {
			const origin = parseTime(start.requestSentAt) ?? 0n;
			for (const [name, instant] of Object.entries(start.instants)) {
				const [what = "", container] = name.split(":");
				const status = statuses.get(`${start.pods[0]?.uid} ${container}`);
				const runtime = truth.get(status?.id ?? "");
				const field = ({ started: "StartedAt", finished: "FinishedAt" } as const)[what as "started" | "finished"];
				if (runtime === undefined || field === undefined || runtime[field] === 0n) continue;
				const second = parseTime(what === "started" ? status?.startedAt : status?.finishedAt);
				comparisons.push(comparisonOf(what, instant, { trueNs: runtime[field], origin, second }));
			}
		}
	}
	return comparisons;
}

function comparisonOf(
	what: string,
	instant: Measured,
	{ trueNs, origin, second }: { trueNs: bigint; origin: bigint; second: bigint | undefined },
): Comparison {
	const trueMs = Number(trueNs - origin) / 1e6;
	return {
		what,
		source: instant.source,
		errorMs: instant.ms - trueMs,
		isCovered: instant.loMs <= trueMs && trueMs <= instant.hiMs,
		...(second === undefined ? {} : { statusErrorMs: Number(second - trueNs) / 1e6 }),
	};
}

function print(comparisons: Comparison[]): void {
	console.log(
		"\ninstant   source      n    error: median   |p50|   |p95|   |max| ms   covered   by status |p50| ms   closer by",
	);
	for (const group of new Set(comparisons.map(({ what, source }) => `${what} ${source}`))) {
		const these = comparisons.filter(({ what, source }) => `${what} ${source}` === group);
		const absolute = these.map(({ errorMs }) => Math.abs(errorMs));
		const quantile = (values: number[], p: number) => quantileOf(values, p) ?? Number.NaN;
		const byStatus = these.flatMap(({ statusErrorMs }) =>
			statusErrorMs === undefined ? [] : [Math.abs(statusErrorMs)],
		);
		const [what = "", source = ""] = group.split(" ");
		console.log(
			[
				what.padEnd(9),
				source.padEnd(11),
				String(these.length).padEnd(4),
				quantile(
					these.map(({ errorMs }) => errorMs),
					0.5,
				)
					.toFixed(2)
					.padStart(14),
				quantile(absolute, 0.5).toFixed(2).padStart(7),
				quantile(absolute, 0.95).toFixed(2).padStart(7),
				Math.max(...absolute)
					.toFixed(2)
					.padStart(10),
				`${((100 * these.filter(({ isCovered }) => isCovered).length) / these.length).toFixed(1)} %`.padStart(9),
				quantile(byStatus, 0.5).toFixed(0).padStart(19),
				`${(quantile(byStatus, 0.5) / quantile(absolute, 0.5)).toFixed(0)} x`.padStart(11),
			].join(" "),
		);
	}
}
