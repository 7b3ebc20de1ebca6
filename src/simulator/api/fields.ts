import type { Fields } from "./objects.ts";

/**
 * Which fields of an object belong to whom, as FieldsV1 trees (sigs.k8s.io/structured-merge-diff). Lists of the
 * built-in kinds whose items have names are merged item by item; every other list is one value.
 */

/** The keys that identify the items of a list, by the field that holds it. Custom resources have no such lists. */
const listKeys: Record<string, string[]> = {
	containers: ["name"],
	initContainers: ["name"],
	ephemeralContainers: ["name"],
	env: ["name"],
	volumes: ["name"],
	volumeMounts: ["mountPath"],
	ports: ["containerPort", "port", "protocol"],
	conditions: ["type"],
	ownerReferences: ["uid"],
	imagePullSecrets: ["name"],
	webhooks: ["name"],
	hostAliases: ["ip"],
	topologySpreadConstraints: ["topologyKey", "whenUnsatisfiable"],
};
const sets = new Set(["finalizers"]);

export function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The key of an item in a FieldsV1 tree, or undefined if the list is one value. */
export function itemKey(field: string, item: unknown, isCustom: boolean): string | undefined {
	if (sets.has(field)) return `v:${JSON.stringify(item)}`;
	const names = isCustom && field !== "ownerReferences" ? undefined : listKeys[field];
	if (names === undefined || !isRecord(item)) return undefined;
	const keys: Record<string, unknown> = {};
	for (const name of names) {
		const value = item[name] ?? (name === "protocol" ? "TCP" : undefined);
		if (value !== undefined) keys[name] = value;
	}
	return Object.keys(keys).length === 0 ? undefined : `k:${JSON.stringify(keys)}`;
}

/** A list as a map of its items by key, or undefined if it is one value. */
export function itemsByKey(
	field: string,
	list: readonly unknown[],
	isCustom: boolean,
): Map<string, unknown> | undefined {
	const items = new Map<string, unknown>();
	for (const item of list) {
		const key = itemKey(field, item, isCustom);
		if (key === undefined) return undefined;
		items.set(key, item);
	}
	return items;
}

/** A value's children in the tree: fields of an object, items of a keyed list; undefined for a leaf. */
export function childrenOf(
	field: string,
	value: unknown,
	isCustom: boolean,
): Map<string, [string, unknown]> | undefined {
	if (isRecord(value)) {
		return new Map(Object.entries(value).map(([name, child]) => [`f:${name}`, [name, child]]));
	}
	if (!Array.isArray(value)) return undefined;
	const items = itemsByKey(field, value, isCustom);
	if (items === undefined || items.size === 0) return undefined;
	return new Map([...items].map(([key, item]) => [key, ["", item]]));
}

/** Every field that is set in a value. */
export function fieldsOf(value: unknown, isCustom: boolean, field = ""): Fields {
	const children = childrenOf(field, value, isCustom);
	const tree: Fields = {};
	for (const [key, [name, child]] of children ?? []) {
		tree[key] = fieldsOf(child, isCustom, name);
		if (!key.startsWith("f:") && isRecord(child)) tree[key]["."] = {};
	}
	return tree;
}

/** The fields whose values differ between two versions of an object, as far as they are set in the later one. */
export function changedFields(before: unknown, after: unknown, isCustom: boolean, field = ""): Fields {
	const now = childrenOf(field, after, isCustom);
	const then = childrenOf(field, before, isCustom);
	const tree: Fields = {};
	for (const [key, [name, child]] of now ?? []) {
		const old = then?.get(key);
		if (old === undefined) {
			tree[key] = fieldsOf(child, isCustom, name);
			if (!key.startsWith("f:") && isRecord(child)) tree[key]["."] = {};
		} else if (!isSame(old[1], child)) {
			const changed = changedFields(old[1], child, isCustom, name);
			if (Object.keys(changed).length > 0 || isLeaf(name, child, isCustom)) tree[key] = changed;
		}
	}
	return tree;
}

function isLeaf(field: string, value: unknown, isCustom: boolean): boolean {
	return childrenOf(field, value, isCustom) === undefined;
}

