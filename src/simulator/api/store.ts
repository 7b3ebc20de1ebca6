import { type KubeObject, keyOf } from "./objects.ts";

/** A change of one object, as a watch tells it. */
export interface Change {
	revision: number;
	type: "ADDED" | "MODIFIED" | "DELETED";
	object: KubeObject;
	/** The object before; undefined when it was added. */
	previous: KubeObject | undefined;
}

export type ChangeListener = (change: Change) => void;

/**
 * All objects by resource, with one revision for every change and a window of history to resume watches from, like
 * etcd behind the API server's watch cache. Objects are never changed in place.
 */
export interface Store {
	/** The revision of the last change. */
	revision(): number;
	read(resource: string, key: string): KubeObject | undefined;
	/** In the order of their keys; of one namespace if it is given. */
	list(resource: string, namespace?: string): KubeObject[];
	/** Keeps the object with the next revision as its resourceVersion. */
	write(resource: string, object: KubeObject): KubeObject;
	remove(resource: string, object: KubeObject): KubeObject;
	/** What happened after that revision; undefined if the history does not go back so far. */
	changesSince(resource: string, revision: number): Change[] | undefined;
	subscribe(resource: string, listener: ChangeListener): () => void;
	/** As `subscribe`, for all resources. */
	subscribeToAll(listener: (resource: string, change: Change) => void): void;
	/** Forgets the history up to now, so that older revisions are too old to resume from. */
	compact(): void;
}

interface Table {
	objects: Map<string, KubeObject>;
	/** Undefined when an object came or went since it was sorted. */
	sorted: string[] | undefined;
	history: Change[];
	/** The last revision that is no longer in the history. */
	compactedTo: number;
	listeners: Set<ChangeListener>;
}

/** An empty store whose watches can be resumed over the last `historyLength` changes of a resource. */
export function createStore(historyLength: number): Store {
	const tables = new Map<string, Table>();
	const listenersToAll: ((resource: string, change: Change) => void)[] = [];
	let revision = 1000;

	function tableOf(resource: string): Table {
		let table = tables.get(resource);
		if (table === undefined) {
			table = { objects: new Map(), sorted: [], history: [], compactedTo: 0, listeners: new Set() };
			tables.set(resource, table);
		}
		return table;
	}

	function record(resource: string, change: Change): void {
		const table = tableOf(resource);
		table.history.push(change);
		if (table.history.length > historyLength * 1.25) {
			const dropped = table.history.splice(0, table.history.length - historyLength);
			table.compactedTo = dropped.at(-1)?.revision ?? table.compactedTo;
		}
		for (const listener of [...table.listeners]) listener(change);
		for (const listener of listenersToAll) listener(resource, change);
	}

	function nextVersion(object: KubeObject): KubeObject {
		revision++;
		return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
	}

	return {
		revision: () => revision,
		read: (resource, key) => tableOf(resource).objects.get(key),
		list(resource, namespace) {
			const table = tableOf(resource);
			table.sorted ??= [...table.objects.keys()].sort();
			const prefix = namespace === undefined ? "" : `${namespace}/`;
			const found: KubeObject[] = [];
			for (const key of table.sorted) {
				const object = table.objects.get(key);
				if (object !== undefined && key.startsWith(prefix)) found.push(object);
			}
			return found;
		},
		write(resource, unversioned) {
			const table = tableOf(resource);
			const object = nextVersion(unversioned);
			const key = keyOf(object.metadata);
			const previous = table.objects.get(key);
			table.objects.set(key, object);
			if (previous === undefined) table.sorted = undefined;
			record(resource, { revision, type: previous === undefined ? "ADDED" : "MODIFIED", object, previous });
			return object;
		},
		remove(resource, last) {
			const table = tableOf(resource);
			const object = nextVersion(last);
			const key = keyOf(object.metadata);
			const previous = table.objects.get(key);
			table.objects.delete(key);
			table.sorted = undefined;
			record(resource, { revision, type: "DELETED", object, previous });
			return object;
		},
		changesSince(resource, since) {
			const table = tableOf(resource);
			if (since < table.compactedTo) return undefined;
			return table.history.filter((change) => change.revision > since);
		},
		subscribe(resource, listener) {
			const { listeners } = tableOf(resource);
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		subscribeToAll: (listener) => listenersToAll.push(listener),
		compact() {
			for (const table of tables.values()) {
				table.history.length = 0;
				table.compactedTo = revision;
			}
		},
	};
}
