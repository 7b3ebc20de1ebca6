import {
	changedFields,
	childrenOf,
	eachLeaf,
	fieldsOf,
	hasPath,
	isRecord,
	isSame,
	itemKey,
	itemsByKey,
	printPath,
	union,
	valueAt,
	without,
} from "./fields.ts";
import type { Fields, KubeObject, ManagedFieldsEntry } from "./objects.ts";
import { applyConflict } from "./status-error.ts";

/** Who writes, and through what. */
export interface Writer {
	manager: string;
	/** RFC 3339, whole seconds. */
	time: string;
	subresource?: "status" | "scale" | undefined;
}

/** Metadata that nobody owns: the server sets it, or it names the object. */
const unowned = new Set([
	"name",
	"namespace",
	"uid",
	"resourceVersion",
	"generation",
	"creationTimestamp",
	"deletionTimestamp",
	"deletionGracePeriodSeconds",
	"managedFields",
	"generateName",
	"selfLink",
]);

function ownable(object: KubeObject): Record<string, unknown> {
	const { apiVersion: _, kind: __, metadata, ...rest } = object;
	const owned = Object.fromEntries(Object.entries(metadata).filter(([name]) => !unowned.has(name)));
	return Object.keys(owned).length === 0 ? rest : { metadata: owned, ...rest };
}

/** Entries after someone changed an object by create, update or patch: they own what they changed, nobody else does. */
export function managedAfterUpdate(
	before: KubeObject | undefined,
	after: KubeObject,
	writer: Writer & { isCustom: boolean },
): ManagedFieldsEntry[] {
	const changed = changedFields(before === undefined ? {} : ownable(before), ownable(after), writer.isCustom);
	const entries = before?.metadata.managedFields ?? [];
	if (Object.keys(changed).length === 0) return entries;
	const isOwn = (entry: ManagedFieldsEntry) =>
		entry.manager === writer.manager && entry.operation === "Update" && entry.subresource === writer.subresource;
	const own = entries.find(isOwn);
	const others = entries
		.filter((entry) => !isOwn(entry))
		.map((entry) => withFields(entry, without(entry.fieldsV1, changed)));
	return [
		...others.filter(hasFields),
		entryOf(writer, "Update", after.apiVersion, union(own?.fieldsV1 ?? {}, changed)),
	];
}

function withFields(entry: ManagedFieldsEntry, fieldsV1: Fields): ManagedFieldsEntry {
	return { ...entry, fieldsV1 };
}

function hasFields(entry: ManagedFieldsEntry): boolean {
	return Object.keys(entry.fieldsV1).length > 0;
}

function entryOf(
	writer: Writer,
	operation: "Apply" | "Update",
	apiVersion: string,
	fieldsV1: Fields,
): ManagedFieldsEntry {
	return {
		manager: writer.manager,
		operation,
		apiVersion,
		time: writer.time,
		fieldsType: "FieldsV1",
		fieldsV1,
		...(writer.subresource === undefined ? {} : { subresource: writer.subresource }),
	};
}

/**
 * Server-side apply (KEP-555): merges what is applied into the live object, removes what this manager applied before
 * but no longer applies, and refuses with 409 where another manager owns a field with another value, unless forced.
 */
export function applyConfiguration(
	live: KubeObject | undefined,
	applied: KubeObject,
	options: Writer & { force: boolean; isCustom: boolean },
): KubeObject {
	const { isCustom } = options;
	const wanted = ownable(applied);
	const fields = fieldsOf(wanted, isCustom);
	const entries = live?.metadata.managedFields ?? [];
	const isOwn = (entry: ManagedFieldsEntry) =>
		entry.manager === options.manager && entry.operation === "Apply" && entry.subresource === options.subresource;
	const own = entries.find(isOwn);
	const others = entries.filter((entry) => !isOwn(entry));
	const base = live === undefined ? {} : ownable(live);
	const contested = contestedFields({ others, fields, live: base, wanted, isCustom });
	if (contested.conflicts.length > 0 && !options.force) throw applyConflict(contested.conflicts);
	const remaining = others
		.map((entry) => withFields(entry, without(entry.fieldsV1, contested.fields)))
		.filter(hasFields);

	let merged = mergeApplied(base, wanted, { isCustom, field: "" });
	const dropped = without(own?.fieldsV1 ?? {}, fields);
	merged = removeFields(merged, dropped, { isCustom, kept: remaining, field: "", path: [] });
	const object = withOwnable(live ?? applied, merged as Record<string, unknown>, applied.apiVersion);
	const isUnchanged = own !== undefined && isSame(own.fieldsV1, fields) && isSame(base, merged);
	const time = isUnchanged ? own.time : options.time;
	const entry = entryOf({ ...options, time }, "Apply", applied.apiVersion, fields);
	object.metadata.managedFields = [entry, ...remaining];
	return object;
}

