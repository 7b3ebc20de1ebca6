import { mayPass } from "../api/repetition.ts";
import { ApiError } from "../http/api-error.ts";
import { type Task, waitUntil } from "./task.ts";

/**
 * Whether a refusal is one that ends when what was applied has started. The API server answers 500 InternalError with
 * "failed calling webhook" while a webhook has no endpoints or no certificate, and 404 for the kind of a new CRD. What ends
 * by itself without an installation does so here too: an API server that restarts, or is overloaded.
 */
export function passesByItself(error: ApiError): boolean {
	const isUnknownKind = /does not know the kind|could not find the requested resource/.test(error.message);
	return error.status === 409 || (error.status === 404 && isUnknownKind) || mayPass(error);
}

/**
 * Does a change, again and again while it is refused for a reason that {@link passesByItself}.
 * @param what the object, for the progress
 * @throws ApiError the last refusal when the task's time is over, with the webhook that it names; any other at once
 */
export async function patiently<Result>(task: Task, what: string, change: () => Promise<Result>): Promise<Result> {
	let result: { value: Result } | undefined;
	let refusal: ApiError | undefined;
	const startedAt = task.clock.now();
	await waitUntil(
		task,
		async () => {
			try {
				result = { value: await change() };
				return undefined;
			} catch (error) {
				if (!(error instanceof ApiError) || !passesByItself(error)) throw error;
				refusal = error;
				return `${what}: ${error.message}`;
			}
		},
		() => namingWebhook(refusal as ApiError, task.clock.now() - startedAt),
	);
	return (result as { value: Result }).value;
}

/** The admission webhook that the API server could not call; undefined where a refusal is about none. */
export function webhookIn(message: string): string | undefined {
	return /failed calling webhook "([^"]+)"/.exec(message)?.[1];
}

/** What is to be done about a webhook that does not answer, however often it is asked. */
export function hintOnWebhook(webhook: string): string {
	return `the admission webhook ${webhook} does not answer: mend it, or remove its configuration`;
}

/** The same refusal with a hint about the webhook, if it is one's, and with how long it lasted. */
export function namingWebhook(refusal: ApiError, lastedMs: number): ApiError {
	const webhook = webhookIn(refusal.message);
	if (webhook === undefined) return refusal;
	const { status, reason, retryAfterMs, cause } = refusal;
	const message = refusal.message.replace(/ \(tried again for \d+ s\)$/, "");
	return new ApiError(`${message} (tried again for ${Math.round(lastedMs / 1000)} s)`, {
		status,
		reason,
		retryAfterMs,
		cause,
		hint: hintOnWebhook(webhook),
	});
}
