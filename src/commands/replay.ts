import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import type { Context } from "../context.ts";
import { type ExitCode, UsageError } from "../errors.ts";
import { type Entry, recordingVersion } from "../model/recording.ts";
import type { Report } from "../model/report.ts";
import { formatOf } from "../output/formats.ts";
import { renderTable } from "../output/table.ts";
import { openReportBuilder } from "../timing/report-builder.ts";
import { type GateOptions, judgeRun, parseGate } from "./gate.ts";
import { requireWritable } from "./outputs.ts";

/** What is rebuilt from what. */
export interface ReplayOptions extends GateOptions {
	recording: string;
	out: string[];
	reference?: "talk";
	/** Whether `--cluster simulated` was given. */
	acceptSimulated: boolean;
}

/**
 * `knistio replay`: the same report that the run gave, from its recording alone, judged as `bench` would; a recording
 * that broke off gives what there is.
 */
export async function replay(options: ReplayOptions, context: Context): Promise<ExitCode> {
	const outputs = options.out.map((file) => ({ file, render: formatOf(file) }));
	await requireWritable(options.out, options, context);
	const report = await reportOf(options.recording);
	const reference = options.reference === undefined ? {} : { reference: options.reference };
	await Promise.all(outputs.map(({ file, render }) => context.writeFile(file, render(report, reference))));
	if (outputs.length === 0) context.stdout(`${renderTable(report, { color: context.color, ...reference })}\n`);
	const profiles = report.profiles.map(({ profile }) => profile);
	const gate = await parseGate(profiles, options, context);
	return judgeRun(report, gate, { acceptSimulated: options.acceptSimulated, sink: context });
}

async function reportOf(path: string): Promise<Report> {
	const builder = openReportBuilder();
	let line = 0;
	let isBegun = false;
	let broken: UsageError | undefined;
	try {
		for await (const text of linesOf(path)) {
			line++;
			if (text.trim() === "") continue;
			// A kill cuts the last line; a line that is broken and not the last is damage.
			if (broken !== undefined) throw broken;
			try {
				const entry = JSON.parse(text) as Entry;
				if (!isBegun) requireRecording(`${path}:${line}`, entry);
				isBegun = true;
				builder.add(entry);
			} catch (cause) {
				if (cause instanceof UsageError) throw cause;
				broken = damaged(`${path}:${line}`, cause);
			}
		}
	} catch (cause) {
		if (cause instanceof UsageError) throw cause;
		const { code = "", message } = cause as NodeJS.ErrnoException;
		throw new UsageError(`cannot read ${path}: ${readFailures[code] ?? message}`, { cause });
	}
	if (isBegun) return builder.report();
	throw broken ?? new UsageError(`${path}: the recording is empty`);
}

const linesOf = (path: string) =>
	createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });

const readFailures: Record<string, string> = {
	ENOENT: "there is no such file",
	EISDIR: "it is a directory",
	EACCES: "permission denied",
};

function requireRecording(where: string, entry: Entry | null): void {
	if (entry?.kind !== "run") {
		throw new UsageError(`${where}: this is no recording of knistio`, { hint: "`bench --record FILE` writes one" });
	}
	if (entry.version !== recordingVersion) {
		throw new UsageError(`${where}: a recording of version ${entry.version}; this knistio reads ${recordingVersion}`);
	}
}

function damaged(where: string, cause: unknown): UsageError {
	const what = cause instanceof SyntaxError ? "the line is not JSON" : "the line is no entry of a recording";
	return new UsageError(`${where}: ${what}`, { cause, hint: "the file was damaged; copy it again" });
}
