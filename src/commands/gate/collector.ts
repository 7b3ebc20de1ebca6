import type { Figures } from "../../analysis/figures.ts";
import { pause } from "../../clock/pause.ts";
import type { Posted } from "../../context/http.ts";
import { UsageError } from "../../errors.ts";
import { type OtlpTraces, otlpTraces } from "../../output/report/otlp.ts";
import { type Sink, whatFails } from "./sink.ts";

/** Where traces are sent, and with what beside them. */
interface Collector {
	url: string;
	headers: Record<string, string>;
}

type Outside = Pick<Sink, "post" | "env">;

/** How long the collector may take to answer. */
const timeoutMs = 10_000;
/** The answers after which OTLP allows another try, and the pauses before it. */
const passing = [429, 502, 503, 504];
const pausesMs = [1_000, 3_000];
/** Spans in one request: about 1 MB, where collectors take 20. */
const spansAtOnce = 1_000;

/**
 * Sends a report's traces by OTLP/HTTP in JSON, so many spans at a time.
 * @param otlp the collector's address; nothing is sent without
 * @returns an error if they did not all arrive, as for a file that could not be written
 */
export async function sendTraces(
	figures: Figures,
	otlp: string | undefined,
	outside: Outside,
	sleep = pause,
): Promise<UsageError[]> {
	if (otlp === undefined) return [];
	return whatFails([
		async () => {
			const collector = collectorOf(otlp, outside.env);
			for (const traces of inPieces(otlpTraces(figures))) await send(collector, traces, { outside, sleep });
		},
	]);
}

/** Sends an empty request, so that a wrong address is found before a run. @throws UsageError that says what is wrong */
export async function requireCollector(otlp: string | undefined, outside: Outside, sleep = pause): Promise<void> {
	if (otlp === undefined) return;
	await send(collectorOf(otlp, outside.env), { resourceSpans: [] }, { outside, sleep });
}

/** By the rules of OTEL_EXPORTER_OTLP_ENDPOINT and OTEL_EXPORTER_OTLP_HEADERS. */
function collectorOf(otlp: string, env: Outside["env"]): Collector {
	const url = new URL(otlp);
	if (!url.pathname.endsWith("/v1/traces")) url.pathname = `${url.pathname.replace(/\/$/, "")}/v1/traces`;
	return { url: url.href, headers: { "content-type": "application/json", ...headersIn(env) } };
}

function headersIn({ OTEL_EXPORTER_OTLP_HEADERS: text = "" }: Outside["env"]): Record<string, string> {
	const pairs = text.split(",").filter((pair) => pair.trim() !== "");
	return Object.fromEntries(
		pairs.map((pair) => {
			const [, name = "", value = ""] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(pair) ?? [];
			try {
				new Headers([[name, decodeURIComponent(value)]]);
			} catch {
				// Not with its value: it is a credential.
				throw new UsageError("OTEL_EXPORTER_OTLP_HEADERS: a header in it is not valid", {
					hint: "such as authorization=Bearer%20TOKEN, with commas between several",
				});
			}
			return [name.toLowerCase(), decodeURIComponent(value)];
		}),
	);
}

function* inPieces({ resourceSpans }: OtlpTraces): Generator<OtlpTraces> {
	for (const { resource, scopeSpans } of resourceSpans) {
		for (const { scope, spans } of scopeSpans) {
			for (let from = 0; from < spans.length; from += spansAtOnce) {
				yield {
					resourceSpans: [{ resource, scopeSpans: [{ scope, spans: spans.slice(from, from + spansAtOnce) }] }],
				};
			}
		}
	}
}

interface Sending {
	outside: Outside;
	sleep(ms: number): Promise<void>;
}

async function send({ url, headers }: Collector, traces: OtlpTraces, { outside, sleep }: Sending): Promise<void> {
	const body = JSON.stringify(traces);
	for (let tries = 0; ; tries++) {
		const pauseMs = pausesMs[tries];
		let answer: Posted | undefined;
		try {
			answer = await outside.post(url, { headers, body, timeoutMs });
		} catch (error) {
			if (pauseMs === undefined) throw unreachable(url, error as Error);
		}
		if (answer !== undefined && (pauseMs === undefined || !passing.includes(answer.status))) {
			return requireAccepted(url, answer);
		}
		await sleep(pauseMs ?? 0);
	}
}

function requireAccepted(url: string, { status, body }: Posted): void {
	if (status < 200 || status > 299) {
		throw new UsageError(`the collector at ${url} refused the traces: HTTP ${status}${excerpt(body)}`, {
			hint: hintFor(status),
		});
	}
	const { rejected, message } = partialSuccess(body);
	if (rejected === 0) return;
	throw new UsageError(`the collector at ${url} refused ${rejected} of the spans${excerpt(message)}`, {
		hint: "`--out run.otlp.json` keeps them in a file",
	});
}

function hintFor(status: number): string {
	if (status === 401 || status === 403) return "OTEL_EXPORTER_OTLP_HEADERS holds headers, such as authorization=…";
	if (status === 404 || status === 405) return "give the address of an OTLP/HTTP receiver, usually http://HOST:4318";
	return "the receiver must take OTLP/HTTP with JSON; `--out run.otlp.json` keeps the traces in a file";
}

const excerpt = (text: string) => (text.trim() === "" ? "" : `: ${text.trim().slice(0, 200)}`);

/** What of a success was none; the count is 64 bits, which JSON has as text. */
function partialSuccess(body: string): { rejected: number; message: string } {
	try {
		const { rejectedSpans = 0, errorMessage = "" } = JSON.parse(body)?.partialSuccess ?? {};
		return { rejected: Number(rejectedSpans) || 0, message: String(errorMessage) };
	} catch {
		// An answer without a word is a success.
		return { rejected: 0, message: "" };
	}
}

function unreachable(url: string, error: Error): UsageError {
	const cause = error.cause instanceof Error ? error.cause : error;
	const reason = error.name === "TimeoutError" ? `no answer within ${timeoutMs / 1000} s` : cause.message;
	return new UsageError(`cannot send the traces to ${url}: ${reason}`, {
		cause: error,
		hint: "give the address of an OTLP/HTTP receiver, usually http://HOST:4318",
	});
}
