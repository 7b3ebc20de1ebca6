import { mkdir, readFile } from "node:fs/promises";
import { dirname, join, normalize } from "node:path";
import type { Context } from "../context/context.ts";
import { explain } from "../context/explain.ts";
import { type ExitCode, UsageError } from "../errors.ts";
import { openLogWriter } from "../job/log-writer.ts";
import { filesOf } from "../job/packing.ts";

/** What a Job's container is to do. */
export interface JobInsideOptions {
	/** Marks the lines of the log. */
	id: string;
	/** The archive with the files that the line names, and the folder to put them into. */
	files?: { archive: string; into: string };
	/** The names of what the run writes, in the current folder. */
	outputs: readonly string[];
}

/**
 * `knistio job` inside of its own Job: runs bench, and puts all that it says and writes into one ordered log, from which
 * the `knistio job` outside takes it. Whatever bench ends with is what the container ends with.
 * @param bench runs the line with what it is given as the outside world
 */
export async function jobInside(
	{ id, files, outputs }: JobInsideOptions,
	context: Context,
	bench: (context: Context) => Promise<ExitCode>,
): Promise<ExitCode> {
	const writer = openLogWriter({ id, version: context.version }, context.stdout);
	const { terminal: _, ...outside } = context;
	const inner: Context = {
		...outside,
		stdout: (text) => writer.text("result", text),
		stderr: (text) => writer.text("messages", text),
		color: false,
	};
	let code: ExitCode;
	try {
		if (files !== undefined) await unpack(files, context);
		code = await bench(inner);
	} catch (error) {
		code = explain(error, inner, false);
	}
	for (const name of outputs) writer.file(name, await contentOf(name));
	writer.end(code);
	await context.flush?.("stdout");
	return code;
}

async function unpack({ archive, into }: { archive: string; into: string }, context: Context): Promise<void> {
	for (const file of filesOf(await bytesOf(archive))) {
		const { path } = file;
		const target = join(into, path);
		if (normalize(path).startsWith("..")) throw new UsageError(`${path}: no place for a file of the Job`);
		await mkdir(dirname(target), { recursive: true });
		await context.writeFile(target, "text" in file ? file.text : file.bytes);
	}
}

const bytesOf = (path: string) =>
	readFile(path).catch((cause: NodeJS.ErrnoException) => {
		throw new UsageError(`cannot read ${path}, the files that came with the Job: ${cause.message}`, { cause });
	});

async function contentOf(name: string): Promise<Uint8Array | { reason: string }> {
	try {
		return await readFile(name);
	} catch (error) {
		const { code, message } = error as NodeJS.ErrnoException;
		return { reason: code === "ENOENT" ? "the run did not write it" : message };
	}
}
