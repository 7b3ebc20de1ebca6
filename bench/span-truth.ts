/**
 * Holds knistio's instants against the spans that kubelet, container runtime and API server sent of the same cold starts,
 * and prints how the finer phases share out the total.
 *
 *   npm run span-truth -- --traces URL|FILE [--joined FOLDER] RECORDING…
 *
 * A recording without spans is joined with those of the backend, as `bench --traces` would have done; `--joined` saves
 * the result, which `knistio replay` reads. The instants under test are those that knistio finds without the spans. The
 * cluster's clock must be the one of the machine that recorded, as on a single-machine cluster.
 */
import { readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { quantileOf } from "../src/analysis/statistics/median.ts";
import { get } from "../src/context/http.ts";
import type { Entry, EntryOf } from "../src/recording/entries.ts";
import type { Report } from "../src/report/report.ts";
import { openReportBuilder } from "../src/timing/report-builder.ts";
import { openTraceSource } from "../src/traces/open.ts";
import { openPodStarts } from "../src/traces/pod-starts.ts";
import { spansToKeep } from "../src/traces/select.ts";
import { comparePodWithSpans } from "./span-comparison.ts";
import { type Comparison, shapeOf, truthTables } from "./truth-comparison.ts";

const { values, positionals } = parseArgs({
	options: { traces: { type: "string" }, joined: { type: "string" } },
	allowPositionals: true,
});
if (positionals.length === 0) {
	console.error("usage: npm run span-truth -- --traces URL|FILE [--joined FOLDER] RECORDING…");
	process.exitCode = 2;
} else await run();

async function run(): Promise<void> {
	const comparisons: Comparison[] = [];
	const reports: Report[] = [];
	for (const path of positionals) {
		const entries = await joined(path);
		const spans = new Map(entries.flatMap((entry) => (entry.kind === "spans" ? [[entry.pod, entry.spans]] : [])));
		const without = fold(entries.filter(({ kind }) => kind !== "spans"));
		for (const { profile, coldStarts } of without.profiles) {
			for (const start of coldStarts) {
				const pod = start.pods[0];
				const own = spans.get(pod?.uid ?? "");
				if (pod === undefined || own === undefined || start.outcome !== "cold") continue;
				const of = { profile: profile.name, shape: shapeOf(pod), coldStart: start.requestSentAt };
				comparisons.push(...comparePodWithSpans(start, own, of));
			}
		}
		reports.push(fold(entries));
		if (values.joined !== undefined) {
			const text = entries.map((entry) => `${JSON.stringify(entry)}\n`).join("");
			await writeFile(join(values.joined, basename(path)), text);
		}
	}
	if (comparisons.length === 0) throw new Error("nothing could be compared: no pod of the recordings has spans");
	console.log(truthTables(comparisons, "shape"));
	console.log(phaseTables(reports));
}

function fold(entries: readonly Entry[]): Report {
	const builder = openReportBuilder();
	for (const entry of entries) builder.add(entry);
	return builder.report();
}

/** The recording's entries, with the spans of its pods after their samples. */
async function joined(path: string): Promise<Entry[]> {
	const lines = (await readFile(path, "utf8")).trim().split("\n");
	const entries = lines.map((line) => JSON.parse(line) as Entry);
	if (values.traces === undefined || entries.some(({ kind }) => kind === "spans")) return entries;
	const outside = { get, readFile: (file: string) => readFile(file, "utf8") };
	const source = await openTraceSource(values.traces, outside);
	const starts = openPodStarts();
	const result: Entry[] = [];
	for (const entry of entries) {
		result.push(entry.kind === "run" ? { ...entry, traces: true } : entry);
		for (const pod of starts.add(entry)) {
			const { spans } = spansToKeep(await source.spansOf(pod, new AbortController().signal), pod);
			if (spans.length > 0)
				result.push({ kind: "spans", at: entry.at, pod: pod.uid, spans } satisfies EntryOf<"spans">);
		}
	}
	return result;
}

/** Medians of the finer phases, and their shares of the median total: a column a profile. */
function phaseTables(reports: readonly Report[]): string {
	const starts = new Map<string, Report["profiles"][number]["coldStarts"]>();
	for (const { profile, coldStarts } of reports.flatMap(({ profiles }) => profiles)) {
		const counted = coldStarts.filter(({ counted }) => counted);
		starts.set(profile.name, [...(starts.get(profile.name) ?? []), ...counted]);
	}
	const names = [...starts.keys()];
	const phases = [...new Set([...starts.values()].flat().flatMap(({ finer = {} }) => Object.keys(finer)))];
	const median = (numbers: number[]) => quantileOf(numbers, 0.5);
	const rows = phases.map((phase) => [
		`\`${phase}\``,
		...names.map((name) => {
			const traced = (starts.get(name) ?? []).filter(({ finer }) => finer !== undefined);
			const ms = median(traced.flatMap(({ finer }) => finer?.[phase]?.ms ?? []));
			const total = median(traced.flatMap(({ total }) => total?.ms ?? []));
			return ms === undefined || total === undefined ? "–" : `${ms.toFixed(1)} (${((100 * ms) / total).toFixed(1)} %)`;
		}),
	]);
	const counts = names.map((name) => {
		const all = starts.get(name) ?? [];
		const traced = all.filter(({ finer }) => finer !== undefined);
		return `${traced.length} of ${all.length}, total ${median(traced.flatMap(({ total }) => total?.ms ?? []))?.toFixed(0)} ms`;
	});
	const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
	const head = [line(["phase", ...names]), line(["---", ...names.map(() => "---:")])];
	return [...head, line(["traced", ...counts]), ...rows.map(line)].join("\n");
}
