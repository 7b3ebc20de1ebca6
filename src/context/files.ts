import { appendFileSync, constants, createReadStream, type Stats } from "node:fs";
import { access, appendFile, lstat, open, readFile, readlink, realpath, stat, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { createInterface } from "node:readline";
import { PassThrough, pipeline, type Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { createGunzip, gunzipSync } from "node:zlib";
import { fileError } from "../errors.ts";

/** A file that grows. */
export interface Log {
	append(line: string): void;
	/** @throws UsageError for a line that could not be written, or a file that was removed meanwhile */
	close(): Promise<void>;
}

/** The files of the outside world. */
export interface Files {
	/** `-` is what is piped in; gzip is unpacked, a byte order mark is left out. @throws UsageError for a file that cannot be read */
	readFile(path: string): Promise<string>;
	/** A file just as it is; `-` is what is piped in. @throws UsageError for a file that cannot be read */
	readBytes(path: string): Promise<Uint8Array>;
	/** The file has the old content or the new one, never a part. @throws UsageError for a file that cannot be written */
	writeFile(path: string, content: string | Uint8Array): Promise<void>;
	/** Leaves what others have written there. @throws UsageError for a file that cannot be written */
	appendFile(path: string, text: string): Promise<void>;
	/** Writes nothing yet. @throws UsageError for a file that cannot be written, as far as that can be foreseen */
	requireWritable(path: string): Promise<void>;
	/** Appends line by line, so that a crash loses nothing that was written. */
	openLog(path: string): Promise<Log>;
}

/** The real files. */
export const nodeFiles: Files = {
	// Decoded as a whole, which of large files takes a third of the time of Node's decoding in pieces.
	readFile: (path) =>
		readAll(path)
			.then((bytes) => textOf(isGzip(bytes) ? gunzipSync(bytes) : bytes))
			.catch(throwFileError("read", path)),
	readBytes: (path) => readAll(path).catch(throwFileError("read", path)),
	writeFile: (path, content) => writeWhole(path, content).catch(throwFileError("write", path)),
	appendFile: (path, text) => appendFile(path, text).catch(throwFileError("write", path)),
	requireWritable: (path) => foreseeWriting(path).catch(throwFileError("write", path)),
	openLog,
};

/** Devices that give bytes for ever, which would fill the memory. */
const endless = ["/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];

async function refuseEndless(path: string): Promise<void> {
	if (!endless.includes(await realpath(path))) return;
	throw new Error("it is a device that never comes to an end");
}

async function readAll(path: string): Promise<Buffer> {
	if (path === "-") return buffer(process.stdin);
	await refuseEndless(path);
	return readFile(path);
}

/** What is not packed, without a byte order mark. */
export const textOf = (bytes: Uint8Array): string =>
	Buffer.from(bytes)
		.toString()
		.replace(/^\uFEFF/, "");

/** Whether these are the bytes of a packed file. */
export const isGzip = (bytes: Uint8Array) => bytes[0] === 0x1f && bytes[1] === 0x8b;

/**
 * The lines of a file, of which no more than a piece is held at once, read as `readFile` reads: `-` is what is piped in,
 * gzip is unpacked, a byte order mark is left out. Throws a `UsageError` for a file that cannot be read, or the signal's
 * reason once it is aborted.
 */
export async function* readLines(
	path: string,
	{ stdin = process.stdin, signal }: { stdin?: Readable; signal?: AbortSignal } = {},
): AsyncGenerator<string> {
	signal?.throwIfAborted();
	if (path !== "-") await refuseEndless(path).catch(throwFileError("read", path));
	const source = path === "-" ? stdin : createReadStream(path);
	// Piped input may take long to end.
	const stop = () => void source.destroy(signal?.reason);
	signal?.addEventListener("abort", stop, { once: true });
	try {
		yield* linesOf(source);
	} catch (error) {
		if (signal?.aborted === true && error === signal.reason) throw error;
		throwFileError("read", path)(error);
	} finally {
		signal?.removeEventListener("abort", stop);
	}
}

async function* linesOf(source: Readable): AsyncGenerator<string> {
	const pieces = source[Symbol.asyncIterator]();
	let head = Buffer.alloc(0);
	let isAll = false;
	while (head.length < 2 && !isAll) {
		const { value, done = false } = await pieces.next();
		isAll = done;
		if (!done) head = Buffer.concat([head, Buffer.from(value)]);
	}
	async function* bytes() {
		yield head;
		if (!isAll) yield* { [Symbol.asyncIterator]: () => pieces };
	}
	const plain = isGzip(head) ? createGunzip() : new PassThrough();
	let failure: Error | undefined;
	pipeline(bytes, plain, (error) => {
		failure = error ?? undefined;
	});
	plain.on("error", (error) => {
		failure = error;
	});
	let isFirst = true;
	for await (const line of createInterface({ input: plain, crlfDelay: Number.POSITIVE_INFINITY })) {
		yield isFirst ? line.replace(/^\uFEFF/, "") : line;
		isFirst = false;
	}
	if (failure !== undefined) throw failure;
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
	if (error.code === "ENOENT") return undefined;
	throw error;
}

async function foreseeWriting(path: string): Promise<void> {
	const found = await stat(path).catch(unlessMissing);
	if (found?.isDirectory()) throw Object.assign(new Error("it is a directory"), { code: "EISDIR" });
	await access(found === undefined ? dirname(path) : path, constants.W_OK);
}

/** Where a file may be written but nothing beside it: a folder of somebody else's, or a file that is mounted by itself. */
const notBeside = ["EACCES", "EPERM", "EROFS", "EBUSY", "EXDEV"];

/** Writes beside the file and renames; a pipe or a device is written to, a link's target is replaced and not the link. */
async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
	const found: Stats | undefined = await stat(path).catch(unlessMissing);
	if (found !== undefined && !found.isFile()) return writeFile(path, content);
	const { writeFileAtomic } = await import("./atomic.ts");
	try {
		await writeFileAtomic(await targetOf(path), typeof content === "string" ? content : Buffer.from(content));
	} catch (error) {
		if (found === undefined || !notBeside.includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
		await writeFile(path, content);
	}
}

/** The path behind links, also behind one whose target is not there yet. */
async function targetOf(path: string): Promise<string> {
	const found = await realpath(path).catch(unlessMissing);
	if (found !== undefined) return found;
	const link = await lstat(path).catch(unlessMissing);
	return link?.isSymbolicLink() ? targetOf(resolve(dirname(path), await readlink(path))) : path;
}

function throwFileError(doing: "read" | "write", path: string) {
	return (cause: unknown): never => {
		throw fileError(doing, path, cause);
	};
}

/** Each line is the system's before the next thing happens: a kill loses none that was added. */
async function openLog(path: string): Promise<Log> {
	const file = await open(path, "w").catch(throwFileError("write", path));
	let failure: NodeJS.ErrnoException | undefined;
	return {
		append(line) {
			if (failure !== undefined) return;
			try {
				appendFileSync(file.fd, `${line}\n`);
			} catch (error) {
				failure = error as NodeJS.ErrnoException;
			}
		},
		async close() {
			const last = await file.stat();
			if (last.isFile() && last.nlink === 0) failure ??= new Error("it was removed while it was written");
			await file.close();
			if (failure !== undefined) throwFileError("write", path)(failure);
		},
	};
}
