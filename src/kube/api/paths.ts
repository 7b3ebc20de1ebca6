import { groupOf, type Resource } from "./cluster.ts";

/** The URL path of a kind's objects. */
export function collection(resource: Resource, namespace?: string): string {
	const root = groupOf(resource.apiVersion) === "" ? "/api" : "/apis";
	const space = resource.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : "";
	return `${root}/${resource.apiVersion}${space}/${resource.plural}`;
}
