import { type ClientClock, clientNow, realMs } from "../../clock/client-clock.ts";
import type { Transport } from "../../kube/http/transport.ts";
import type { KubeObject } from "../../kube/object.ts";
import type { Entry } from "../../recording/entries.ts";
import { pingAnnotation } from "./ping.ts";

const pingEveryMs = 250;

/** What pinging needs. */
interface PingerParts {
	transport: Transport;
	/** Of the pod that is changed. */
	path: string;
	clock: ClientClock;
	signal: AbortSignal;
	/** Asks for new credentials. */
	renew(): Promise<void>;
}

/** Changes a pod of ours four times a second, and tells how long the watch took to show each change. */
export class Pinger {
	readonly #parts: PingerParts;
	readonly #timer: NodeJS.Timeout;
	/** Sent and not seen yet: when each was sent, on the client's clock. */
	readonly #sentAt = new Map<string, bigint>();
	#count = 0;
	#isRefused = false;

	constructor(parts: PingerParts) {
		this.#parts = parts;
		this.#timer = setInterval(() => this.#ping(), realMs(parts.clock, pingEveryMs));
	}

	/** The entry for a change that the watch has shown; undefined for one that was not ours or did not succeed. */
	entryFor(pod: KubeObject, at: string): Entry | undefined {
		const name = pod.metadata.annotations?.[pingAnnotation] ?? "";
		const sentAt = this.#sentAt.get(name);
		if (sentAt === undefined) return undefined;
		this.#sentAt.delete(name);
		return { kind: "ping", at, sentAt: sentAt.toString(), seenAt: at };
	}

	/** Sends no more. */
	stop(): void {
		clearInterval(this.#timer);
	}

	async #ping(): Promise<void> {
		const { transport, path, clock, signal, renew } = this.#parts;
		const name = String(++this.#count);
		this.#sentAt.set(name, clientNow(clock));
		const { status } = await transport
			.request("PATCH", path, {
				headers: { "Content-Type": "application/merge-patch+json" },
				body: JSON.stringify({ metadata: { annotations: { [pingAnnotation]: name } } }),
				timeoutMs: 5_000,
				signal,
			})
			.catch(() => ({ status: undefined }));
		// A ping that fails is one that is never seen; the watch's own state says why.
		if (status !== 200) this.#sentAt.delete(name);
		const isFirstRefusal = status === 401 && !this.#isRefused;
		this.#isRefused = status === 401;
		if (isFirstRefusal) await renew();
	}
}
