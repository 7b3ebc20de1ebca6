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

/** Posts a body and reads the answer; redirects are not followed. @throws the network's error, or a timeout's */
export async function post(url: string, { headers, body, timeoutMs }: Post): Promise<Posted> {
	const signal = AbortSignal.timeout(timeoutMs);
	const answer = await fetch(url, { method: "POST", headers, body, redirect: "manual", signal });
	return { status: answer.status, body: await answer.text() };
}