/** Deep equality of JSON values; a field that is undefined is a field that is not there. */
export function isSame(left: unknown, right: unknown): boolean {
	if (left === right) return true;
	if (Array.isArray(left) && Array.isArray(right)) {
		return left.length === right.length && left.every((item, index) => isSame(item, right[index]));
	}
	if (!isRecord(left) || !isRecord(right)) return false;
	for (const name in left) if (!isSame(left[name], right[name])) return false;
	for (const name in right) if (right[name] !== undefined && left[name] === undefined) return false;
	return true;
}

/** A deep copy of a JSON value; several times as fast as `structuredClone`, which knows more than JSON. */
export function copyOf<T>(value: T): T {
	if (typeof value !== "object" || value === null) return value;
	if (Array.isArray(value)) return value.map(copyOf) as T;
	const copy: Record<string, unknown> = {};
	for (const name in value) copy[name] = copyOf(value[name]);
	return copy as T;
}

/**
 * The later value, made of parts of the earlier one where they are the same: versions of an object that are kept for a
 * while then hold only what differs. The earlier value itself if nothing does.
 */
export function sharing(before: unknown, after: unknown): unknown {
	if (before === after) return before;
	if (Array.isArray(before) && Array.isArray(after)) {
		const items = after.map((item, index) => sharing(before[index], item));
		return items.length === before.length && items.every((item, index) => item === before[index]) ? before : items;
	}
	if (!isRecord(before) || !isRecord(after)) return after;
	let isChanged = false;
	const shared: Record<string, unknown> = {};
	for (const name in after) {
		if (after[name] === undefined) continue;
		shared[name] = sharing(before[name], after[name]);
		if (shared[name] !== before[name]) isChanged = true;
	}
	for (const name in before) if (before[name] !== undefined && shared[name] === undefined) isChanged = true;
	return isChanged ? shared : before;
}

function isEmpty(tree: Fields): boolean {
	for (const _ in tree) return false;
	return true;
}

/** All fields of both. */
export function union(left: Fields, right: Fields): Fields {
	const tree: Fields = { ...left };
	for (const [key, child] of Object.entries(right)) tree[key] = union(tree[key] ?? {}, child);
	return tree;
}

/** The fields of the first that the second does not have; a leaf of the second removes a leaf of the first. */
export function without(tree: Fields, taken: Fields): Fields {
	const rest: Fields = {};
	for (const [key, child] of Object.entries(tree)) {
		const other = taken[key];
		if (other === undefined) rest[key] = child;
		else {
			const left = without(child, other);
			if (!isEmpty(left)) rest[key] = left;
		}
	}
	return rest;
}

/** Calls back for every leaf of a tree, with its path as keys. */
export function eachLeaf(tree: Fields, visit: (path: string[]) => void, path: string[] = []): void {
	for (const [key, child] of Object.entries(tree)) {
		const below = [...path, key];
		if (isEmpty(child)) visit(below);
		else eachLeaf(child, visit, below);
	}
}

/** The value at a path of a tree; undefined if there is none. */
export function valueAt(root: unknown, path: readonly string[], isCustom: boolean): unknown {
	let value = root;
	let field = "";
	for (const key of path) {
		if (key === ".") return value;
		const child = childrenOf(field, value, isCustom)?.get(key);
		if (child === undefined) return undefined;
		[field, value] = child;
	}
	return value;
}

/** Whether a tree has the path, as a leaf or above one. */
export function hasPath(tree: Fields, path: readonly string[]): boolean {
	let node: Fields | undefined = tree;
	for (const key of path) {
		node = node?.[key];
		if (node === undefined) return false;
	}
	return true;
}

/** `.spec.template.spec.containers[name="a"].image`, as the API server prints a path. */
export function printPath(path: readonly string[]): string {
	return path
		.filter((key) => key !== ".")
		.map((key) => {
			if (key.startsWith("f:")) return `.${key.slice(2)}`;
			if (key.startsWith("v:")) return `[=${key.slice(2)}]`;
			const keys = JSON.parse(key.slice(2)) as Record<string, unknown>;
			return `[${Object.entries(keys)
				.map(([name, value]) => `${name}=${JSON.stringify(value)}`)
				.join(",")}]`;
		})
		.join("");
}
