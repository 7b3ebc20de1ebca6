/** What a path below `/api` or `/apis` points at. */
export interface ResourcePath {
	group: string;
	version: string;
	/** Undefined for a discovery document. */
	plural?: string;
	namespace?: string;
	name?: string;
	subresource?: string;
	/** What follows `/proxy/`. */
	rest?: string;
}

/**
 * Takes a path apart: `/apis/apps/v1/namespaces/a/deployments/b/status`. A namespace by itself is a resource too.
 * Undefined if the path is not one of the API.
 */
export function parseResourcePath(path: string): ResourcePath | undefined {
	const parts = path.split("/").slice(1);
	const root = parts.shift();
	if (root !== "api" && root !== "apis") return undefined;
	const group = root === "api" ? "" : decodeURIComponent(parts.shift() ?? "");
	const version = decodeURIComponent(parts.shift() ?? "");
	const found: ResourcePath = { group, version };
	if (parts[0] === "namespaces" && parts.length > 2 && !isNamespaceSubresource(parts)) {
		parts.shift();
		found.namespace = decodeURIComponent(parts.shift() ?? "");
	}
	const [plural, name, subresource, ...rest] = parts;
	if (plural !== undefined && plural !== "") found.plural = plural;
	if (name !== undefined && name !== "") found.name = decodeURIComponent(name);
	if (subresource !== undefined && subresource !== "") found.subresource = subresource;
	if (subresource === "proxy") found.rest = `/${rest.join("/")}`;
	return found;
}

function isNamespaceSubresource(parts: readonly string[]): boolean {
	return parts.length === 3 && (parts[2] === "status" || parts[2] === "finalize");
}
