import type { Cluster, KubeObject } from "../kube/api/cluster.ts";
import { objectOf, textOf } from "../kube/untrusted.ts";

/** Where queue-proxy takes the requests of Knative's revisions. */
export const queueProxyPort = 8012;

/** What came of a request in plain text to a port of a pod. */
export type Reached =
	| { isAnswered: true; status: number }
	| {
			isAnswered: false;
			/** The API server's own words. */
			reason: string;
			/** Somebody took the connection and ended it, so the pod was reached. */
			isCut: boolean;
	  };

/**
 * Sends a request in plain text, without a proxy of the mesh before it: the API server's proxy to pods sends one.
 * @throws ApiError where the API server cannot be asked
 */
export async function askInPlainText(
	cluster: Pick<Cluster, "raw">,
	pod: KubeObject,
	{ port, path, signal }: { port: number; path: string; signal: AbortSignal },
): Promise<Reached> {
	const { namespace, name } = pod.metadata;
	const proxied = `/api/v1/namespaces/${namespace}/pods/http:${name}:${port}/proxy${path}`;
	const answer = await cluster.raw("GET", proxied, { signal, timeoutMs: 10_000 });
	const reason = refusalOf(answer);
	if (reason === undefined) return { isAnswered: true, status: answer.status };
	return { isAnswered: false, reason, isCut: /connection reset by peer|\bEOF\b/.test(reason) };
}

/** The API server's own word that it got no answer, as a Status; undefined for an answer of the pod. */
function refusalOf({ status, body }: { status: number; body: Buffer }): string | undefined {
	if (status < 400) return undefined;
	const text = body.toString("utf8");
	const said = textOf(statusOf(text)?.message);
	if (said !== undefined) return inOneLine(said).replace(/^error trying to reach service: /i, "");
	// Older API servers say so in plain words.
	return /^error trying to reach service/i.test(text) ? inOneLine(text) : undefined;
}

const inOneLine = (text: string) => text.replaceAll(/[\s\p{Cc}]+/gu, " ").trim();

function statusOf(text: string): Record<string, unknown> | undefined {
	try {
		const value = objectOf(JSON.parse(text)) as Partial<KubeObject>;
		return value.kind === "Status" && value.apiVersion === "v1" ? value : undefined;
	} catch {
		return undefined;
	}
}
