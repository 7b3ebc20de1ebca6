import { CORE_SCHEMA, type Schema, Type } from "js-yaml";

/**
 * How YAML becomes values: as kubectl and istioctl read it, which is neither of js-yaml's own schemas. They go through
 * go-yaml v2 (sigs.k8s.io/yaml): `on` and `y` are true, `0644` is 420, `1_000` is 1000, and a date stays the text it is.
 */
export const kubectlSchema: Schema = CORE_SCHEMA.extend({
	implicit: [
		new Type("tag:yaml.org,2002:bool", {
			kind: "scalar",
			resolve: (text: unknown) => typeof text === "string" && booleans.has(text),
			construct: (text: string) => booleans.get(text),
			predicate: (value: unknown) => typeof value === "boolean",
			represent: String,
		}),
		new Type("tag:yaml.org,2002:int", {
			kind: "scalar",
			resolve: (text: unknown) => typeof text === "string" && integerOf(text) !== undefined,
			construct: (text: string) => integerOf(text),
			predicate: (value: unknown) => Number.isSafeInteger(value),
			represent: String,
		}),
		new Type("tag:yaml.org,2002:float", {
			kind: "scalar",
			resolve: (text: unknown) => typeof text === "string" && floatOf(text) !== undefined,
			construct: (text: string) => floatOf(text),
			predicate: (value: unknown) => typeof value === "number",
			represent: String,
		}),
		new Type("tag:yaml.org,2002:merge", { kind: "scalar", resolve: (text: unknown) => text === "<<" }),
	],
});

const booleans = new Map<string, boolean>([
	...["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"].map((text) => [text, true] as const),
	...["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"].map((text) => [text, false] as const),
]);

function integerOf(text: string): number | undefined {
	const plain = digitsOf(text);
	const [, sign, digits] = /^([-+]?)(0x[0-9a-f]+|0b[01]+|0o?[0-7]+|0|[1-9][0-9]*)$/i.exec(plain) ?? [];
	if (digits === undefined) return undefined;
	const value = Number(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits);
	return sign === "-" && value !== 0 ? -value : value;
}

function floatOf(text: string): number | undefined {
	const plain = digitsOf(text);
	if (!/^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)(e[-+]?[0-9]+)?$/i.test(plain)) return undefined;
	const value = Number(plain);
	return Number.isFinite(value) ? value : undefined;
}

/** Underscores between digits are only for the eye; a text that begins with one is no number. */
function digitsOf(text: string): string {
	return text.startsWith("_") ? text : text.replaceAll("_", "");
}
