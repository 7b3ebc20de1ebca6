import type { IncomingMessage } from "node:http";
import { openTransport } from "../http/transport.ts";
import type { Cluster } from "./cluster.ts";
import { bodyOf, refusal } from "./refusal.ts";

/** Whose log, and how it is read. */
export interface PodLogRequest {
	namespace: string;
	pod: string;
	container: string;
	/** Whether new lines are waited for until the container ends. */
	follow: boolean;
	/** RFC 3339: lines of this second and later; all lines by default. */
	sinceTime?: string;
	signal?: AbortSignal;
	/** Of a line: its text, and the time at which the container runtime had it, RFC 3339 with nanoseconds. */
	onLine(text: string, time: string): void;
}

/** A connection that brings no line for so long is begun anew: it may be dead without anybody's word. */
const silenceMs = 60_000;

/**
 * Reads the log of a container until it ends, or until the connection does: whoever follows a log looks whether the
 * container has ended, and reads on from the last line's time.
 * @throws ApiError for a log that the API server does not give
 */
export async function readPodLog(cluster: Cluster, request: PodLogRequest): Promise<void> {
	const { namespace, pod, signal, onLine } = request;
	let transport = await openTransport(await cluster.connection());
	const open = () =>
		transport.open("GET", pathOf(request), {
			timeoutMs: silenceMs,
			headers: { Accept: "*/*" },
			...(signal === undefined ? {} : { signal }),
		});
	try {
		let { response } = await open();
		if (response.statusCode === 401) {
			transport.close();
			transport = await openTransport(await cluster.connection(true));
			({ response } = await open());
		}
		const { statusCode: status = 0, headers } = response;
		if (status !== 200) {
			throw refusal(`read the log of Pod ${namespace}/${pod}`, { status, headers, body: await bodyOf(response) });
		}
		await readLines(response, onLine);
		signal?.throwIfAborted();
	} finally {
		transport.close();
	}
}

function pathOf({ namespace, pod, container, follow, sinceTime }: PodLogRequest): string {
	const query = new URLSearchParams({
		container,
		timestamps: "true",
		...(follow ? { follow: "true" } : {}),
		...(sinceTime === undefined ? {} : { sinceTime }),
	});
	return `/api/v1/namespaces/${namespace}/pods/${pod}/log?${query}`;
}

/** Whole lines only: the rest of one that was cut comes again. */
async function readLines(response: IncomingMessage, onLine: PodLogRequest["onLine"]): Promise<void> {
	const take = (line: string) => {
		const blank = line.indexOf(" ");
		if (blank > 0) onLine(line.slice(blank + 1), line.slice(0, blank));
	};
	let rest: Buffer = Buffer.alloc(0);
	try {
		for await (const chunk of response) {
			const all = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer]);
			const end = all.lastIndexOf(10) + 1;
			rest = all.subarray(end);
			if (end > 0) for (const line of all.toString("utf8", 0, end - 1).split("\n")) take(line);
		}
	} catch {
		// The connection broke, or was silent for too long.
		return;
	}
	if (rest.length > 0) take(rest.toString("utf8"));
}
