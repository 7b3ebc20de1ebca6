import { mergeApplied } from "./apply.ts";
import { copyOf, isRecord, isSame, itemsByKey } from "./fields.ts";
import { badRequest } from "./status-error.ts";

/** JSON merge patch (RFC 7396): null removes a field, a list is replaced. */
export function mergePatch(target: unknown, patch: unknown): unknown {
	if (!isRecord(patch)) return patch;
	const merged: Record<string, unknown> = isRecord(target) ? { ...target } : {};
	for (const [name, value] of Object.entries(patch)) {
		if (value === null) delete merged[name];
		else merged[name] = mergePatch(merged[name], value);
	}
	return merged;
}

/**
 * Strategic merge patch, as far as it is used: null removes, lists with keys are merged item by item, and an item with
 * `$patch: delete` is removed. Other directives are refused.
 */
export function strategicMergePatch(target: unknown, patch: unknown, field = ""): unknown {
	if (isRecord(patch)) {
		const merged: Record<string, unknown> = isRecord(target) ? { ...target } : {};
		for (const [name, value] of Object.entries(patch)) {
			if (name.startsWith("$setElementOrder/")) continue;
			if (name.startsWith("$")) throw badRequest(`the patch directive ${name} is not simulated`);
			if (value === null) delete merged[name];
			else merged[name] = strategicMergePatch(merged[name], value, name);
		}
		return merged;
	}
	if (!Array.isArray(patch) || !Array.isArray(target)) return patch;
	const items = itemsByKey(field, target, false);
	if (items === undefined) return patch;
	for (const item of patch) {
		const [key] = itemsByKey(field, [item], false)?.keys() ?? [];
		if (key === undefined) return patch;
		if (isRecord(item) && item.$patch === "delete") items.delete(key);
		else
			items.set(
				key,
				isRecord(item)
					? strategicMergePatch(items.get(key), item)
					: mergeApplied(items.get(key), item, { isCustom: false, field: "" }),
			);
	}
	return [...items.values()];
}

interface Operation {
	op: string;
	path: string;
	value?: unknown;
	from?: string;
}

/** JSON patch (RFC 6902). */
export function jsonPatch(target: unknown, operations: unknown): unknown {
	if (!Array.isArray(operations)) throw badRequest("error decoding patch: a JSON patch is a list of operations");
	let root = copyOf(target);
	for (const operation of operations as Operation[]) root = applyOperation(root, operation);
	return root;
}

function applyOperation(root: unknown, { op, path, value, from }: Operation): unknown {
	switch (op) {
		case "add":
			return place(root, path, { value, isInsert: true });
		case "replace":
			if (lookUp(root, path) === undefined) throw missingPath(op, path);
			return place(root, path, { value, isInsert: false });
		case "remove":
			if (lookUp(root, path) === undefined) throw missingPath(op, path);
			return place(root, path, { value: undefined, isInsert: false });
		case "move":
		case "copy": {
			const moved = copyOf(lookUp(root, from ?? ""));
			if (moved === undefined) throw missingPath(op, from ?? "");
			const rest = op === "move" ? place(root, from ?? "", { value: undefined, isInsert: false }) : root;
			return place(rest, path, { value: moved, isInsert: true });
		}
		case "test":
			if (!isSame(lookUp(root, path), value)) throw badRequest(`testing value ${path} failed`);
			return root;
		default:
			throw badRequest(`Unexpected kind: ${op}`);
	}
}

function missingPath(op: string, path: string) {
	return badRequest(`${op} operation does not apply: doc is missing path: ${path}: missing value`);
}

function tokensOf(path: string): string[] {
	if (path !== "" && !path.startsWith("/")) throw badRequest(`invalid JSON pointer: ${path}`);
	return path
		.split("/")
		.slice(1)
		.map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function lookUp(root: unknown, path: string): unknown {
	let value = root;
	for (const token of tokensOf(path)) {
		if (Array.isArray(value)) value = value[Number(token)];
		else if (isRecord(value)) value = value[token];
		else return undefined;
	}
	return value;
}

/** Sets the value at the path, or removes it if the value is undefined. */
function place(root: unknown, path: string, { value, isInsert }: { value: unknown; isInsert: boolean }): unknown {
	const tokens = tokensOf(path);
	const last = tokens.pop();
	if (last === undefined) return value;
	const parent = lookUp(root, tokens.map((token) => `/${token.replaceAll("~", "~0").replaceAll("/", "~1")}`).join(""));
	if (Array.isArray(parent)) {
		const index = last === "-" ? parent.length : Number(last);
		if (!(index >= 0 && index <= parent.length)) throw missingPath("add", path);
		if (value === undefined) parent.splice(index, 1);
		else parent.splice(index, isInsert ? 0 : 1, value);
	} else if (isRecord(parent)) {
		if (value === undefined) delete parent[last];
		else parent[last] = value;
	} else throw missingPath("add", path);
	return root;
}
