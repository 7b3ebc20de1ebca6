import type { Written } from "./written.ts";

/** Fields by name, of a mapping in YAML. */
type Fields = Record<string, unknown>;

/** What names or describes the profile that it stands in, and so is no other one's. */
const ownFields = new Set(["name", "title", "description", "variant", "extends"]);

/**
 * The fields of a profile that extends others: the files from the profile's own to the last that is extended. Mappings
 * are merged key by key; any other value takes the place of the one below, lists whole; null takes away what is below,
 * so that the field has its default again. The name, the title, the description and what it is a variant of are never
 * another profile's.
 */
export function mergedFields(files: readonly Written[]): Fields {
	const layers = files.map(({ fields }, index) => (index === 0 ? fields : inherited(fields)));
	return layers.reduceRight<Fields>((below, above) => merged(below, above), {});
}

function inherited(fields: Fields): Fields {
	return Object.fromEntries(Object.entries(fields).filter(([key]) => !ownFields.has(key)));
}

function merged(below: Fields, above: Fields): Fields {
	const result = { ...below };
	for (const [key, value] of Object.entries(above)) {
		const old = below[key];
		if (value === null && Object.hasOwn(below, key)) delete result[key];
		else result[key] = isFields(value) && isFields(old) ? merged(old, value) : value;
	}
	return result;
}

/**
 * The file that says what is at a path, or would have to: of those that take part in the innermost mapping on the way,
 * the one that is uppermost.
 */
export function fileThatSays(files: readonly Written[], path: readonly PropertyKey[]): Written | undefined {
	let layers = files.map((file) => ({ file, value: file.fields as unknown }));
	for (const [depth, step] of path.entries()) {
		const saying = layers.flatMap(({ file, value }) => {
			const isForeign = depth === 0 && file !== files[0] && ownFields.has(String(step));
			return isForeign || !has(value, step) ? [] : [{ file, value: value[step] }];
		});
		const [top] = saying;
		if (top === undefined) break;
		// What lies below a value that is not merged is not there.
		const end = saying.findIndex(({ value }) => !isFields(value));
		layers = end < 0 ? saying : saying.slice(0, Math.max(1, end));
	}
	return layers[0]?.file;
}

function has(value: unknown, key: PropertyKey): value is Record<PropertyKey, unknown> {
	return typeof value === "object" && value !== null && Object.hasOwn(value, key);
}

function isFields(value: unknown): value is Fields {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
