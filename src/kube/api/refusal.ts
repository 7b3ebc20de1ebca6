import { type IncomingMessage, STATUS_CODES } from "node:http";
import { ApiError } from "../http/api-error.ts";
import { objectOf, textOf } from "../untrusted.ts";

/** An answer that says what is wrong. */
export interface RefusingAnswer {
	status: number;
	headers: Record<string, string | string[] | undefined>;
	body: Buffer;
}

const mostWords = 200;

/**
 * An answer that is none of what was asked for, as an error of one sentence: the API server's own words, or who answered in
 * its place and what the page says, without its markup.
 * @param doing begins the message, such as `get Pod x/a`
 */
export function refusal(doing: string, { status, headers, body }: RefusingAnswer): ApiError {
	const text = body.toString("utf8", 0, 64 * 1024);
	const json = jsonOf(text);
	const answer = objectOf(json);
	const isStatus = answer.kind === "Status";
	const said = isStatus ? textOf(answer.message) : foreignWords({ status, headers, text });
	const retryAfter = String(headers["retry-after"]);
	const hint = hintFor(status, isStatus);
	return new ApiError(`${doing}: ${said === undefined ? nameOf(status) : inOneLine(said)}`, {
		status,
		reason: isStatus ? textOf(answer.reason) : undefined,
		// As client-go: only what the server itself asks to send again, which it then has not begun to do.
		retryAfterMs:
			(status === 429 || status >= 500) && /^[0-9]{1,2}$/.test(retryAfter) ? Number(retryAfter) * 1000 : undefined,
		...(hint === undefined ? {} : { hint }),
	});
}

/** `HTTP 502 Bad Gateway, answered by nginx: …`: an API server refuses with a Status, and this is none. */
function foreignWords({ status, headers, text }: { status: number; headers: RefusingAnswer["headers"]; text: string }) {
	const server = textOf(headers.server);
	const by = server === undefined ? "" : `, answered by ${inOneLine(server)}`;
	const words = wordsOf(text);
	return `${nameOf(status)}${by}${words === "" ? "" : `: ${words}`}`;
}

function hintFor(status: number, isStatus: boolean): string | undefined {
	if (status === 401) return "the API server does not accept these credentials; log in again";
	if (status === 403) {
		return isStatus
			? "the message names the missing verb and resource; the README lists the rights that knistio needs"
			: "something between here and the API server refuses; a proxy or a firewall may do so";
	}
	if (status < 300)
		return "this is not the answer of an API server; it came from something in between, such as a login page";
	if (status < 400) return "no redirect is followed; the kubeconfig's `server` must be the API server's own address";
	if (status === 429) return "the API server has too much to do; run it again later";
	if (status >= 500) {
		return isStatus
			? "run it again when the API server is well: `kubectl get --raw /readyz` tells"
			: "a proxy or load balancer in front of the API server may have answered; run it again when the server is well";
	}
	return isStatus ? undefined : "this is not the answer of an API server; check the kubeconfig's `server`";
}

function nameOf(status: number): string {
	const words = STATUS_CODES[status];
	return `HTTP ${status}${words === undefined ? "" : ` ${words}`}`;
}

/** A page as text: without scripts, styles and tags, in one line, and cut. */
function wordsOf(page: string): string {
	const text = page
		.replaceAll(/<!--[\s\S]*?-->|<(script|style|head)\b[\s\S]*?<\/\1>/gi, (part) => titleIn(part))
		.replaceAll(/<[^>]*>/g, " ")
		.replaceAll("&nbsp;", " ")
		.replaceAll("&lt;", "<")
		.replaceAll("&gt;", ">")
		.replaceAll("&quot;", '"')
		.replaceAll("&amp;", "&");
	const line = inOneLine(text);
	return line.length > mostWords ? `${line.slice(0, mostWords)}…` : line;
}

const titleIn = (part: string) => /<title[^>]*>([\s\S]*?)<\/title>/i.exec(part)?.[1] ?? " ";

/** Without line breaks and control characters, which could move a terminal's cursor. */
function inOneLine(text: string): string {
	return text.replaceAll(/[\s\p{Cc}]+/gu, " ").trim();
}

/** The JSON that a text is; undefined for any other text. */
export function jsonOf(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

/** What there is of an answer that only says what is wrong. */
export async function bodyOf(response: IncomingMessage): Promise<Buffer> {
	const chunks: Buffer[] = [];
	try {
		for await (const chunk of response) chunks.push(chunk as Buffer);
	} catch {
		// The connection broke; the status says enough.
	}
	return Buffer.concat(chunks);
}
