import { createHash } from "node:crypto";
import { type HistoryRun, historyRunOf, lineOf, parseHistory, trendsOf } from "../analysis/history.ts";
import { isGzip, textOf } from "../context/files.ts";
import { type ExitCode, exitCodes, UsageError } from "../errors.ts";
import { renderBadge, renderHistory } from "../output/verdict/history-text.ts";
import { parseReport } from "../report/read-report.ts";
import type { Report } from "../report/report.ts";
import { refuseOverwriting } from "./gate/outputs.ts";
import { type Sink, toldOn, unlessMissing, writeFiles } from "./gate/sink.ts";

export interface HistoryAddOptions {
	/** Path of the NDJSON file, which is made where there is none. */
	history: string;
	/** Path of the report. */
	report: string;
	/** Default: what the CI runner says. */
	commit?: string;
	verdict?: HistoryRun["verdict"];
}

/**
 * `knistio history add`: appends one line to a history.
 *
 * Throws a `UsageError` for a history with a broken line, a run that is there already, and one that ended early.
 */
export async function addToHistory(options: HistoryAddOptions, sink: Sink): Promise<ExitCode> {
	const { history, report: path, verdict } = options;
	const text = await appendable(history, sink);
	const report = parseReport(await sink.readFile(path), path);
	if (report.endedBy !== undefined) {
		throw new UsageError(`${path}: the run ended early: ${report.endedBy}`, {
			hint: "add runs that came to their end",
		});
	}
	const commit = options.commit ?? (sink.env.GITHUB_SHA || sink.env.CI_COMMIT_SHA || undefined);
	const run = historyRunOf(report, {
		...identityOf(report),
		...(commit !== undefined && { commit }),
		...(verdict !== undefined && { verdict }),
	});
	if (Object.values(run.profiles).every((figures) => Object.keys(figures).length === 0)) {
		sink.stderr(`${path}: no cold start counts, so there is nothing to add\n`);
		return exitCodes.inconclusive;
	}
	const known = parseHistory(text, history).findIndex((other) => other.run === run.run);
	if (known >= 0) throw new UsageError(`${history}:${known + 1}: the run of ${report.startedAt} is there already`);
	const start = text === "" || text.endsWith("\n") ? "" : "\n";
	// One write of a whole line in append mode, so that what others add meanwhile stays.
	await sink.appendFile(history, `${start}${lineOf(run, path)}`);
	return exitCodes.ok;
}

/**
 * What a history holds so far. What is piped in, and a packed file, can be read as one, but nothing can be appended to them.
 * @throws UsageError for these
 */
async function appendable(history: string, sink: Sink): Promise<string> {
	const hint = "give a text file, which is made where there is none";
	if (history === "-") throw new UsageError("a run cannot be added to what is piped in", { hint });
	const bytes = await unlessMissing(sink.readBytes(history));
	if (bytes === undefined) return "";
	if (!isGzip(bytes)) return textOf(bytes);
	throw new UsageError(`${history}: a run cannot be added to a gzip file`, { hint: `unpack it: gunzip ${history}` });
}

/** Of the times that were measured, whatever the file's format; and of what was measured. */
function identityOf({ startedAt, profiles }: Report): Pick<HistoryRun, "run" | "fingerprint"> {
	const starts = profiles.map(({ profile, coldStarts }) => [
		profile.name,
		coldStarts.map(({ requestSentAt, total }) => [requestSentAt, total?.ms]),
	]);
	const prints = profiles.map(({ profile, fingerprint }) => [
		profile.name,
		Object.entries(fingerprint).sort(([a], [b]) => (a < b ? -1 : 1)),
	]);
	return { run: hashOf([startedAt, starts]), fingerprint: hashOf(prints) };
}

const hashOf = (value: unknown) => createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16);

export interface HistoryShowOptions {
	history: string;
	format: "text" | "json";
	/** Path that the last run's badge is written to. */
	badge?: string;
}

/** `knistio history show`: trends and changes. Ends with 3 where no run has a cold start. */
export async function showHistory({ history, format, badge }: HistoryShowOptions, sink: Sink): Promise<ExitCode> {
	if (badge !== undefined) refuseOverwriting([badge], [{ path: history, what: "the history" }]);
	const runs = parseHistory(await sink.readFile(history), history);
	const trends = trendsOf(runs);
	const last = runs.toSorted((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt)).at(-1);
	if (badge !== undefined && last !== undefined) {
		const [unwritten] = await writeFiles([{ file: badge, content: () => renderBadge(last) }], toldOn(sink));
		if (unwritten !== undefined) throw unwritten;
	}
	sink.stdout(format === "json" ? `${JSON.stringify(trends, undefined, "\t")}\n` : renderHistory(trends, runs.length));
	return trends.length === 0 ? exitCodes.inconclusive : exitCodes.ok;
}
