import type { Api } from "../api/api.ts";
import type { KubeObject } from "../api/objects.ts";
import { joinApiVersion, type Resource } from "../api/resources.ts";
import { parseFieldSelector, parseLabelSelector, type Selector } from "../api/selectors.ts";
import { badRequest, expired, StatusError } from "../api/status-error.ts";
import type { ResourcePath } from "./paths.ts";

/** Objects of one resource that a list or watch asks for. */
export interface Query {
	resource: Resource;
	apiVersion: string;
	namespace: string | undefined;
	matches: Selector;
}

/** Reads selectors and the single name that a path may have. */
export function queryOf(resource: Resource, path: ResourcePath, query: URLSearchParams): Query {
	const byLabel = parseLabelSelector(query.get("labelSelector") ?? "");
	const byField = parseFieldSelector(query.get("fieldSelector") ?? "", resource.kind);
	return {
		resource,
		apiVersion: joinApiVersion(path.group, path.version),
		namespace: path.namespace,
		matches: (object) => byLabel(object) && byField(object),
	};
}

const jsonOfRest = new WeakMap<KubeObject, string>();

/** All but kind and apiVersion as JSON; made once for each version of an object, since many watches and lists send it. */
function restOf(object: KubeObject): string {
	let json = jsonOfRest.get(object);
	if (json === undefined) {
		const { apiVersion: _, kind: __, ...rest } = object;
		json = JSON.stringify(rest);
		jsonOfRest.set(object, json);
	}
	return json;
}

/** The object as JSON, in the version that was asked for. */
export function jsonOf(object: KubeObject, apiVersion: string): string {
	return `{"kind":"${object.kind}","apiVersion":"${apiVersion}",${restOf(object).slice(1)}`;
}

/** As an item of a list: those of built-in kinds come without the two fields that name their kind. */
function itemOf(object: KubeObject, wanted: Query): string {
	return wanted.resource.isCustom ? jsonOf(object, wanted.apiVersion) : restOf(object);
}

/** Lists in pages; all pages show the objects that existed when the first page was requested. */
export interface Lists {
	list(wanted: Query, query: URLSearchParams): string;
	/** Makes the continue tokens given out so far too old. */
	expireAll(): void;
}

interface Snapshot {
	revision: number;
	rest: KubeObject[];
}

const keptSnapshots = 64;

export function createLists(api: Api): Lists {
	const snapshots = new Map<string, Snapshot>();
	let tokens = 0;

	function resume(token: string): Snapshot {
		const snapshot = snapshots.get(token);
		if (snapshot !== undefined) return snapshot;
		if (!/^[\w=-]+$/.test(token)) throw badRequest("continue key is not valid: illegal base64 data");
		throw expired(
			"The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.",
		);
	}

	function first(wanted: Query, query: URLSearchParams): Snapshot {
		checkRevision(query.get("resourceVersion"), api.store.revision());
		const rest = api.store.list(wanted.resource.id, wanted.namespace).filter(wanted.matches);
		return { revision: api.store.revision(), rest };
	}

	function keep(snapshot: Snapshot): string {
		const token = Buffer.from(`${snapshot.revision}.${++tokens}`).toString("base64url");
		snapshots.set(token, snapshot);
		const [oldest] = snapshots.keys();
		if (snapshots.size > keptSnapshots && oldest !== undefined) snapshots.delete(oldest);
		return token;
	}

	return {
		list(wanted, query) {
			const token = query.get("continue") ?? "";
			const limit = Number(query.get("limit") ?? 0);
			const snapshot = token === "" ? first(wanted, query) : resume(token);
			const page = limit > 0 ? snapshot.rest.slice(0, limit) : snapshot.rest;
			const rest = snapshot.rest.slice(page.length);
			const more =
				rest.length === 0
					? {}
					: { continue: keep({ revision: snapshot.revision, rest }), remainingItemCount: rest.length };
			const metadata = JSON.stringify({ resourceVersion: String(snapshot.revision), ...more });
			const items = page.map((object) => itemOf(object, wanted)).join(",");
			return `{"kind":"${wanted.resource.kind}List","apiVersion":"${wanted.apiVersion}","metadata":${metadata},"items":[${items}]}`;
		},
		expireAll: () => snapshots.clear(),
	};
}

/** Refuses a resourceVersion that is not a number or lies in the future. */
export function checkRevision(text: string | null, current: number): number | undefined {
	if (text === null || text === "") return undefined;
	const revision = Number(text);
	if (!Number.isInteger(revision) || revision < 0) {
		throw badRequest(`resourceVersion: Invalid value: "${text}": strconv.ParseUint: parsing "${text}": invalid syntax`);
	}
	if (revision > current) {
		throw new StatusError(`Too large resource version: ${revision}, current: ${current}`, {
			code: 504,
			reason: "Timeout",
			details: {
				causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
				retryAfterSeconds: 1,
			},
		});
	}
	return revision;
}
