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
	/** Undefined when an object was added or removed since it was sorted. */
	sorted: string[] | undefined;
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
		const table = this.#tableOf(resource);
		table.sorted ??= [...table.objects.keys()].sort();
		const prefix = namespace === undefined ? "" : `${namespace}/`;
		const found: KubeObject[] = [];
		for (const key of table.sorted) {
			const object = table.objects.get(key);
			if (object !== undefined && key.startsWith(prefix)) found.push(object);
		}
		return found;
	}

	write(resource: string, unversioned: KubeObject): KubeObject {
		const table = this.#tableOf(resource);
		const object = this.#nextVersion(unversioned);
		const key = keyOf(object.metadata);
		const previous = table.objects.get(key);
		table.objects.set(key, object);
		if (previous === undefined) table.sorted = undefined;
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
		table.sorted = undefined;
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
			table = { objects: new Map(), sorted: [], history: [], compactedTo: 0, listeners: new Set() };
			this.#tables.set(resource, table);
		}
		return table;
	}

	#record(resource: string, change: Change): void {
		const table = this.#tableOf(resource);
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
