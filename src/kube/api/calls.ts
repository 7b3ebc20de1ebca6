import { systemClock } from "../../clock/clock.ts";
import type { Kubeconfig } from "../auth/kubeconfig.ts";
import { ApiError } from "../http/api-error.ts";
import type { Connection, RawAnswer } from "../http/connection.ts";
import { openTransport, type RequestOptions, type Transport } from "../http/transport.ts";
import { objectIn, wasWritten } from "./answers.ts";
import type { KubeObject, ObjectRef } from "./cluster.ts";
import { jsonOf, refusal } from "./refusal.ts";
import { type Repetition, type RepetitionClock, repeatedly } from "./repetition.ts";

/** A call as it is sent, and as a failure names it. */
export interface Call extends RequestOptions {
	/** Begins the message of a failure, such as `apply Deployment istio-system/istiod`. */
	doing: string;
	method: string;
	path: string;
}

const repetitionClock: RepetitionClock = { ...systemClock, random: Math.random };

/** Opens the calls to the cluster that a kubeconfig names; nothing is sent yet. */
export async function openCalls(kubeconfig: Kubeconfig, clock: RepetitionClock = repetitionClock): Promise<Calls> {
	const connection = await kubeconfig.connect();
	return new Calls(kubeconfig, connection, await openTransport(connection), clock);
}

/**
 * Calls to an API server as raw JSON, which keeps every field of every kind as the server sent it. Calls that fail for a
 * reason that may pass are made again (see `repetition.ts`), but for {@link Calls.send}, whose times count.
 */
export class Calls {
	/** Whether the server has answered at all, so that it is known to be there. */
	#isKnown = false;
	readonly #kubeconfig: Kubeconfig;
	#connection: Connection;
	readonly #transport: Transport;
	readonly #clock: RepetitionClock;

	constructor(kubeconfig: Kubeconfig, connection: Connection, transport: Transport, clock: RepetitionClock) {
		this.#kubeconfig = kubeconfig;
		this.#connection = connection;
		this.#transport = transport;
		this.#clock = clock;
	}

	/** How another thread can connect. */
	async connection(renew = false): Promise<Connection> {
		return renew ? this.#renew() : this.#connection;
	}

	/** Credentials may run out in a long run: their known end and a 401 ask for new ones, the latter once. */
	async send(method: string, path: string, options?: RequestOptions): Promise<RawAnswer> {
		const { expiresAtMs } = this.#connection;
		if (expiresAtMs !== undefined && expiresAtMs <= Date.now()) await this.#renew();
		const answer = await this.#transport.request(method, path, options);
		this.#isKnown = true;
		if (answer.status !== 401) return answer;
		await this.#renew();
		return this.#transport.request(method, path, options);
	}

	/** For what may be done twice without another outcome. @throws ApiError */
	call(order: Call, patienceMs?: number): Promise<unknown> {
		return repeatedly(() => this.#once(order), this.#repeating(order.signal, patienceMs));
	}

	/**
	 * For a write that the server refuses the second time. Where an earlier attempt may have been done, the object tells
	 * whether it was: it is there with what was written. @throws ApiError
	 */
	write(order: Call, at: { ref: ObjectRef; path: string; written: unknown }): Promise<KubeObject> {
		const { doing, signal } = order;
		const look = async () => {
			const found = await unlessMissing(this.#once({ doing, method: "GET", path: at.path, ...withSignal(signal) }));
			return found !== undefined && wasWritten(found, at.written) ? objectIn(found, at.ref, doing) : undefined;
		};
		return repeatedly(async (mayBeDone) => {
			if (!mayBeDone) return objectIn(await this.#once(order), at.ref, doing);
			const done = await look();
			if (done !== undefined) return done;
			try {
				return objectIn(await this.#once(order), at.ref, doing);
			} catch (error) {
				// It came through after the look.
				const late = error instanceof ApiError && error.status === 409 ? await look() : undefined;
				if (late === undefined) throw error;
				return late;
			}
		}, this.#repeating(signal));
	}

	/** For a deletion; false if there was nothing to delete. @throws ApiError */
	delete(order: Call): Promise<boolean> {
		// What is gone after an attempt that may have been done was there before it.
		const attempt = async (mayBeDone: boolean) => (await unlessMissing(this.#once(order))) !== undefined || mayBeDone;
		return repeatedly(attempt, this.#repeating(order.signal));
	}

	/** Closes the idle connections. */
	close(): void {
		this.#transport.close();
	}

	async #renew(): Promise<Connection> {
		this.#connection = await this.#kubeconfig.connect();
		this.#transport.renew(this.#connection);
		return this.#connection;
	}

	async #once({ doing, method, path, ...options }: Call): Promise<unknown> {
		const answer = await this.send(method, path, options);
		const isOk = answer.status >= 200 && answer.status < 300;
		const json = answer.body.length === 0 && method === "DELETE" ? {} : jsonOf(answer.body.toString("utf8"));
		if (isOk && json !== undefined) return json;
		throw refusal(doing, answer);
	}

	#repeating(signal: AbortSignal | undefined, patienceMs?: number): Repetition {
		return { clock: this.#clock, signal, isKnown: () => this.#isKnown, patienceMs };
	}
}

/** A signal as an option of a call. */
export const withSignal = (signal?: AbortSignal): RequestOptions => (signal === undefined ? {} : { signal });

/** The answer, or undefined for one of 404. */
export async function unlessMissing(answer: Promise<unknown>): Promise<unknown> {
	try {
		return await answer;
	} catch (error) {
		if (error instanceof ApiError && error.status === 404) return undefined;
		throw error;
	}
}
