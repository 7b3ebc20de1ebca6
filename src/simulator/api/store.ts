import { LiveIndex } from "./live-index.ts";
import { type KubeObject, keyOf } from "./objects.ts";

/** A change of one object, as a watch reports it. */
export interface Change {
	revision: number;
	type: "ADDED" | "MODIFIED" | "DELETED";
	object: KubeObject;
	/** The object before; undefined when it was added. */
	previous: KubeObject | undefined;
}

export type ChangeListener = (change: Change) => void;

/** The objects of a resource by values that they have. */
export interface Index {
	/** In the order of their keys. */
	of(value: string): KubeObject[];
}

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
	/** How many there are in all namespaces. */
	count(resource: string): number;
	/**
	 * Finds objects by values that they have, without a look at the others. `valuesOf` says which values an object has;
	 * it must depend on the object alone. Listeners find an index as it is after the change.
	 */
	index(resource: string, valuesOf: (object: KubeObject) => readonly string[]): Index;
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
	/** The keys by namespace, in order; objects without one are in the namespace "". */
	keys: Map<string, string[]>;
	indexes: LiveIndex[];
	history: Change[];
	/** The last revision that is no longer in the history. */
	compactedTo: number;
	listeners: Set<ChangeListener>;
}

/** An empty store whose watches can be resumed over the last `historyLength` changes of a resource. */
export function createStore(historyLength: number): Store {
	return new MemoryStore(historyLength);
}

class MemoryStore implements Store {
	readonly #historyLength: number;
	readonly #tables = new Map<string, Table>();
	readonly #listenersToAll: ((resource: string, change: Change) => void)[] = [];
	#revision = 1000;

	constructor(historyLength: number) {
		this.#historyLength = historyLength;
	}

	revision(): number {
		return this.#revision;
	}

	read(resource: string, key: string): KubeObject | undefined {
		return this.#tableOf(resource).objects.get(key);
	}

	list(resource: string, namespace?: string): KubeObject[] {
		const { keys, objects } = this.#tableOf(resource);
		const wanted =
			namespace === undefined ? [...keys.keys()].sort((a, b) => (`${a}/` < `${b}/` ? -1 : 1)) : [namespace];
		return wanted.flatMap((name) => (keys.get(name) ?? []).map((key) => objects.get(key) as KubeObject));
	}

	count(resource: string): number {
		return this.#tableOf(resource).objects.size;
	}

	index(resource: string, valuesOf: (object: KubeObject) => readonly string[]): Index {
		const table = this.#tableOf(resource);
		const index = new LiveIndex(valuesOf);
		for (const object of table.objects.values()) index.replace(undefined, object);
		table.indexes.push(index);
		return index;
	}

	write(resource: string, unversioned: KubeObject): KubeObject {
		const table = this.#tableOf(resource);
		const object = this.#nextVersion(unversioned);
		const key = keyOf(object.metadata);
		const previous = table.objects.get(key);
		table.objects.set(key, object);
		if (previous === undefined) insertKey(table, object.metadata.namespace ?? "", key);
		const type = previous === undefined ? "ADDED" : "MODIFIED";
		this.#record(resource, { revision: this.#revision, type, object, previous });
		return object;
	}

	remove(resource: string, last: KubeObject): KubeObject {
		const table = this.#tableOf(resource);
		const object = this.#nextVersion(last);
		const key = keyOf(object.metadata);
		const previous = table.objects.get(key);
		table.objects.delete(key);
		removeKey(table, object.metadata.namespace ?? "", key);
		this.#record(resource, { revision: this.#revision, type: "DELETED", object, previous });
		return object;
	}

	changesSince(resource: string, revision: number): Change[] | undefined {
		const table = this.#tableOf(resource);
		if (revision < table.compactedTo) return undefined;
		return table.history.filter((change) => change.revision > revision);
	}

	subscribe(resource: string, listener: ChangeListener): () => void {
		const { listeners } = this.#tableOf(resource);
		listeners.add(listener);
		return () => listeners.delete(listener);
	}

	subscribeToAll(listener: (resource: string, change: Change) => void): void {
		this.#listenersToAll.push(listener);
	}

	compact(): void {
		for (const table of this.#tables.values()) {
			table.history.length = 0;
			table.compactedTo = this.#revision;
		}
	}

	#tableOf(resource: string): Table {
		let table = this.#tables.get(resource);
		if (table === undefined) {
			table = { objects: new Map(), keys: new Map(), indexes: [], history: [], compactedTo: 0, listeners: new Set() };
			this.#tables.set(resource, table);
		}
		return table;
	}

	#record(resource: string, change: Change): void {
		const table = this.#tableOf(resource);
		const now = change.type === "DELETED" ? undefined : change.object;
		for (const index of table.indexes) index.replace(change.previous, now);
		table.history.push(change);
		if (table.history.length > this.#historyLength * 1.25) {
			const dropped = table.history.splice(0, table.history.length - this.#historyLength);
			table.compactedTo = dropped.at(-1)?.revision ?? table.compactedTo;
		}
		for (const listener of [...table.listeners]) listener(change);
		for (const listener of this.#listenersToAll) listener(resource, change);
	}

	#nextVersion(object: KubeObject): KubeObject {
		this.#revision++;
		return { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#revision) } };
	}
}

function insertKey({ keys }: Table, namespace: string, key: string): void {
	const own = keys.get(namespace);
	if (own === undefined) keys.set(namespace, [key]);
	else own.splice(positionOf(own, key), 0, key);
}

function removeKey({ keys }: Table, namespace: string, key: string): void {
	const own = keys.get(namespace) ?? [];
	const position = positionOf(own, key);
	if (own[position] === key) own.splice(position, 1);
	if (own.length === 0) keys.delete(namespace);
}

/** Where a key is, or where it would be inserted. */
function positionOf(sorted: readonly string[], key: string): number {
	let low = 0;
	let high = sorted.length;
	while (low < high) {
		const middle = (low + high) >> 1;
		if ((sorted[middle] ?? "") < key) low = middle + 1;
		else high = middle;
	}
	return low;
}
