import { gzipSync } from "node:zlib";
import { type Channel, dataLineLength, digestOf, type LeftFile, markOf, mostDataBytes } from "./log-format.ts";

/** Writes the log of a Job's container: see `log-format.ts`. */
export interface LogWriter {
	text(channel: Channel, text: string): void;
	/** A file, or why it stays where it is. A file for which the log has no room left stays, too. */
	file(name: string, content: Uint8Array | { reason: string }): void;
	/** The last line. @param code what bench ended with */
	end(code: number): void;
}

/** Begins a log. @param write takes whole lines */
export function openLogWriter(
	{ id, version, roomBytes = mostDataBytes }: { id: string; version: string; roomBytes?: number },
	write: (lines: string) => void,
): LogWriter {
	const mark = markOf(id);
	const say = (line: string) => write(`${mark}${line}\n`);
	const rest: Record<Channel, string> = { messages: "", result: "" };
	const left: LeftFile[] = [];
	let channel: Channel = "messages";
	let freeBytes = roomBytes;
	const put = (to: Channel, lines: string) => {
		if (lines === "") return;
		if (to !== channel) say(to);
		channel = to;
		write(lines);
	};
	const finishLines = () => {
		for (const to of ["messages", "result"] as const) {
			if (rest[to] !== "") put(to, `${rest[to]}\n`);
			rest[to] = "";
		}
	};
	say(`begin ${JSON.stringify({ version })}`);
	return {
		text(to, text) {
			const all = rest[to] + text;
			const end = all.lastIndexOf("\n") + 1;
			put(to, all.slice(0, end));
			rest[to] = all.slice(end);
		},
		file(name, content) {
			finishLines();
			if (!(content instanceof Uint8Array)) return void left.push({ name, reason: content.reason });
			const data = gzipSync(content).toString("base64");
			if (data.length > freeBytes) {
				const [needs, has] = [data.length, freeBytes].map((bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`);
				left.push({ name, reason: `it takes ${needs} of the log, which has room for ${has} more` });
				return;
			}
			freeBytes -= data.length;
			const lines = data.match(new RegExp(`.{1,${dataLineLength}}`, "g")) ?? [];
			const head = { name, bytes: content.length, sha256: digestOf(content), lines: lines.length };
			say(`file ${JSON.stringify(head)}`);
			for (const line of lines) say(`data ${line}`);
		},
		end(code) {
			finishLines();
			say(`end ${JSON.stringify({ code, left })}`);
		},
	};
}
