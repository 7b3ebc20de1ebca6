import { joinApiVersion, type Resource, type Resources } from "../api/resources.ts";

const verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

/** `/version` of a Kubernetes such as `1.34.4`. */
export function versionInfo(kubernetes: string): Record<string, string> {
	const [major = "1", minor = "0"] = kubernetes.split(".");
	return {
		major,
		minor,
		emulationMajor: major,
		emulationMinor: minor,
		gitVersion: `v${kubernetes}`,
		gitCommit: "simulated",
		gitTreeState: "clean",
		buildDate: "1970-01-01T00:00:00Z",
		goVersion: "none",
		compiler: "knistio",
		platform: "simulated",
	};
}

/** The discovery document of a path: groups, versions or resources; undefined if nothing is there. */
export function discoveryDocument(resources: Resources, path: string): Record<string, unknown> | undefined {
	const parts = path.split("/").filter((part) => part !== "");
	const [root, first, second] = parts;
	if (root === "api" && parts.length === 1) {
		return { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs: [] };
	}
	if (root === "api" && parts.length === 2) return resourceList(resources, "", first ?? "");
	if (root !== "apis" || parts.length > 3) return undefined;
	if (first === undefined) {
		return {
			kind: "APIGroupList",
			apiVersion: "v1",
			groups: groupNames(resources).map((name) => groupOf(resources, name)),
		};
	}
	if (second !== undefined) return resourceList(resources, first, second);
	if (!groupNames(resources).includes(first)) return undefined;
	return { kind: "APIGroup", apiVersion: "v1", ...groupOf(resources, first) };
}

function groupNames(resources: Resources): string[] {
	const names = new Set(resources.all().map((resource) => resource.group));
	names.delete("");
	names.add("authorization.k8s.io");
	return [...names];
}

function versionsOf(resources: Resources, group: string): string[] {
	if (group === "authorization.k8s.io") return ["v1"];
	return [...new Set(resources.all().flatMap((one) => (one.group === group ? one.versions : [])))];
}

function groupOf(resources: Resources, name: string): Record<string, unknown> {
	const versions = versionsOf(resources, name).map((version) => ({ groupVersion: `${name}/${version}`, version }));
	return { name, versions, preferredVersion: versions[0] };
}

function resourceList(resources: Resources, group: string, version: string): Record<string, unknown> | undefined {
	if (!(group === "" ? ["v1"] : versionsOf(resources, group)).includes(version)) return undefined;
	const served = resources.all().filter((one) => one.group === group && one.versions.includes(version));
	const listed = served.flatMap((resource) => entriesOf(resource));
	if (group === "authorization.k8s.io") {
		const name = "selfsubjectaccessreviews";
		listed.push({
			name,
			singularName: "selfsubjectaccessreview",
			namespaced: false,
			kind: "SelfSubjectAccessReview",
			verbs: ["create"],
		});
	}
	return { kind: "APIResourceList", apiVersion: "v1", groupVersion: joinApiVersion(group, version), resources: listed };
}

function entriesOf(resource: Resource): Record<string, unknown>[] {
	const { plural, singular, namespaced, kind, shortNames } = resource;
	const names = shortNames.length === 0 ? {} : { shortNames };
	const entries: Record<string, unknown>[] = [
		{ name: plural, singularName: singular, namespaced, kind, verbs, ...names },
	];
	if (resource.hasStatus) {
		entries.push({ name: `${plural}/status`, singularName: "", namespaced, kind, verbs: ["get", "patch", "update"] });
	}
	if (resource.hasScale) {
		const scale = { group: "autoscaling", version: "v1", kind: "Scale", verbs: ["get", "patch", "update"] };
		entries.push({ name: `${plural}/scale`, singularName: "", namespaced, ...scale });
	}
	if (["pods", "services", "nodes"].includes(resource.id)) {
		const kinds = { pods: "PodProxyOptions", services: "ServiceProxyOptions", nodes: "NodeProxyOptions" };
		const proxyKind = kinds[resource.id as keyof typeof kinds];
		entries.push({ name: `${plural}/proxy`, singularName: "", namespaced, kind: proxyKind, verbs: ["create", "get"] });
	}
	return entries;
}
