import { load } from "js-yaml";
import type { Api } from "../api/api.ts";
import { copyOf, isRecord } from "../api/fields.ts";
import { asObject, asVersion } from "../api/object-rules.ts";
import { type KubeObject, keyOf, uidOf, type Workload } from "../api/objects.ts";
import { jsonPatch, mergePatch, strategicMergePatch } from "../api/patch.ts";
import type { RemoveOptions } from "../api/remove.ts";
import { joinApiVersion, type Resource } from "../api/resources.ts";
import { badRequest, invalid, methodNotAllowed, notFound, StatusError } from "../api/status-error.ts";
import type { Ref, WriteOptions } from "../api/write.ts";
import { type Exchange, isSet, readBody } from "./exchange.ts";
import type { ResourcePath } from "./paths.ts";
import { type Query, queryOf } from "./reading.ts";

/** An answer of the API to a write. */
export interface Written {
	status: number;
	value: unknown;
}

interface Call {
	api: Api;
	exchange: Exchange;
	resource: Resource;
	path: ResourcePath;
}

/** POST, PUT, PATCH and DELETE of objects, their status and their scale. */
export async function writeObject(call: Call): Promise<Written> {
	const { exchange, path } = call;
	const method = exchange.request.method;
	const body = await readBody(exchange.request);
	if (exchange.request.headers["content-type"]?.includes("protobuf")) {
		throw new StatusError("the simulated API server takes JSON and YAML only, not protobuf", {
			code: 415,
			reason: "UnsupportedMediaType",
		});
	}
	if (path.subresource !== undefined && !["status", "scale"].includes(path.subresource)) throw methodNotAllowed();
	if (method === "POST" && path.name === undefined) return create(call, body);
	if (method === "PUT" && path.name !== undefined) return replace(call, body);
	if (method === "PATCH" && path.name !== undefined) return patch(call, body);
	if (method === "DELETE") return path.name === undefined ? removeCollection(call, body) : remove(call, body);
	throw methodNotAllowed();
}

function optionsOf({ exchange, path }: Call): WriteOptions {
	const agent = exchange.request.headers["user-agent"] ?? "unknown";
	const manager = exchange.query.get("fieldManager") ?? agent.split("/")[0] ?? "unknown";
	const subresource = path.subresource === "status" || path.subresource === "scale" ? path.subresource : undefined;
	return { manager, subresource, isDryRun: exchange.query.get("dryRun") === "All" };
}

function refOf({ resource, path }: Call): Ref {
	return { name: path.name ?? "", namespace: resource.namespaced ? path.namespace : undefined };
}

function parseBody(body: string): unknown {
	try {
		return JSON.parse(body);
	} catch (error) {
		throw badRequest(
			`the object provided is unrecognized: couldn't get version/kind; json parse error: ${String(error)}`,
		);
	}
}

function objectOf(call: Call, body: unknown): KubeObject {
	const { resource, path } = call;
	const object = asObject(body);
	const apiVersion = joinApiVersion(path.group, path.version);
	if (object.kind !== resource.kind || object.apiVersion !== apiVersion) {
		throw badRequest(
			`${object.kind} in version "${object.apiVersion}" cannot be handled as a ${resource.kind}: converting (${object.apiVersion}.${object.kind}) to (${apiVersion}.${resource.kind}): unknown conversion`,
		);
	}
	if (path.name !== undefined) object.metadata.name ??= path.name;
	if (path.name !== undefined && object.metadata.name !== path.name) {
		throw badRequest(
			`the name of the object (${object.metadata.name}) does not match the name on the URL (${path.name})`,
		);
	}
	if (resource.namespaced && path.namespace !== undefined) {
		const given = object.metadata.namespace ?? path.namespace;
		if (given !== path.namespace)
			throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
		object.metadata.namespace = path.namespace;
	} else delete object.metadata.namespace;
	return object;
}

function create(call: Call, body: string): Written {
	const object = call.api.create(objectOf(call, parseBody(body)), optionsOf(call));
	return { status: 201, value: object };
}

function replace(call: Call, body: string): Written {
	const given = parseBody(body);
	if (call.path.subresource === "scale") return rescale(call, () => given);
	const object = call.api.replace(call.resource, objectOf(call, given), optionsOf(call));
	return { status: 200, value: served(call, object) };
}

function served(call: Call, object: KubeObject): KubeObject {
	return asVersion(object, joinApiVersion(call.path.group, call.path.version));
}

function current(call: Call): KubeObject {
	const ref = refOf(call);
	const object = call.api.get(call.resource.id, ref);
	if (object === undefined) throw notFound({ resource: call.resource, name: ref.name });
	return object;
}

function patch(call: Call, body: string): Written {
	const type = (call.exchange.request.headers["content-type"] ?? "").split(";")[0] ?? "";
	if (type === "application/apply-patch+yaml") return apply(call, body);
	const change = changerOf(type, call);
	const given = parseBody(body);
	if (call.path.subresource === "scale") return rescale(call, (scale) => change(scale, given));
	const before = current(call);
	const after = asObject(change(copyOf(before), given));
	const isRaced = after.metadata.resourceVersion === before.metadata.resourceVersion;
	if (isRaced) delete after.metadata.resourceVersion;
	return { status: 200, value: served(call, call.api.replace(call.resource, after, optionsOf(call))) };
}

