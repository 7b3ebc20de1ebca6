import { copyOf, isSame } from "./fields.ts";
import { type KubeObject, keyOf, type Service } from "./objects.ts";
import { type RemoveOptions, removeObject } from "./remove.ts";
import type { Resource, Resources } from "./resources.ts";
import { matchesLabels } from "./selectors.ts";
import { noSuchPath } from "./status-error.ts";
import type { ChangeListener, Index, Store } from "./store.ts";
import {
	type ApiParts,
	type ApiState,
	applyObject,
	createObject,
	type Ref,
	read,
	replaceObject,
	updateObject,
	type WriteAdmission,
	type WriteOptions,
} from "./write.ts";

/**
 * What the API server does with objects, without HTTP: admission, defaults, generations, managed fields, graceful
 * deletion. The controllers of the simulation and the HTTP front write through it alike.
 */
export interface Api {
	resources: Resources;
	store: Store;
	get<T extends KubeObject>(id: string, ref: Ref): T | undefined;
	list<T extends KubeObject>(id: string, namespace?: string): T[];
	/** How many there are in all namespaces. */
	count(id: string): number;
	/** Those of a namespace that have all of these labels; none if no label is given. */
	labelled<T extends KubeObject>(id: string, namespace: string, labels: Record<string, string>): T[];
	/** Those that have an ownerReference to the uid. */
	owned<T extends KubeObject>(id: string, ownerUid: string): T[];
	/** Calls back for every object that is there and every change from now on. */
	watch(id: string, listener: ChangeListener): void;
	create<T extends KubeObject>(object: T, options: WriteOptions): T;
	/** Changes a copy and writes it; nothing happens if the object is gone. */
	edit<T extends KubeObject>(
		id: string,
		ref: Ref,
		options: WriteOptions & { change: (draft: T) => void },
	): T | undefined;
	/** Gives fields of an object these values; nothing happens if it has them already, or is gone. */
	set<T extends KubeObject>(
		id: string,
		ref: Ref,
		options: WriteOptions & { fields: Record<string, unknown> },
	): T | undefined;
	/** Replaces an object, with the checks of a PUT. */
	replace(resource: Resource, after: KubeObject, options: WriteOptions): KubeObject;
	/** Server-side apply. */
	apply(resource: Resource, object: KubeObject, options: WriteOptions & { force: boolean }): KubeObject;
	/** Asks for the deletion; the object as it is then, and whether it is gone. */
	remove(resource: Resource, ref: Ref, options: RemoveOptions): { object: KubeObject; isGone: boolean };
	/** Changes objects on their way in, as webhooks and admission plugins do. */
	onCreate(admit: (resource: Resource, object: KubeObject) => void): void;
	/** Changes or refuses objects when they are created or changed, but for their status. */
	onWrite(admit: WriteAdmission): void;
}

const labelValue = (namespace: string, [name, value]: [string, string]) => `${namespace}/${name}=${value}`;

function labelValues({ metadata: { namespace = "", labels = {} } }: KubeObject): string[] {
	return Object.entries(labels).map((label) => labelValue(namespace, label));
}

function ownerUids({ metadata }: KubeObject): string[] {
	return metadata.ownerReferences?.map(({ uid }) => uid) ?? [];
}

/** Makes each resource's index when it is asked for the first time. */
function onePerResource(make: (id: string) => Index): (id: string) => Index {
	const indexes = new Map<string, Index>();
	return (id) => {
		const index = indexes.get(id) ?? make(id);
		indexes.set(id, index);
		return index;
	};
}

/** A copy of what a change may touch: never what belongs to whom, and of a write to the status nothing else counts. */
function draftOf(before: KubeObject, subresource: WriteOptions["subresource"]): KubeObject {
	const { managedFields, ...metadata } = before.metadata;
	if (subresource !== "status") {
		const draft = copyOf({ ...before, metadata });
		return managedFields === undefined ? draft : { ...draft, metadata: { ...draft.metadata, managedFields } };
	}
	return { ...before, metadata: { ...before.metadata }, status: copyOf(before.status) };
}

export function createApi(parts: ApiParts): Api {
	const { resources, store } = parts;
	const state: ApiState = {
		...parts,
		admissions: [],
		writeAdmissions: [],
		clusterIps: store.index("services", (service) => (service as Service).spec.clusterIPs ?? []),
	};
	const byLabel = onePerResource((id) => store.index(id, labelValues));
	const byOwner = onePerResource((id) => store.index(id, ownerUids));
	return {
		resources,
		store,
		get: <T extends KubeObject>(id: string, ref: Ref) => store.read(id, keyOf(ref)) as T | undefined,
		list: <T extends KubeObject>(id: string, namespace?: string) => store.list(id, namespace) as T[],
		count: (id) => store.count(id),
		labelled: <T extends KubeObject>(id: string, namespace: string, labels: Record<string, string>) => {
			const [first] = Object.entries(labels);
			if (first === undefined) return [];
			return byLabel(id).of(labelValue(namespace, first)).filter(matchesLabels(labels)) as T[];
		},
		owned: <T extends KubeObject>(id: string, ownerUid: string) => byOwner(id).of(ownerUid) as T[],
		watch(id, listener) {
			for (const object of store.list(id)) {
				listener({ revision: store.revision(), type: "ADDED", object, previous: undefined });
			}
			store.subscribe(id, listener);
		},
		create<T extends KubeObject>(object: T, options: WriteOptions) {
			const resource = resources.ofKind(object.apiVersion, object.kind);
			if (resource === undefined) throw noSuchPath();
			return createObject(state, resource, { object, options }) as T;
		},
		edit<T extends KubeObject>(id: string, ref: Ref, options: WriteOptions & { change: (draft: T) => void }) {
			const resource = resources.byId(id);
			const before = resource && read(state, resource, ref);
			if (resource === undefined || before === undefined) return undefined;
			const object = draftOf(before, options.subresource) as T;
			options.change(object);
			return updateObject(state, resource, before, { object, options }) as T;
		},
		set<T extends KubeObject>(id: string, ref: Ref, options: WriteOptions & { fields: Record<string, unknown> }) {
			const resource = resources.byId(id);
			const before = resource && read(state, resource, ref);
			if (resource === undefined || before === undefined) return undefined;
			const isSet = Object.entries(options.fields).every(([name, value]) => isSame(before[name], value));
			if (isSet) return before as T;
			const object = { ...before, metadata: { ...before.metadata }, ...copyOf(options.fields) };
			return updateObject(state, resource, before, { object, options }) as T;
		},
		replace: (resource, object, options) => replaceObject(state, resource, { object, options }),
		apply: (resource, object, options) => applyObject(state, resource, { object, options }),
		remove: (resource, ref, options) => removeObject(state, resource, { ref, options }),
		onCreate: (admit) => state.admissions.push(admit),
		onWrite: (admit) => state.writeAdmissions.push(admit),
	};
}
