/** An answer to what was posted. */
export interface Posted {
	status: number;
	body: string;
}

/** What is posted to an address outside of the cluster. */
export interface Post {
	headers: Record<string, string>;
	body: string;
	timeoutMs: number;
}

/** What is asked of an address outside of the cluster. */
export interface Get {
	timeoutMs: number;
	signal?: AbortSignal;
}

/** A larger answer is no answer to any question of ours. */
const mostCharacters = 64_000_000;

/** Reads what an address answers; redirects are not followed. @throws the network's error, or a timeout's */
export async function get(url: string, { timeoutMs, signal }: Get): Promise<Posted> {
	const timeout = AbortSignal.timeout(timeoutMs);
	const ended = signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
	const answer = await fetch(url, { headers: { accept: "application/json" }, redirect: "manual", signal: ended });
	const decoder = new TextDecoder();
	let body = "";
	for await (const piece of answer.body ?? []) {
		body += decoder.decode(piece, { stream: true });
		if (body.length > mostCharacters) throw new Error("the answer is too large");
	}
	return { status: answer.status, body: body + decoder.decode() };
}

/** Posts a body and reads the answer; redirects are not followed. @throws the network's error, or a timeout's */
export async function post(url: string, { headers, body, timeoutMs }: Post): Promise<Posted> {
	const signal = AbortSignal.timeout(timeoutMs);
	const answer = await fetch(url, { method: "POST", headers, body, redirect: "manual", signal });
	return { status: answer.status, body: await answer.text() };
}
