import type { IncomingMessage } from "node:http";
import { StatusError } from "../api/status-error.ts";
import type { FaultEffects } from "../faults/fault.ts";
import { type Exchange, isSet, readBody, sendJson } from "./exchange.ts";
import type { ResourcePath } from "./paths.ts";

type Forbidden = Pick<FaultEffects, "isForbidden">;

/**
 * Checks that the user may do what a request asks for.
 * @throws StatusError 403
 */
export function checkAccess(
	faults: Forbidden,
	{ request, query }: Exchange,
	{ path, id }: { path: ResourcePath; id: string },
): void {
	const verb = verbOf(request, query, path);
	if (!faults.isForbidden(verb, id)) return;
	const name = path.name === undefined ? "" : ` "${path.name}"`;
	const where = path.namespace === undefined ? "at the cluster scope" : `in the namespace "${path.namespace}"`;
	const what = `User "simulated" cannot ${verb} resource "${path.plural}" in API group "${path.group}" ${where}`;
	throw new StatusError(`${id}${name} is forbidden: ${what}`, {
		code: 403,
		reason: "Forbidden",
		details: { ...(path.name === undefined ? {} : { name: path.name }), group: path.group, kind: path.plural ?? "" },
	});
}

/** Answers a SelfSubjectAccessReview. */
export async function answerReview(faults: Forbidden, exchange: Exchange): Promise<void> {
	const given = JSON.parse(await readBody(exchange.request)) as { spec?: Record<string, Record<string, string>> };
	const { group = "", resource = "", verb = "" } = given.spec?.resourceAttributes ?? {};
	const isAllowed = !faults.isForbidden(verb, group === "" ? resource : `${resource}.${group}`);
	sendJson(exchange, 201, {
		...given,
		status: { allowed: isAllowed, ...(isAllowed ? { reason: "simulated" } : {}) },
	});
}

function verbOf(request: IncomingMessage, query: URLSearchParams, path: ResourcePath): string {
	const isOne = path.name !== undefined;
	switch (request.method) {
		case "POST":
			return "create";
		case "PUT":
			return "update";
		case "PATCH":
			return "patch";
		case "DELETE":
			return isOne ? "delete" : "deletecollection";
		default:
			return isOne ? "get" : isSet(query, "watch") ? "watch" : "list";
	}
}
