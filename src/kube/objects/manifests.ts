import { isDeepStrictEqual } from "node:util";
import { loadAll, YAMLException } from "js-yaml";
import { UsageError } from "../../errors.ts";
import { holdsItself, holdsItselfWords } from "../../text/circle.ts";
import { describeRef, groupOf, type KubeObject } from "../api/cluster.ts";
import { kubectlSchema } from "../yaml.ts";

/** One document of a YAML stream. */
interface Document {
	value: unknown;
	/** Offset of its beginning in the text. */
	from: number;
}

/**
 * The objects of a YAML stream, as kubectl reads them: empty documents are left out, lists are taken apart.
 * A {@link UsageError} names the source, the line and the document.
 */
export function parseManifests(text: string, source: string): KubeObject[] {
	const objects = readDocuments(text, source).flatMap((document, index) => {
		const fail = (what: string): never => {
			throw new UsageError(`${source}:${lineOf(text, document.from)}: document ${index + 1}: ${what}`, {
				hint: "every document must be a Kubernetes object with apiVersion, kind and metadata.name",
			});
		};
		if (holdsItself(document.value)) fail(holdsItselfWords);
		return objectsIn(document.value, fail);
	});
	return withoutRepeats(objects, source);
}

/**
 * Each object once. Releases repeat whole files in one another (Knative's core holds its CRDs again), which is no
 * matter where both are the same; of two that differ it cannot be known which was meant.
 */
export function withoutRepeats(objects: readonly KubeObject[], source: string): KubeObject[] {
	const seen = new Map<string, KubeObject>();
	for (const object of objects) {
		const { kind, metadata } = object;
		const what = describeRef({ kind, name: metadata.name, namespace: metadata.namespace });
		const key = `${groupOf(object.apiVersion)} ${what}`;
		const earlier = seen.get(key);
		if (earlier !== undefined && !isDeepStrictEqual(earlier, object)) {
			throw new UsageError(`${source}: ${what} is there twice, and the two differ`);
		}
		seen.set(key, earlier ?? object);
	}
	return [...seen.values()];
}

function objectsIn(value: unknown, fail: (what: string) => never): KubeObject[] {
	if (value === null || value === undefined) return [];
	if (typeof value !== "object" || Array.isArray(value)) return fail("not an object");
	const { apiVersion, kind, metadata, items } = value as Record<string, unknown>;
	if (typeof apiVersion !== "string" || apiVersion === "") return fail("apiVersion is missing, or not a text");
	if (typeof kind !== "string" || kind === "") return fail("kind is missing, or not a text");
	if (kind.endsWith("List") && Array.isArray(items)) return items.flatMap((item) => objectsIn(item, fail));
	const { name, namespace } = (metadata ?? {}) as Record<string, unknown>;
	if (typeof name !== "string" || name === "") return fail(`${kind}: metadata.name is missing, or not a text`);
	if (namespace !== undefined && typeof namespace !== "string") {
		return fail(`${kind} ${name}: metadata.namespace is not a text`);
	}
	return [value as KubeObject];
}

function readDocuments(text: string, source: string): Document[] {
	const beginnings: number[] = [];
	let depth = 0;
	try {
		const values = loadAll(text, null, {
			schema: kubectlSchema,
			listener(event, state) {
				if (event === "open" && depth === 0) beginnings.push(state.position);
				depth += event === "open" ? 1 : -1;
			},
		});
		return values.map((value, index) => ({ value, from: beginnings[index] ?? 0 }));
	} catch (error) {
		if (!(error instanceof YAMLException)) throw error;
		const document = `document ${Math.max(1, beginnings.length)}`;
		const line = error.mark === undefined ? "" : `:${error.mark.line + 1}`;
		throw new UsageError(`${source}${line}: ${document}: not valid YAML: ${error.reason}`, { cause: error });
	}
}

/** The line that an offset is in, from 1. */
function lineOf(text: string, offset: number): number {
	return text.slice(0, offset).split("\n").length;
}
