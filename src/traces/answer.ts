import { UsageError } from "../errors.ts";
import { oneLine } from "../text/one-line.ts";
import type { Outside } from "./source.ts";

/** How long a backend may take to answer. */
const timeoutMs = 10_000;

/**
 * What a backend answers to a question, as JSON of unknown content; undefined for 404, where `mayLack` says that what is
 * asked for may not be there.
 * @throws UsageError that says what is wrong: no answer, an error, or something that is not JSON
 */
export async function askJson(
	url: string,
	outside: Pick<Outside, "get">,
	signal?: AbortSignal,
	{ mayLack = false } = {},
): Promise<unknown> {
	const where = new URL(url);
	const shown = `${where.origin}${where.pathname}`;
	let answer: Awaited<ReturnType<Outside["get"]>>;
	try {
		answer = await outside.get(url, { timeoutMs, ...(signal === undefined ? {} : { signal }) });
	} catch (error) {
		if (signal?.aborted) throw error;
		const { name, message, cause } = error as Error;
		const reason = name === "TimeoutError" ? `no answer within ${timeoutMs / 1000} s` : (causeOf(cause) ?? message);
		throw new UsageError(`the trace backend at ${shown}: ${reason}`, { cause: error, hint });
	}
	if (mayLack && answer.status === 404) return undefined;
	if (answer.status !== 200) {
		throw new UsageError(`the trace backend at ${shown} answered HTTP ${answer.status}${excerpt(answer.body)}`, {
			hint,
		});
	}
	try {
		return JSON.parse(answer.body);
	} catch (cause) {
		const what = /^\s*</.test(answer.body) ? "a web page" : `no JSON${excerpt(answer.body)}`;
		throw new UsageError(`the trace backend at ${shown} answered with ${what}`, { cause, hint });
	}
}

export const hint =
	"give the address of a query API: Jaeger's, usually http://HOST:16686, or Tempo's, http://HOST:3200";

const causeOf = (cause: unknown) => (cause instanceof Error ? cause.message : undefined);
const excerpt = (text: string) => (text.trim() === "" ? "" : `: ${oneLine(text.trim().slice(0, 120))}`);
