import { type KubeObject, keyOf } from "./objects.ts";

/** The objects of one resource by values that they have, kept up to date by whoever stores them. */
export class LiveIndex {
	readonly #valuesOf: (object: KubeObject) => readonly string[];
	readonly #objects = new Map<string, Map<string, KubeObject>>();

	constructor(valuesOf: (object: KubeObject) => readonly string[]) {
		this.#valuesOf = valuesOf;
	}

	/** In the order of their keys. */
	of(value: string): KubeObject[] {
		const found = this.#objects.get(value);
		if (found === undefined) return [];
		return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
	}

	/** An object has changed; undefined before it was there, and after it is gone. */
	replace(before: KubeObject | undefined, after: KubeObject | undefined): void {
		if (before !== undefined) for (const value of this.#valuesOf(before)) this.#remove(value, keyOf(before.metadata));
		if (after !== undefined) for (const value of this.#valuesOf(after)) this.#add(value, after);
	}

	#add(value: string, object: KubeObject): void {
		const found = this.#objects.get(value) ?? new Map<string, KubeObject>();
		found.set(keyOf(object.metadata), object);
		this.#objects.set(value, found);
	}

	#remove(value: string, key: string): void {
		const found = this.#objects.get(value);
		found?.delete(key);
		if (found?.size === 0) this.#objects.delete(value);
	}
}
