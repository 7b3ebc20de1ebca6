import type { Clock } from "../../clock/clock.ts";
import { ApiError } from "../http/api-error.ts";

/** A clock, and the chance that spreads the repetitions of many clients over time. */
export interface RepetitionClock extends Clock {
	/** In [0, 1). */
	random(): number;
}

/**
 * How long one call is tried again, in ms. Waits go on for as long as they are told to (see `waitUntil`); this is for each
 * single call, in a wait or outside of one.
 */
export const patienceMs = {
	/** An API server that restarts is back within some seconds, and a load balancer notices that some seconds later. */
	usual: 30_000,
	/** A webhook without endpoints: who installs it waits for longer, and others must not hang on it. */
	webhook: 5_000,
	/** A group of a discovery that is looked through as a whole: its own API server may be away for days. */
	discovery: 3_000,
	/** A connection that breaks before the server has ever answered: the address may be wrong. */
	firstContact: 2_000,
} as const;

/** How often a call is repeated that an overloaded API server asks to be sent later. */
const mostRepetitions = 10;
const firstGapMs = 100;
const lastGapMs = 5_000;

/** Whether the server has begun to work on a call that failed; `final` where no repetition would heal it. */
type Failure = "not-begun" | "unknown" | "final";

/** The request was not sent: there was no connection to send it on. */
const notSent = /ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ENETDOWN|ENOTFOUND|EAI_AGAIN/;
/** The connection ended, or was silent, at a time at which the request may have arrived. */
const cut = /ECONNRESET|ECONNABORTED|EPIPE|ETIMEDOUT|socket hang up|aborted|other side closed|no answer within/;

function failureOf(error: ApiError): Failure {
	const { status } = error;
	if (status === undefined) {
		const cause = error.cause as NodeJS.ErrnoException | undefined;
		const text = `${cause?.code ?? ""} ${cause?.message ?? ""}`;
		if (notSent.test(text)) return "not-begun";
		return cut.test(text) ? "unknown" : "final";
	}
	if (status === 429 || (status >= 500 && error.retryAfterMs !== undefined)) return "not-begun";
	if (isOfWebhook(error)) return "not-begun";
	return status === 408 || status === 500 || (status >= 502 && status <= 504) ? "unknown" : "final";
}

/** Webhooks are asked before anything is stored. One that says no is none of these: that is a 400 or a 403. */
const isOfWebhook = (error: ApiError) =>
	error.status === 500 && /failed calling webhook|conversion webhook/.test(error.message);

/** Whether a failure of a call is one that may end by itself: the server is overloaded, restarting, or not to be reached. */
export function mayPass(error: unknown): error is ApiError {
	return error instanceof ApiError && failureOf(error) !== "final";
}

/** What a repetition needs to know. */
export interface Repetition {
	clock: RepetitionClock;
	signal?: AbortSignal | undefined;
	/** Whether this server has ever answered. */
	isKnown(): boolean;
	/** Instead of {@link patienceMs}' usual one. */
	patienceMs?: number | undefined;
}

/**
 * Makes a call, again and again while it fails for a reason that may pass.
 * @param attempt is told whether an earlier attempt may have been done by the server; only what is repeatable, or looks
 * for that itself, may be given here
 * @throws ApiError the last failure when the patience is over, any other at once
 */
export async function repeatedly<Result>(
	attempt: (mayBeDone: boolean) => Promise<Result>,
	{ clock, signal, isKnown, patienceMs: most = patienceMs.usual }: Repetition,
): Promise<Result> {
	const startedAt = clock.now();
	let mayBeDone = false;
	let asked = 0;
	for (let gapMs = firstGapMs; ; ) {
		try {
			return await attempt(mayBeDone);
		} catch (error) {
			if (!mayPass(error)) throw error;
			mayBeDone ||= failureOf(error) === "unknown";
			const spentMs = clock.now() - startedAt;
			if (error.retryAfterMs !== undefined) {
				if (++asked > mostRepetitions) throw lasting(error, spentMs);
				await clock.sleep(error.retryAfterMs, signal);
			} else {
				if (spentMs + gapMs > Math.min(most, patienceWith(error, isKnown()))) throw lasting(error, spentMs);
				await clock.sleep(gapMs * (0.5 + clock.random() / 2), signal);
				gapMs = Math.min(gapMs * 2, lastGapMs);
			}
		}
	}
}

function patienceWith(error: ApiError, isKnown: boolean): number {
	if (isOfWebhook(error)) return patienceMs.webhook;
	if (isKnown || error.status !== undefined) return patienceMs.usual;
	return failureOf(error) === "unknown" ? patienceMs.firstContact : 0;
}

/** The same error, which tells how long it lasted. */
function lasting(error: ApiError, spentMs: number): ApiError {
	if (spentMs < 1_000) return error;
	const { status, reason, retryAfterMs, hint, cause } = error;
	return new ApiError(`${error.message} (tried again for ${Math.round(spentMs / 1000)} s)`, {
		status,
		reason,
		retryAfterMs,
		cause,
		...(hint === undefined ? {} : { hint }),
	});
}
