import { ApiError } from "../http/api-error.ts";
import { isObject, kubeObjectOf, objectOf } from "../untrusted.ts";
import type { KubeObject, ListQuery, ObjectRef } from "./cluster.ts";

const foreignAnswerHint = "something else than an API server may answer at this address";

/** An answer as the object that was asked for. @throws ApiError for anything else */
export function objectIn(answer: unknown, ref: ObjectRef, doing: string): KubeObject {
	const object = kubeObjectOf(answer, ref);
	if (object !== undefined && isObject(objectOf(answer).metadata)) return object;
	throw new ApiError(`${doing}: the answer is not a Kubernetes object`, { status: 200, hint: foreignAnswerHint });
}

/**
 * The items of a list, which come without the two fields that name their kind. A list without any may have no `items`, or
 * null; what has no name is left out.
 * @throws ApiError for what is no list at all, of which it is not known what is there
 */
export function itemsIn(list: unknown, { apiVersion, kind }: ListQuery, doing: string): KubeObject[] {
	const { items = null, metadata, kind: listKind } = objectOf(list);
	const isList = items !== null || isObject(metadata) || String(listKind).endsWith("List");
	if (!isList || (items !== null && !Array.isArray(items))) {
		throw new ApiError(`${doing}: the answer holds no list`, { status: 200, hint: foreignAnswerHint });
	}
	return (items ?? []).flatMap((item: unknown) => kubeObjectOf(item, { apiVersion, kind }) ?? []);
}

/**
 * Whether an object holds all that was written, whatever a server, a webhook or a controller has added to it. The version
 * and the uid that a patch asks for are none of its values.
 */
export function wasWritten(found: unknown, written: unknown): boolean {
	const { metadata, ...rest } = objectOf(written);
	const { resourceVersion: _, uid: __, ...others } = objectOf(metadata);
	return holds(found, metadata === undefined ? rest : { ...rest, metadata: others });
}

/** A null that was written means that the field is not there, as in a merge patch. */
function holds(found: unknown, written: unknown): boolean {
	if (written === null || written === undefined) return found === null || found === undefined;
	if (Array.isArray(written)) {
		return Array.isArray(found) && written.every((each) => found.some((other) => holds(other, each)));
	}
	if (!isObject(written)) return found === written;
	return isObject(found) && Object.entries(written).every(([key, value]) => holds(found[key], value));
}
