import { validateHeaderName, validateHeaderValue } from "node:http";
import type { Command } from "commander";
import { UsageError } from "../../errors.ts";
import { nearest } from "../../text/nearest.ts";
import { argument, collect, given, text } from "./values.ts";

/** What every request asks of the service, and what it must answer. */
export interface RequestFlags {
	request?: { method: string; path: string };
	header?: string[];
	body?: string;
	expectStatus?: number;
	expectBody?: string;
}

/** Adds the options that say what is asked of the service under test. */
export function addRequestOptions(command: Command): Command {
	return command
		.option(
			"--request <line>",
			"method and path of each request, such as 'POST /v1/orders' (default: 'GET /')",
			requestLine,
		)
		.option(
			"--header <line>",
			"a header of each request, such as 'Content-Type: application/json' (repeatable)",
			collect,
		)
		.option("--body <text|@file>", "body of each request: a text, or @ and the name of a file that holds it", text)
		.option("--expect-status <code>", "status that every answer must have (default: 200)", status)
		.option(
			"--expect-body <text>",
			"text that every answer must contain (default: the value of $TARGET; with --service, anything)",
			text,
		);
}

/** The request that the flags name. */
export function requestOptionsOf(flags: RequestFlags) {
	const { request, header, body, expectStatus, expectBody } = flags;
	if (body !== undefined && request === undefined) {
		throw new UsageError("--body: a GET has no body", { hint: "name the request, such as --request 'POST /'" });
	}
	const headers = header === undefined ? undefined : headersOf(header);
	return given({ request, headers, body, expectStatus, expectBody });
}

const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

const requestLine = argument((line, where) => {
	const [, word = "GET", path = ""] = /^\s*(?:([A-Za-z]+)\s+)?(\/\S*)\s*$/.exec(line) ?? [];
	const hint = "a method and a path, such as 'POST /v1/orders?dry=true'";
	if (path === "") throw new UsageError(`${where}: "${line}" is not a request`, { hint });
	const method = word.toUpperCase();
	if (!methods.includes(method)) {
		const meant = nearest(method, methods);
		const instead = meant === undefined ? `; there are ${methods.join(", ")}` : `; did you mean "${meant}"?`;
		throw new UsageError(`${where}: no method "${word}"${instead}`);
	}
	if (!/^[!-~]+$/.test(path) || path.includes("#")) {
		throw new UsageError(`${where}: "${path}" is not a path`, {
			hint: "encode what is no plain ASCII character, and leave out what follows a #",
		});
	}
	return { method, path };
});

/** Set by knistio, or by Node for the body. */
const ownHeaders = ["host", "content-length", "transfer-encoding", "connection", "x-knistio-deny"];

/** Of `Name: value` lines; of one name the values are joined, as HTTP reads them. No value is ever part of a message. */
function headersOf(lines: readonly string[]): Record<string, string> {
	const headers: Record<string, string> = {};
	for (const line of lines) {
		const { name, value } = headerOf(line);
		headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
	}
	return headers;
}

function headerOf(line: string): { name: string; value: string } {
	const [, name, value = ""] = /^\s*([^:\s]+)\s*:\s*(.*?)\s*$/s.exec(line) ?? [];
	if (name === undefined) {
		throw new UsageError("--header: there is no name before a colon", {
			hint: "such as 'Content-Type: application/json'",
		});
	}
	if (ownHeaders.includes(name.toLowerCase())) {
		throw new UsageError(`--header: knistio sets the header ${name} itself`);
	}
	try {
		validateHeaderName(name);
		validateHeaderValue(name, value);
	} catch {
		throw new UsageError(`--header: HTTP does not allow this header ${JSON.stringify(name)}`, {
			hint: "letters, digits and - in the name, no line breaks in the value",
		});
	}
	return { name: name.toLowerCase(), value };
}

const status = argument((text, where) => {
	if (!/^[2-5]\d\d$/.test(text)) {
		throw new UsageError(`${where}: "${text}" is not the status of an answer`, { hint: "a number from 200 to 599" });
	}
	return Number(text);
});
