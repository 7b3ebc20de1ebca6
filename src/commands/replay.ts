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
	let broken: { line: number; cause: unknown } | undefined;
	const lines = createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
	try {
		for await (const text of lines) {
			line++;
			if (text.trim() === "") continue;
			// A kill cuts the last line; a line that is broken and not the last is damage.
			if (broken !== undefined) throw damaged(path, broken.line, broken.cause);
			let entry: Entry;
			try {
				entry = JSON.parse(text) as Entry;
			} catch (cause) {
				broken = { line, cause };
				continue;
			}
			if (line === 1) requireRecording(path, entry);
			builder.add(entry);
		}
	} catch (cause) {
		if (cause instanceof UsageError) throw cause;
		const { code, message } = cause as NodeJS.ErrnoException;
		throw new UsageError(`cannot read ${path}: ${code === "ENOENT" ? "there is no such file" : message}`, { cause });
	}
	if (line === 0) throw new UsageError(`${path}: the recording is empty`);
	if (line === 1 && broken !== undefined) throw damaged(path, 1, broken.cause);
	return builder.report();
}

function requireRecording(path: string, entry: Entry): void {
	if (entry.kind !== "run") {
		throw new UsageError(`${path}:1: this is no recording of knistio`, { hint: "`bench --record FILE` writes one" });
	}
	if (entry.version !== recordingVersion) {
		throw new UsageError(`${path}:1: a recording of version ${entry.version}; this knistio reads ${recordingVersion}`);
	}
}

const damaged = (path: string, line: number, cause: unknown) =>
	new UsageError(`${path}:${line}: the line is not JSON`, { cause, hint: "the file was damaged; copy it again" });
