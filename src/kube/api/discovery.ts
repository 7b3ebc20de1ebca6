import { ApiError } from "../http/api-error.ts";
import { objectOf, objectsOf, textOf, textsOf } from "../untrusted.ts";
import { groupOf, type Resource, type UnreadGroup } from "./cluster.ts";
import { patienceMs } from "./repetition.ts";

/** Which kinds the API server serves, asked for one group at a time and remembered. */
export interface Discovery {
	/** @throws ApiError when the group cannot be read */
	find(apiVersion: string, kind: string): Promise<Resource | undefined>;
	/** Each kind once, in its group's preferred version where that serves it. What cannot be read is reported and left out. */
	all(onUnread: (group: UnreadGroup) => void): Promise<Resource[]>;
}

/** `get` reads a path of the API as JSON and fails with an {@link ApiError}. */
export function openDiscovery(get: (path: string, patienceMs?: number) => Promise<unknown>): Discovery {
	const known = new Map<string, Promise<Resource[]>>();

	async function ask(apiVersion: string, patience?: number): Promise<Resource[]> {
		const path = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
		try {
			return resourcesIn(await get(path, patience), apiVersion);
		} catch (error) {
			if (error instanceof ApiError && error.status === 404) return [];
			throw error;
		}
	}

	function resourcesOf(apiVersion: string, patience?: number): Promise<Resource[]> {
		let answer = known.get(apiVersion);
		if (answer === undefined) {
			answer = ask(apiVersion, patience);
			known.set(apiVersion, answer);
			answer.catch(() => known.delete(apiVersion));
		}
		return answer;
	}

	async function find(apiVersion: string, kind: string): Promise<Resource | undefined> {
		const is = (resource: Resource) => resource.kind === kind;
		const found = (await resourcesOf(apiVersion)).find(is);
		if (found !== undefined) return found;
		// A CRD may have been installed since: what is missing is asked for again, what is there is not.
		known.delete(apiVersion);
		return (await resourcesOf(apiVersion)).find(is);
	}

	async function all(onUnread: (group: UnreadGroup) => void): Promise<Resource[]> {
		const core = textsOf(objectOf(await get("/api")).versions);
		if (core.length === 0) onUnread({ apiVersion: "v1", reason: "the discovery names no version of it" });
		const groups = objectOf(await get("/apis")).groups;
		if (!Array.isArray(groups)) onUnread({ apiVersion: "/apis", reason: "the discovery names no groups" });
		const versions = [...core, ...objectsOf(groups).flatMap((group) => versionsOf(group, onUnread))];
		for (const version of versions) known.delete(version);
		const lists = await Promise.all(
			versions.map(async (apiVersion) => {
				try {
					return await resourcesOf(apiVersion, patienceMs.discovery);
				} catch (error) {
					// A group may have an API server of its own (metrics.k8s.io), which decides nothing about the others.
					if (!(error instanceof ApiError) || isOfAll(error)) throw error;
					onUnread({ apiVersion, reason: error.message });
					return [];
				}
			}),
		);
		return eachKindOnce(lists.flat());
	}

	return { find, all };
}

/** Whether the API server as a whole cannot be reached, or does not know who asks. */
const isOfAll = ({ status }: ApiError) => status === undefined || status === 401;

/** A group's versions, the preferred one first: it need not serve all kinds (EnvoyFilter is in v1alpha3 only). */
function versionsOf(group: Record<string, unknown>, onUnread: (group: UnreadGroup) => void): string[] {
	const preferred = textOf(objectOf(group.preferredVersion).groupVersion);
	const others = objectsOf(group.versions).flatMap(({ groupVersion }) => textOf(groupVersion) ?? []);
	const versions = [...new Set(preferred === undefined ? others : [preferred, ...others])];
	if (versions.length === 0) {
		onUnread({ apiVersion: textOf(group.name) ?? "a group without a name", reason: "it has no version" });
	}
	return versions;
}

function resourcesIn(list: unknown, apiVersion: string): Resource[] {
	const { resources } = objectOf(list);
	if (!Array.isArray(resources) && resources !== null) {
		throw new ApiError(`discover what the API serves in ${apiVersion}: the answer holds no resources`, { status: 200 });
	}
	return objectsOf(resources).flatMap(({ name, kind, namespaced, verbs }) => {
		const [plural, named] = [textOf(name), textOf(kind)];
		if (plural === undefined || named === undefined || plural.includes("/")) return [];
		return { apiVersion, kind: named, plural, namespaced: namespaced === true, verbs: textsOf(verbs) };
	});
}

function eachKindOnce(resources: readonly Resource[]): Resource[] {
	const kinds = new Map<string, Resource>();
	for (const resource of resources) {
		const key = `${groupOf(resource.apiVersion)} ${resource.kind}`;
		if (!kinds.has(key)) kinds.set(key, resource);
	}
	return [...kinds.values()];
}
