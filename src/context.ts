import { setMaxListeners } from "node:events";
import { appendFileSync, constants, createReadStream } from "node:fs";
import { access, open, readFile, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { PassThrough, pipeline, type Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { createGunzip, gunzipSync } from "node:zlib";
import type { Cluster } from "./cluster/cluster.ts";
import { exitCodes, InterruptedError, UsageError } from "./errors.ts";

/** The outside world as one value: the only way to the process, its files and a cluster. */
export interface Context {
	version: string;
	/** The result. */
	stdout(text: string): void;
	/** Progress and messages. */
	stderr(text: string): void;
	/** Whether the result may have colours. */
	color: boolean;
	/** Whether stderr is a terminal that progress may be drawn on. */
	isLive: boolean;
	columns: number;
	env: Record<string, string | undefined>;
	/** `-` is what is piped in. @throws UsageError for a file that cannot be read */
	readFile(path: string): Promise<string>;
	/** @throws UsageError for a file that cannot be written */
	writeFile(path: string, text: string): Promise<void>;
	/** Writes nothing yet. @throws UsageError for a file that cannot be written, as far as that can be foreseen */
	requireWritable(path: string): Promise<void>;
	/** Appends line by line, so that a crash loses nothing that was written. */
	openLog(path: string): Promise<Log>;
	/** Aborted by the first Ctrl-C or SIGTERM, with an {@link InterruptedError}; the second Ctrl-C ends at once. */
	signal: AbortSignal;
	/** Nothing is sent yet. `kubeconfigText` is a kubeconfig itself instead of a file's path. */
	openCluster(choice: { kubeconfig?: string; kubeconfigText?: string; context?: string }): Promise<Cluster>;
	/** The built program of the observing thread. */
	observerThread: URL;
	/** The built program of the simulated cluster's thread. */
	simulatedThread: URL;
}

/** A file that grows. */
export interface Log {
	append(line: string): void;
	close(): Promise<void>;
}

/** The real world. */
export function nodeContext(): Context {
	const { env, stdout, stderr } = process;
	const wantsColor = env.NO_COLOR === undefined || env.NO_COLOR === "";
	// A closed pipe (`knistio show r.json | head`) is the reader's wish, no failure.
	stdout.on("error", (error: NodeJS.ErrnoException) => {
		if (error.code !== "EPIPE") throw error;
		process.exit(exitCodes.ok);
	});
	return {
		version: process.env.KNISTIO_VERSION ?? "0.0.0",
		stdout: (text) => void stdout.write(text),
		stderr: (text) => void stderr.write(text),
		color: stdout.isTTY === true && wantsColor && env.TERM !== "dumb",
		isLive: stderr.isTTY === true && !env.CI && env.TERM !== "dumb",
		columns: stderr.columns ?? 80,
		env,
		...nodeFiles,
		signal: interruption(stderr),
		openCluster: async ({ kubeconfig, kubeconfigText, context }) => {
			const { openKube } = await import("./cluster/kube.ts");
			return openKube({
				...(kubeconfig === undefined ? {} : { file: kubeconfig }),
				...(kubeconfigText === undefined ? {} : { text: kubeconfigText }),
				...(context === undefined ? {} : { context }),
				env,
			});
		},
		observerThread: new URL("./observer-thread.js", import.meta.url),
		simulatedThread: new URL("./simulated-thread.js", import.meta.url),
	};
}

const isGzip = (bytes: Uint8Array) => bytes[0] === 0x1f && bytes[1] === 0x8b;

/**
 * The lines of a file, of which no more than a piece is held at once, read as `readFile` reads: `-` is what is piped in,
 * gzip is unpacked, a byte order mark is left out. Throws the system's error.
 */
export async function* readLines(path: string, stdin: Readable = process.stdin): AsyncGenerator<string> {
	const pieces = (path === "-" ? stdin : createReadStream(path))[Symbol.asyncIterator]();
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

/** The real files. */
export const nodeFiles: Pick<Context, "readFile" | "writeFile" | "requireWritable" | "openLog"> = {
	// Decoded as a whole, which of large files takes a third of the time of Node's decoding in pieces.
	readFile: (path) =>
		(path === "-" ? buffer(process.stdin) : readFile(path))
			.then((bytes) => (isGzip(bytes) ? gunzipSync(bytes) : bytes).toString().replace(/^\uFEFF/, ""))
			.catch(fileError("read", path)),
	writeFile: (path, text) => writeFile(path, text).catch(fileError("write", path)),
	requireWritable: (path) => foreseeWriting(path).catch(fileError("write", path)),
	openLog,
};

async function foreseeWriting(path: string): Promise<void> {
	const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
		if (error.code === "ENOENT") return undefined;
		throw error;
	});
	if (found?.isDirectory()) throw Object.assign(new Error("it is a directory"), { code: "EISDIR" });
	await access(found === undefined ? dirname(path) : path, constants.W_OK);
}

const reasons: Record<string, string> = {
	ENOENT: "there is no such file or directory",
	EACCES: "permission denied",
	EISDIR: "it is a directory",
	ENOTDIR: "a part of the path is no directory",
	EROFS: "it lies on a file system that is only read",
	ENOSPC: "the disk is full",
	ERR_FS_FILE_TOO_LARGE: "it is larger than 2 GiB",
};

function fileError(doing: "read" | "write", path: string) {
	return (cause: NodeJS.ErrnoException): never => {
		// The longest string that V8 has; Node gives this error no code.
		const isTooLong = cause instanceof RangeError && cause.code === undefined;
		const reason = isTooLong ? "it is larger than 512 MiB" : (reasons[cause.code ?? ""] ?? cause.message);
		const message = `cannot ${doing} ${path}: ${reason}`;
		const hint =
			doing === "write" && cause.code === "ENOENT" ? { hint: `make the folder: mkdir -p ${dirname(path)}` } : {};
		throw new UsageError(message, { cause, ...hint });
	};
}

/** Each line is the system's before the next thing happens: a kill loses none that was added. */
async function openLog(path: string): Promise<Log> {
	const file = await open(path, "w").catch(fileError("write", path));
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
			await file.close();
			if (failure !== undefined) fileError("write", path)(failure);
		},
	};
}

/** The first signal asks to end in order, the second Ctrl-C ends at once. */
function interruption(stderr: NodeJS.WriteStream): AbortSignal {
	const controller = new AbortController();
	// Whatever waits listens.
	setMaxListeners(0, controller.signal);
	const onSignal = (signal: "SIGINT" | "SIGTERM") => {
		if (controller.signal.aborted) {
			stderr.write("\nstopped at once; `knistio clean` removes what is left on the cluster\n");
			process.exit(signal === "SIGINT" ? exitCodes.interrupted : exitCodes.terminated);
		}
		controller.abort(new InterruptedError(signal));
	};
	process.on("SIGINT", onSignal);
	process.on("SIGTERM", onSignal);
	return controller.signal;
}
