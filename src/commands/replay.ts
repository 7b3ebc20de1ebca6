import { figuresOf } from "../analysis/figures.ts";
import type { Context } from "../context/context.ts";
import { readLines } from "../context/files.ts";
import { type ExitCode, UsageError } from "../errors.ts";
import type { RenderOptions } from "../output/report/render.ts";
import { renderWholeTable } from "../output/whole-report.ts";
import { type Entry, recordingVersion } from "../recording/entries.ts";
import { asEntry } from "../recording/read-entry.ts";
import type { Report } from "../report/report.ts";
import { openReportBuilder, type ReportBuilder } from "../timing/report-builder.ts";
import { sendTraces } from "./gate/collector.ts";
import { endRun } from "./gate/ending.ts";
import { type GateOptions, judging, parseGate } from "./gate/gate.ts";
import { requireWritable } from "./gate/outputs.ts";
import { printed, reportFiles, writeReport } from "./gate/report-files.ts";
import { toldOn } from "./gate/sink.ts";

/** What is rebuilt from what. */
export interface ReplayOptions extends GateOptions {
	recording: string;
	out: string[];
	/** The collector that traces are sent to. */
	otlp?: string;
	render: RenderOptions;
	/** Whether `--cluster simulated` was given. */
	acceptSimulated: boolean;
}

/**
 * `knistio replay`: the same report that the run gave, from its recording alone, judged as `bench` would; a recording
 * that broke off gives what there is.
 */
export async function replay(options: ReplayOptions, context: Context): Promise<ExitCode> {
	const files = await reportFiles(options.out);
	const reads = [{ path: options.recording, what: "the recording" }];
	await requireWritable(options.out, { ...options, reads }, context);
	const report = await reportOf(options.recording, context.signal);
	const figures = figuresOf(report);
	const profiles = report.profiles.map(({ profile }) => profile);
	const judged = parseGate(profiles, options, context).then((gate) => judging(figures, gate, options.acceptSimulated));
	// What is wrong with the gate is said at the end: the report is written all the same.
	const judgement = await judged.then(
		({ judgementIfAny }) => judgementIfAny(),
		() => undefined,
	);
	const unwritten = [
		...(await writeReport(figures, files, { options: { ...options.render, judgement }, writing: toldOn(context) })),
		...(await sendTraces(figures, options.otlp, context)),
	];
	if (files.length === 0) context.stdout(renderWholeTable(figures, printed(options.render, context)));
	const judge = async () => (await judged).say(context);
	return endRun({ failure: undefined, judge, unwritten, uncleaned: undefined });
}

async function reportOf(path: string, signal: AbortSignal): Promise<Report> {
	const builder = openReportBuilder();
	let line = 0;
	let isBegun = false;
	let broken: UsageError | undefined;
	for await (const text of readLines(path, { signal })) {
		line++;
		if (text.trim() === "") continue;
		// A kill cuts the last line; a line that is broken and not the last is damage.
		if (broken !== undefined) throw broken;
		const where = `${path}:${line}`;
		const value = parsed(text);
		if (value === undefined) {
			const what = "the line is not JSON";
			broken =
				line === 1 && !text.includes('"kind"')
					? new UsageError(`${where}: ${what}`, { hint: foreign })
					: damaged(where, what);
			continue;
		}
		if (!isBegun) requireRecording(where, value);
		const entry = asEntry(value);
		if (entry === undefined) throw damaged(where, "the line is not an entry of a recording");
		isBegun = true;
		add(builder, entry, where);
	}
	if (isBegun) return ended(builder, `${path}:${line}`);
	throw broken ?? new UsageError(`${path}: the recording is empty`);
}

function ended(builder: ReportBuilder, where: string): Report {
	try {
		return builder.report();
	} catch (cause) {
		throw damaged(where, inside, cause);
	}
}

function requireRecording(where: string, value: unknown): void {
	const { kind, version } = (value ?? {}) as { kind?: unknown; version?: unknown };
	if (kind !== "run") {
		throw new UsageError(`${where}: this is not a recording of knistio`, { hint: foreign });
	}
	if (version !== recordingVersion) {
		throw new UsageError(
			`${where}: the recording has version ${version}, but this knistio reads version ${recordingVersion}`,
		);
	}
}

const foreign = "`bench --record FILE` writes a recording; `knistio show` reads a report";
const inside = "an entry up to this line has missing or wrong content";

function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

/** What is wrong with an object's inside shows when its sample ends. */
function add(builder: ReportBuilder, entry: Entry, where: string): void {
	try {
		builder.add(entry);
	} catch (cause) {
		throw damaged(where, inside, cause);
	}
}

function damaged(where: string, what: string, cause?: unknown): UsageError {
	return new UsageError(`${where}: ${what}`, { cause, hint: "the file was damaged; copy it again" });
}
