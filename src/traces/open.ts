import { UsageError } from "../errors.ts";
import { askJson, hint } from "./answer.ts";
import { jaegerSource, parseJaeger } from "./jaeger.ts";
import { otlpFile, parseFile } from "./otlp-file.ts";
import type { Outside, TraceSource } from "./source.ts";
import { tempoSource } from "./tempo.ts";

/**
 * Opens a backend by its address, or a file by its path. What is wrong with it is found before anything is measured.
 * @throws UsageError that says what
 */
export async function openTraceSource(where: string, outside: Outside, signal?: AbortSignal): Promise<TraceSource> {
	if (!/^https?:\/\//.test(where)) {
		parseFile(await readTraces(where, outside), where);
		return otlpFile(where, outside);
	}
	const base = where.replace(/\/$/, "");
	if (await isTempo(base, outside)) return tempoSource(base, outside);
	const services = await askJson(`${base}/api/services`, outside, signal);
	try {
		parseJaeger(services, base);
	} catch (cause) {
		throw new UsageError(`${base} is no trace backend that knistio can ask`, { cause, hint });
	}
	return jaegerSource(base, outside);
}

async function readTraces(path: string, { readFile }: Pick<Outside, "readFile">): Promise<string> {
	try {
		return await readFile(path);
	} catch (error) {
		if (!(error instanceof UsageError)) throw error;
		throw new UsageError(error.message, {
			cause: error,
			hint: "--traces takes a file of OTLP JSON, or an address that begins with http:// or https://",
		});
	}
}

/** Tempo alone has this answer. */
async function isTempo(base: string, outside: Pick<Outside, "get">): Promise<boolean> {
	try {
		const { status, body } = await outside.get(`${base}/api/echo`, { timeoutMs: 10_000 });
		return status === 200 && body.trim() === "echo";
	} catch {
		// What is wrong is said by the next question.
		return false;
	}
}
