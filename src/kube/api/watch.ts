import type { IncomingMessage } from "node:http";
import { pause } from "../../clock/pause.ts";
import { ApiError } from "../http/api-error.ts";
import type { Transport } from "../http/transport.ts";
import { kubeObjectOf, numberOf, objectOf, textOf } from "../untrusted.ts";
import { itemsIn } from "./answers.ts";
import type { KubeObject } from "./cluster.ts";
import { bodyOf, jsonOf, type RefusingAnswer, refusal as refusalOf } from "./refusal.ts";

/** What a watch tells, with the time of its receipt in `process.hrtime` ns, taken before anything was parsed. */
export type WatchSignal =
	| { kind: "event"; at: bigint; type: "ADDED" | "MODIFIED" | "DELETED"; object: KubeObject }
	/** All objects there are: at the beginning, and again after a gap, in which events may have been lost. */
	| { kind: "listed"; at: bigint; objects: KubeObject[]; afterGap: boolean }
	/** The connection ended and was taken up again where it was; nothing is lost. */
	| { kind: "resumed"; at: bigint; reason: string }
	/** It cannot be taken up at the moment and is tried again. */
	| { kind: "failing"; at: bigint; reason: string; failures: number };

/** What is watched, and the world that a test may replace. */
export interface WatchOptions {
	transport: Transport;
	/** Path of the collection, such as `/api/v1/namespaces/x/pods`. */
	path: string;
	apiVersion: string;
	objectKind: string;
	labelSelector?: string;
	fieldSelector?: string;
	signal: AbortSignal;
	onSignal(signal: WatchSignal): void;
	/** Asks for fresh credentials after a 401. */
	renew(): Promise<void>;
	/** Resolves early when the signal is aborted. */
	sleep?(ms: number, signal: AbortSignal): Promise<void>;
	random?(): number;
	/** A watch without a byte for so long is taken up anew; API servers send a bookmark a minute. */
	silenceMs?: number;
}

const fruitlessMs = 1_000;

/** The history that the server still has does not reach back to where the watch was (HTTP 410). */
class GoneError extends Error {}

/**
 * Lists and then watches until aborted: bookmarks, resumption from the last resourceVersion, a new list after 410 Gone,
 * growing pauses from the second failure on. Resolves when aborted.
 * @throws ApiError when the server refuses for good (403, 404), which no repetition would heal.
 */
export async function watch(options: WatchOptions): Promise<void> {
	const { transport, signal, onSignal, sleep = pauseUnlessAborted, random = Math.random, silenceMs = 90_000 } = options;
	let resourceVersion: string | undefined;
	let failures = 0;
	let lists = 0;
	let isFruitful = false;

	while (!signal.aborted) {
		isFruitful = false;
		const openedAt = performance.now();
		try {
			if (resourceVersion === undefined) {
				const list = await listOnce(options);
				resourceVersion = list.resourceVersion;
				onSignal({ kind: "listed", at: list.at, objects: list.objects, afterGap: lists++ > 0 });
			}
			const reason = await follow(resourceVersion);
			if (signal.aborted) return;
			onSignal({ kind: "resumed", at: process.hrtime.bigint(), reason });
		} catch (error) {
			if (signal.aborted) return;
			if (error instanceof GoneError) resourceVersion = undefined;
			else await report(error);
		}
		// A connection that brought nothing and was short is a failure too, or a server that ends every watch is hurried.
		failures = isFruitful || performance.now() - openedAt > fruitlessMs ? 0 : failures + 1;
		if (failures > 1) await sleep(Math.min(10_000, 50 * 2 ** failures) * (0.5 + random() / 2), signal);
	}

	/** Tells of a failure that may pass, and throws any other. */
	async function report(error: unknown): Promise<void> {
		const status = error instanceof ApiError ? error.status : undefined;
		if (status === 403 || status === 404 || !isPassing(error)) throw error;
		const reason = (error as Error).message;
		onSignal({ kind: "failing", at: process.hrtime.bigint(), reason, failures: failures + 1 });
		if (status === 401) await options.renew();
	}

	/** Reads one connection to its end and says why it ended. */
	async function follow(version: string): Promise<string> {
		const timeoutSeconds = String(Math.round(300 + 300 * random()));
		const from = { resourceVersion: version, timeoutSeconds, ...selectorsOf(options) };
		const query = new URLSearchParams({ watch: "true", allowWatchBookmarks: "true", ...from });
		const { response } = await transport.open("GET", `${options.path}?${query}`, { timeoutMs: silenceMs, signal });
		const { statusCode: status = 0 } = response;
		if (status !== 200) {
			throw refusal(options.path, { status, headers: response.headers, body: await bodyOf(response) });
		}
		return readLines(response, signal, (line, at) => {
			const { type, object } = objectOf(JSON.parse(line));
			if (type === "ERROR") throw watchError(options.path, objectOf(object));
			isFruitful = true;
			resourceVersion = textOf(objectOf(objectOf(object).metadata).resourceVersion) ?? resourceVersion;
			if (type !== "ADDED" && type !== "MODIFIED" && type !== "DELETED") return;
			const seen = kubeObjectOf(object, { apiVersion: options.apiVersion, kind: options.objectKind });
			if (seen !== undefined) onSignal({ kind: "event", at, type, object: seen });
		});
	}
}

