import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { KubeObject } from "../../src/kube/object.ts";
import type { Entry, WatchedKind } from "../../src/recording/entries.ts";
import type { Report } from "../../src/report/report.ts";
import { openReportBuilder } from "../../src/timing/report-builder.ts";

/** A recording's lines as the field may have them: anything of an object can be other than here. */
// biome-ignore lint/suspicious/noExplicitAny: other people's JSON
export type Loose = any;

/** The entries of a recording of a real cluster, by its name in test/recordings. */
export function recorded(name: string): Entry[] {
	const file = fileURLToPath(new URL(`../recordings/${name}.ndjson`, import.meta.url));
	return readFileSync(file, "utf8")
		.trim()
		.split("\n")
		.map((line) => JSON.parse(line) as Entry);
}

/** The entries with each object of one kind changed. */
export function withObjects(
	entries: readonly Entry[],
	watch: WatchedKind,
	change: (object: Loose, at: string) => void,
): Entry[] {
	return entries.map((entry) => {
		if (entry.kind !== "watch" || entry.watch !== watch) return entry;
		const object = structuredClone(entry.object) as KubeObject;
		change(object, entry.at);
		return { ...entry, object };
	});
}

/** The report of these entries. */
export function reportOf(entries: readonly Entry[]): Report {
	const builder = openReportBuilder();
	for (const entry of entries) builder.add(entry);
	return builder.report();
}

/** The only cold start of these entries. */
export function onlyStart(entries: readonly Entry[]) {
	const starts = reportOf(entries).profiles[0]?.coldStarts ?? [];
	const [start] = starts;
	if (start === undefined || starts.length > 1) throw new Error(`${starts.length} cold starts`);
	return start;
}
