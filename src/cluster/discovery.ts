import { ApiError } from "./api-error.ts";
import type { Resource } from "./cluster.ts";

/** Which kinds the API server serves, asked for one group at a time and remembered. */
export interface Discovery {
	find(apiVersion: string, kind: string): Promise<Resource | undefined>;
	all(): Promise<Resource[]>;
}

interface ResourceList {
	resources: { name: string; kind: string; namespaced: boolean; verbs: string[] }[];
}

interface Group {
	preferredVersion: { groupVersion: string };
	versions?: { groupVersion: string }[];
}

/** The preferred version first; a kind may be served in another one alone, as Istio's EnvoyFilter is. */
function versionsOf({ preferredVersion, versions = [] }: Group): string[] {
	return [...new Set([preferredVersion, ...versions].map(({ groupVersion }) => groupVersion))];
}

/** The kinds of a group, each in the first of the versions that has it. */
function eachOnce(versions: readonly Resource[][]): Resource[] {
	const kinds = new Map<string, Resource>();
	for (const resource of versions.flat()) if (!kinds.has(resource.kind)) kinds.set(resource.kind, resource);
	return [...kinds.values()];
}

/** `get` reads a path of the API as JSON and fails with an {@link ApiError}. */
export function openDiscovery(get: (path: string) => Promise<unknown>): Discovery {
	const known = new Map<string, Promise<Resource[]>>();

	async function ask(apiVersion: string): Promise<Resource[]> {
		const path = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
		try {
			const list = (await get(path)) as ResourceList;
			return list.resources
				.filter(({ name }) => !name.includes("/"))
				.map(({ name, kind, namespaced, verbs }) => ({ apiVersion, kind, plural: name, namespaced, verbs }));
		} catch (error) {
			if (error instanceof ApiError && error.status === 404) return [];
			throw error;
		}
	}

	function resourcesOf(apiVersion: string): Promise<Resource[]> {
		let answer = known.get(apiVersion);
		if (answer === undefined) {
			answer = ask(apiVersion);
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

	async function all(): Promise<Resource[]> {
		const core = (await get("/api")) as { versions: string[] };
		const groups = (await get("/apis")) as { groups: Group[] };
		const versions = [...core.versions.map((version) => [version]), ...groups.groups.map(versionsOf)];
		for (const version of versions.flat()) known.delete(version);
		const ofGroup = async (group: readonly string[]) =>
			eachOnce(await Promise.all(group.map((version) => resourcesOf(version).catch(unlessAway))));
		return (await Promise.all(versions.map(ofGroup))).flat();
	}

	return { find, all };
}

/** A group may have an API server of its own (metrics.k8s.io), and what that serves while it is away is nothing. */
function unlessAway(error: unknown): Resource[] {
	if (error instanceof ApiError && error.status === 503) return [];
	throw error;
}
