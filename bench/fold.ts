/**
 * How long a recording takes to become a report, and how much memory: `npm run bench:fold`. Made-up cold starts of a pod
 * with a native sidecar are written as lines and folded as `knistio replay` does, for three sizes; the last column must
 * stay about the same, for the work to grow no faster than the recording.
 */

import type { Entry } from "../src/recording/entries.ts";
import { asEntry } from "../src/recording/read-entry.ts";
import { openReportBuilder } from "../src/timing/report-builder.ts";
import { entriesOf, type MadeStart, plainStart } from "../test/support/cold-start-truth.ts";

const made: MadeStart = {
	...plainStart,
	containers: [
		{ name: "istio-init", role: "init", createMs: 40, startMs: 30, runMs: 120, noticeMs: 700 },
		{ name: "istio-proxy", role: "sidecar", createMs: 40, startMs: 30, runMs: 1400, noticeMs: 30 },
		...plainStart.containers,
	],
	nodeOffsetMs: 3,
	schedulerOffsetMs: -2,
};

/** The lines of one sample; a real pod's event is as large as with the padding. */
function sampleLines(index: number): string[] {
	const { entries } = entriesOf({ ...made, sentAt: made.sentAt + BigInt(index) * 20_000_000_000n });
	const [run, profile, ...rest] = entries.filter(({ kind }) => kind !== "end");
	const own = rest.map((entry) => {
		if (entry.kind === "watch") return { ...entry, object: { ...entry.object, padding: "x".repeat(4_000) } };
		return "round" in entry ? { ...entry, round: index + 1 } : entry;
	});
	return [...(index === 0 ? [run, profile] : []), ...own].map((entry) =>
		// A pod is cold once: each sample has its own.
		JSON.stringify(entry).replaceAll("made-pod", `made-pod-${index}`),
	);
}

for (const events of [10_000, 100_000, 1_000_000]) {
	const builder = openReportBuilder();
	let [count, parsedMs, peakMib] = [0, 0, 0];
	for (let index = 0; count < events; index++) {
		const lines = sampleLines(index);
		const startedAt = performance.now();
		for (const line of lines) {
			const entry = JSON.parse(line) as Entry;
			// The made-up profile would be refused; looking at it takes the same time.
			asEntry(entry);
			builder.add(entry);
		}
		parsedMs += performance.now() - startedAt;
		count += lines.length;
		if (index % 100 === 0) peakMib = Math.max(peakMib, process.memoryUsage().rss / 2 ** 20);
	}
	const startedAt = performance.now();
	const report = builder.report();
	const totalMs = parsedMs + performance.now() - startedAt;
	const counted = report.profiles[0]?.coldStarts.filter(({ counted }) => counted).length;
	console.log(
		`${count} events, ${counted} cold starts: ${(totalMs / 1000).toFixed(2)} s, ${peakMib.toFixed(0)} MiB, ${((totalMs / count) * 1000).toFixed(1)} µs an event`,
	);
}