interface Contest {
	others: ManagedFieldsEntry[];
	fields: Fields;
	live: unknown;
	wanted: unknown;
	isCustom: boolean;
}

function contestedFields({ others, fields, live, wanted, isCustom }: Contest) {
	const conflicts: { manager: string; field: string; operation: string }[] = [];
	let taken: Fields = {};
	eachLeaf(fields, (path) => {
		const [is, should] = [valueAt(live, path, isCustom), valueAt(wanted, path, isCustom)];
		// An empty object says nothing about the fields that others have in it.
		const isEmptyInto = isRecord(is) && isRecord(should);
		if (path.at(-1) === "." || isEmptyInto || isSame(is, should)) return;
		for (const entry of others) {
			if (!hasPath(entry.fieldsV1, path)) continue;
			const using = entry.operation === "Update" ? ` using ${entry.apiVersion}` : "";
			const through = entry.subresource === undefined ? "" : ` with subresource "${entry.subresource}"`;
			conflicts.push({ manager: entry.manager, field: printPath(path), operation: `${through}${using}` });
			taken = union(
				taken,
				path.reduceRight<Fields>((below, key) => ({ [key]: below }), {}),
			);
		}
	});
	return { conflicts, fields: taken };
}

function withOwnable(source: KubeObject, merged: Record<string, unknown>, apiVersion: string): KubeObject {
	const kept = Object.fromEntries(Object.entries(source.metadata).filter(([name]) => unowned.has(name)));
	const { metadata, ...rest } = merged;
	const owned = isRecord(metadata) ? metadata : {};
	return { apiVersion, kind: source.kind, metadata: { ...kept, ...owned } as KubeObject["metadata"], ...rest };
}

interface Level {
	isCustom: boolean;
	/** The field whose value is merged; it decides which keys identify the items of a list. */
	field: string;
}

/** Merges as server-side apply and strategic merge patch do: objects field by field, keyed lists item by item. */
export function mergeApplied(live: unknown, wanted: unknown, level: Level): unknown {
	if (isRecord(wanted)) {
		const merged: Record<string, unknown> = isRecord(live) ? { ...live } : {};
		for (const [name, value] of Object.entries(wanted)) {
			merged[name] = mergeApplied(merged[name], value, { ...level, field: name });
		}
		return merged;
	}
	if (!Array.isArray(wanted) || !Array.isArray(live)) return wanted;
	const items = itemsByKey(level.field, live, level.isCustom);
	const added = itemsByKey(level.field, wanted, level.isCustom);
	if (items === undefined || added === undefined) return wanted;
	for (const [key, item] of added) items.set(key, mergeApplied(items.get(key), item, { ...level, field: "" }));
	return [...items.values()];
}

function removeFields(
	value: unknown,
	dropped: Fields,
	level: Level & { kept: ManagedFieldsEntry[]; path: string[] },
): unknown {
	const children = childrenOf(level.field, value, level.isCustom);
	if (children === undefined) return value;
	const isGone = (key: string, below: Fields) => {
		const path = [...level.path, key];
		const isWhole = Object.keys(below).every((name) => name === ".") || below["."] !== undefined;
		return isWhole && !level.kept.some((entry) => hasPath(entry.fieldsV1, path));
	};
	const next = (key: string, name: string, child: unknown, below: Fields) =>
		removeFields(child, below, { ...level, field: name, path: [...level.path, key] });
	if (isRecord(value)) {
		const rest = { ...value };
		for (const [key, below] of Object.entries(dropped)) {
			const [name, child] = children.get(key) ?? [];
			if (name === undefined) continue;
			const left = isGone(key, below) ? undefined : next(key, name, child, below);
			if (left === undefined || (isRecord(left) && Object.keys(left).length === 0)) delete rest[name];
			else rest[name] = left;
		}
		return rest;
	}
	return (value as unknown[]).flatMap((item) => {
		const key = itemKey(level.field, item, level.isCustom) ?? "";
		const below = dropped[key];
		if (below === undefined) return [item];
		return isGone(key, below) ? [] : [next(key, "", item, below)];
	});
}
