import type { KubeObject } from "../../kube/api/cluster.ts";

/** One request as one proxy saw it; what Envoy does not know is undefined. Durations in ms, to the microsecond. */
export interface LoggedRequest {
	/** Of the header `x-knistio-request`. */
	id: string;
	/** Where the proxy sent it: `inbound|…` for the container beside it. */
	cluster: string;
	/** From the first byte of the request to the last byte of the answer. */
	totalMs: number;
	/** The part of it from the first byte that was passed on to the last byte that came back. */
	upstreamMs?: number;
	/** The identity in the certificate of the caller, such as `spiffe://cluster.local/ns/a/sa/b`. */
	peer?: string;
	/** The header X-Forwarded-Client-Cert as the proxy passes it on. */
	forwarded?: string;
}

/** The proxies' logs while they write what knistio asks for. */
export interface AccessLog {
	/** What the proxy of a pod has written of the requests with these ids, in its order. */
	read(pod: KubeObject, ids: ReadonlySet<string>): Promise<LoggedRequest[]>;
	/** What was changed for it, and is put back. */
	changed: string;
}
