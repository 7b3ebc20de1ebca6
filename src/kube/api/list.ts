import { ApiError } from "../http/api-error.ts";
import { objectOf, textOf } from "../untrusted.ts";
import { itemsIn } from "./answers.ts";
import { type Calls, withSignal } from "./calls.ts";
import type { KubeObject, ListQuery, Resource } from "./cluster.ts";
import { collection } from "./paths.ts";

const pageSize = 500;

/** All pages of a list. @throws ApiError */
export async function listAll(
	calls: Calls,
	query: ListQuery,
	resource: Resource,
	signal?: AbortSignal,
): Promise<KubeObject[]> {
	const doing = `list ${resource.plural}${query.namespace === undefined ? "" : ` in ${query.namespace}`}`;
	let objects: KubeObject[] = [];
	let isPaged = true;
	for (let next: string | undefined; ; ) {
		const path = `${collection(resource, query.namespace)}?${parametersOf(query, isPaged, next)}`;
		try {
			const page = await calls.call({ doing, method: "GET", path, ...withSignal(signal) });
			objects.push(...itemsIn(page, query, doing));
			next = textOf(objectOf(objectOf(page).metadata).continue);
			if (next === undefined) return objects;
		} catch (error) {
			// The pages were read too slowly, and the server has forgotten the list: now it is asked for in one piece.
			if (!(error instanceof ApiError && error.status === 410 && isPaged)) throw error;
			[objects, next, isPaged] = [[], undefined, false];
		}
	}
}

function parametersOf(query: ListQuery, isPaged: boolean, next: string | undefined): URLSearchParams {
	const parameters = new URLSearchParams(isPaged ? { limit: String(pageSize) } : {});
	if (query.labelSelector !== undefined) parameters.set("labelSelector", query.labelSelector);
	if (query.fieldSelector !== undefined) parameters.set("fieldSelector", query.fieldSelector);
	if (next !== undefined) parameters.set("continue", next);
	return parameters;
}