function changerOf(type: string, { resource }: Call): (target: unknown, patch: unknown) => unknown {
	if (type === "application/merge-patch+json") return mergePatch;
	if (type === "application/json-patch+json") return jsonPatch;
	if (type === "application/strategic-merge-patch+json" && !resource.isCustom) return strategicMergePatch;
	const supported = ["application/json-patch+json", "application/merge-patch+json", "application/apply-patch+yaml"];
	if (!resource.isCustom) supported.splice(2, 0, "application/strategic-merge-patch+json");
	throw new StatusError(
		`the body of the request was in an unknown format - accepted media types include: ${supported.join(", ")}`,
		{ code: 415, reason: "UnsupportedMediaType" },
	);
}

function apply(call: Call, body: string): Written {
	const { query } = call.exchange;
	if (!query.has("fieldManager")) {
		throw invalidOptions("fieldManager", "Required value: is required for apply patch");
	}
	const object = objectOf(call, load(body));
	const isNew = call.api.get(call.resource.id, refOf(call)) === undefined;
	const applied = call.api.apply(call.resource, object, { ...optionsOf(call), force: isSet(query, "force") });
	return { status: isNew ? 201 : 200, value: served(call, applied) };
}

function invalidOptions(field: string, why: string): StatusError {
	const resource = {
		id: "patchoptions.meta.k8s.io",
		plural: "",
		group: "meta.k8s.io",
		kind: "PatchOptions.meta.k8s.io",
	};
	return invalid({ resource, name: "" }, field, why);
}

/** The Scale of a workload, as GET of its subresource gives it. */
export function scaleOf(object: KubeObject): KubeObject {
	const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
	const workload = object as Workload;
	const labels = Object.entries(workload.spec.selector?.matchLabels ?? {});
	return {
		kind: "Scale",
		apiVersion: "autoscaling/v1",
		metadata: { name, namespace, uid, resourceVersion, creationTimestamp } as KubeObject["metadata"],
		spec: { replicas: workload.spec.replicas ?? 0 },
		status: {
			replicas: workload.status?.replicas ?? 0,
			selector: labels.map(([key, value]) => `${key}=${value}`).join(","),
		},
	};
}

function rescale(call: Call, change: (scale: KubeObject) => unknown): Written {
	const before = current(call);
	const scale = asObject(change(scaleOf(before)));
	const replicas = (scale.spec as { replicas?: number } | undefined)?.replicas ?? 0;
	const after = copyOf(before) as Workload;
	after.spec.replicas = replicas;
	return { status: 200, value: scaleOf(call.api.replace(call.resource, after, optionsOf(call))) };
}

function removeOptionsOf({ exchange }: Call, body: string): RemoveOptions {
	const given = body === "" ? {} : parseBody(body);
	const options = (isRecord(given) ? given : {}) as {
		gracePeriodSeconds?: number;
		propagationPolicy?: RemoveOptions["propagation"];
		preconditions?: { uid?: string; resourceVersion?: string };
		dryRun?: string[];
	};
	const grace = exchange.query.get("gracePeriodSeconds");
	return {
		gracePeriodSeconds: options.gracePeriodSeconds ?? (grace === null ? undefined : Number(grace)),
		propagation:
			options.propagationPolicy ?? (exchange.query.get("propagationPolicy") as "Background" | null) ?? undefined,
		uid: options.preconditions?.uid,
		resourceVersion: options.preconditions?.resourceVersion,
		isDryRun: exchange.query.get("dryRun") === "All" || options.dryRun?.includes("All") === true,
	};
}

function remove(call: Call, body: string): Written {
	const { resource } = call;
	const { object, isGone } = call.api.remove(resource, refOf(call), removeOptionsOf(call, body));
	if (!isGone) return { status: 200, value: served(call, object) };
	const group = resource.group === "" ? {} : { group: resource.group };
	const details = { name: object.metadata.name, ...group, kind: resource.plural, uid: uidOf(object) };
	return { status: 200, value: { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details } };
}

function removeCollection(call: Call, body: string): Written {
	const wanted: Query = queryOf(call.resource, call.path, call.exchange.query);
	const options = removeOptionsOf(call, body);
	const items = call.api.store.list(wanted.resource.id, wanted.namespace).filter(wanted.matches);
	for (const object of items) {
		if (call.api.store.read(wanted.resource.id, keyOf(object.metadata)) !== undefined) {
			call.api.remove(wanted.resource, object.metadata, options);
		}
	}
	const metadata = { resourceVersion: String(call.api.store.revision()) };
	const kind = `${call.resource.kind}List`;
	return { status: 200, value: { kind, apiVersion: wanted.apiVersion, metadata, items } };
}
