import type { KubeObject } from "../../kube/api/cluster.ts";
import type { Transport } from "../../kube/http/transport.ts";
import type { EntryOf } from "../../recording/entries.ts";
import { pingAnnotation, pingPodName } from "./ping.ts";

/** What pings go through, and who answers for refused ones. */
export interface PingingOptions {
	transport: Transport;
	/** The path of the pod that is changed. */
	path: string;
	/** Nanoseconds since the epoch on the client's clock. */
	now(): bigint;
	signal: AbortSignal;
	/** Resolves when there are new credentials. */
	renew(): Promise<void>;
}

/** Changes the ping's pod, and times how long the watch takes to bring the change. */
export interface Pinging {
	/** Sends one change; never rejects. */
	ping(): Promise<void>;
	/** The ping that this change of the pod brings; undefined if it is not known. */
	received(pod: KubeObject, at: string): EntryOf<"ping"> | undefined;
}

export const isPing = (object: KubeObject) => object.kind === "Pod" && object.metadata.name === pingPodName;

/** No ping is under way. */
export function openPinging({ transport, path, now, signal, renew }: PingingOptions): Pinging {
	const sent = new Map<string, bigint>();
	let count = 0;
	let isRefused = false;
	return {
		async ping() {
			const name = String(++count);
			sent.set(name, now());
			const { status } = await transport
				.request("PATCH", path, {
					headers: { "Content-Type": "application/merge-patch+json" },
					body: JSON.stringify({ metadata: { annotations: { [pingAnnotation]: name } } }),
					timeoutMs: 5_000,
					signal,
				})
				.catch(() => ({ status: undefined }));
			// The watch never brings a ping that failed. Why it failed is known from the watch's own state.
			if (status !== 200) sent.delete(name);
			const isFirstRefusal = status === 401 && !isRefused;
			isRefused = status === 401;
			if (isFirstRefusal) await renew();
		},
		received(pod, at) {
			const name = pod.metadata.annotations?.[pingAnnotation] ?? "";
			const sentAt = sent.get(name);
			if (sentAt === undefined) return undefined;
			sent.delete(name);
			return { kind: "ping", at, sentAt: sentAt.toString(), seenAt: at };
		},
	};
}
