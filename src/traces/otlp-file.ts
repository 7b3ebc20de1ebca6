import { UsageError } from "../errors.ts";
import type { RecordedSpan } from "../recording/spans.ts";
import { parseOtlp } from "./otlp.ts";
import type { Outside, TraceSource } from "./source.ts";

/**
 * A file of OTLP JSON, one request or one a line, as a collector's file exporter writes it. It is read anew each time,
 * for it may grow while a run measures.
 */
export function otlpFile(path: string, outside: Pick<Outside, "readFile">): TraceSource {
	return {
		name: path,
		async spansOf() {
			return parseFile(await outside.readFile(path), path);
		},
	};
}

/** @throws UsageError that names the file, and the line where one is not JSON */
export function parseFile(text: string, path: string): RecordedSpan[] {
	const whole = parsed(text);
	if (whole !== undefined) return spansIn(whole, path);
	const lines = text.split("\n").map((line, index) => ({ line, where: `${path}:${index + 1}` }));
	const filled = lines.filter(({ line }) => line.trim() !== "");
	return filled.flatMap(({ line, where }, index) => {
		const value = parsed(line);
		// The last one may not be written to its end yet.
		if (value === undefined && index === filled.length - 1) return [];
		if (value === undefined) throw new UsageError(`${where}: the line is not JSON`, { hint: fileHint });
		return spansIn(value, where);
	});
}

const fileHint = "OTLP in its JSON encoding, one request or one a line, as the collector's file exporter writes it";

function spansIn(value: unknown, where: string): RecordedSpan[] {
	const spans = parseOtlp(value);
	if (spans === undefined) throw new UsageError(`${where}: these are no spans`, { hint: fileHint });
	return spans;
}

function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
