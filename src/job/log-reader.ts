import { gunzipSync } from "node:zlib";
import { numberOf, objectOf, objectsOf, textOf } from "../kube/untrusted.ts";
import { type Channel, digestOf, type FileHead, type LogEnd, markOf } from "./log-format.ts";

/** What a log of a Job's container held. */
export interface JobLog {
	/** Of the knistio in the Job; undefined if what ran there was none that knows Jobs, or if the beginning is lost. */
	version: string | undefined;
	/** Every file that came whole, by its name in the Job. */
	files: ReadonlyMap<string, Buffer>;
	/** Files that came in part, or with another content than was sent. */
	damaged: readonly string[];
	/** Undefined if the log broke off before. */
	end: LogEnd | undefined;
}

/** Reads a log line by line, as it arrives. */
export interface LogReader {
	line(text: string): void;
	/** What there was so far. */
	read(): JobLog;
}

/** The largest file that is unpacked, in bytes: what a broken head says must not fill the memory. */
const mostFileBytes = 1024 * 1024 * 1024;

/** @param sink is told each line of the text between the marks */
export function createLogReader(id: string, sink: Record<Channel, (line: string) => void>): LogReader {
	const mark = markOf(id);
	const received: { head: FileHead; data: string[] }[] = [];
	let version: string | undefined;
	let channel: Channel = "messages";
	let end: LogEnd | undefined;
	const take = (word: string, rest: string) => {
		if (word === "messages" || word === "result") channel = word;
		else if (word === "begin") version = textOf(jsonOf(rest).version);
		else if (word === "file") received.push({ head: headOf(jsonOf(rest)), data: [] });
		else if (word === "data") received.at(-1)?.data.push(rest);
		else if (word === "end") end = endOf(jsonOf(rest));
	};
	return {
		line(text) {
			const line = text.replace(/\r$/, "");
			if (!line.startsWith(mark)) return sink[channel](line);
			const [word = "", ...rest] = line.slice(mark.length).split(" ");
			take(word, rest.join(" "));
		},
		read() {
			const files = new Map<string, Buffer>();
			const damaged: string[] = [];
			for (const { head, data } of received) {
				const content = contentOf(head, data);
				if (content === undefined) damaged.push(head.name);
				else files.set(head.name, content);
			}
			return { version, files, damaged, end };
		},
	};
}

function contentOf(head: FileHead, data: readonly string[]): Buffer | undefined {
	if (data.length !== head.lines || !(head.bytes <= mostFileBytes)) return undefined;
	try {
		const content = gunzipSync(Buffer.from(data.join(""), "base64"), { maxOutputLength: Math.max(1, head.bytes) });
		return content.length === head.bytes && digestOf(content) === head.sha256 ? content : undefined;
	} catch {
		return undefined;
	}
}

const headOf = (value: Record<string, unknown>): FileHead => ({
	name: textOf(value.name) ?? "a file without a name",
	bytes: numberOf(value.bytes) ?? Number.NaN,
	sha256: textOf(value.sha256) ?? "",
	lines: numberOf(value.lines) ?? Number.NaN,
});

/** An end whose code cannot be read is none. */
function endOf(value: Record<string, unknown>): LogEnd | undefined {
	const code = numberOf(value.code);
	if (code === undefined) return undefined;
	const left = objectsOf(value.left).map(({ name, reason }) => ({
		name: textOf(name) ?? "a file without a name",
		reason: textOf(reason) ?? "for an unknown reason",
	}));
	return { code, left };
}

function jsonOf(text: string): Record<string, unknown> {
	try {
		return objectOf(JSON.parse(text));
	} catch {
		return {};
	}
}