function selectorsOf({ labelSelector, fieldSelector }: WatchOptions): Record<string, string> {
	return {
		...(labelSelector === undefined ? {} : { labelSelector }),
		...(fieldSelector === undefined ? {} : { fieldSelector }),
	};
}

/** A line cut or garbled on its way (SyntaxError) is as good a reason to begin anew as a broken connection. */
const isPassing = (error: unknown) => error instanceof ApiError || error instanceof SyntaxError;

/** Calls back for every whole line, with the time at which the chunk that completed it came out of the socket. */
function readLines(
	response: IncomingMessage,
	signal: AbortSignal,
	onLine: (line: string, at: bigint) => void,
): Promise<string> {
	return new Promise((resolve, reject) => {
		let rest: Buffer[] = [];
		response.on("data", (chunk: Buffer) => {
			const at = process.hrtime.bigint();
			try {
				let start = 0;
				for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
					rest.push(chunk.subarray(start, end));
					const line = (rest.length === 1 ? (rest[0] as Buffer) : Buffer.concat(rest)).toString("utf8");
					rest = [];
					start = end + 1;
					if (line.trim() !== "") onLine(line, at);
				}
				if (start < chunk.length) rest.push(chunk.subarray(start));
			} catch (error) {
				response.destroy();
				reject(error);
			}
		});
		response.on("end", () => resolve("the server ended the watch"));
		response.on("error", (error) => (signal.aborted ? reject(error) : resolve(error.message)));
		response.on("close", () => resolve("the connection closed"));
	});
}

async function listOnce(
	options: WatchOptions,
): Promise<{ objects: KubeObject[]; resourceVersion: string; at: bigint }> {
	const query = new URLSearchParams(selectorsOf(options)).toString();
	const path = query === "" ? options.path : `${options.path}?${query}`;
	const answer = await options.transport.request("GET", path, { signal: options.signal });
	if (answer.status !== 200) throw refusal(options.path, answer);
	const list = jsonOf(answer.body.toString("utf8"));
	const resourceVersion = textOf(objectOf(objectOf(list).metadata).resourceVersion);
	// Without a version nothing says from where to watch; something else than the API server has answered.
	if (resourceVersion === undefined) throw refusal(options.path, answer);
	const { apiVersion, objectKind: kind } = options;
	const items = itemsIn(list, { apiVersion, kind }, `watch ${options.path}`);
	return { objects: items.map((item) => ({ ...item, apiVersion, kind })), resourceVersion, at: answer.answeredAt };
}

function refusal(path: string, answer: RefusingAnswer): Error {
	return answer.status === 410 ? new GoneError() : refusalOf(`watch ${path}`, answer);
}

/** What an event of type ERROR says, which is a Status. */
function watchError(path: string, said: Record<string, unknown>): Error {
	const status = numberOf(said.code);
	if (status === 410 || said.reason === "Expired" || said.reason === "Gone") return new GoneError();
	return new ApiError(`watch ${path}: ${textOf(said.message) ?? "error"}`, { status });
}

/** The end of a watch is no failure of its pauses. */
const pauseUnlessAborted = (ms: number, signal: AbortSignal) => pause(ms, signal).catch(() => {});
