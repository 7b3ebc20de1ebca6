import type { z } from "zod";

/** Whether a value read from JSON is as a schema wants it. */
export type Accepts = (value: unknown) => boolean;

type Definition = z.core.$ZodTypes["_zod"]["def"];

/**
 * The same answer that zod's `safeParse` gives of a value read from JSON, without the copy that it makes: of thousands of
 * cold starts the copies take longer than the checks. What is wrong, and where, is left for zod to say.
 *
 * For the schemas of data that are kept as they are: throws for one that changes values, has a refinement, or is of a
 * kind not known here.
 */
export function acceptorOf(schema: z.core.$ZodType): Accepts {
	const { def } = (schema as z.core.$ZodTypes)._zod;
	if ((def.checks ?? []).length > 0) throw new Error(`a ${def.type} with checks has no acceptor`);
	switch (def.type) {
		case "string":
		case "boolean":
			return (value) => typeof value === def.type;
		case "number":
			return Number.isFinite;
		case "enum": {
			const options = new Set<unknown>(Object.values(def.entries));
			return (value) => options.has(value);
		}
		case "array":
			return arrayOf(acceptorOf(def.element));
		case "record":
			return recordOf(acceptorOf(def.valueType));
		case "object":
			return strictObjectOf(def);
		default:
			throw new Error(`a ${def.type} has no acceptor`);
	}
}

function arrayOf(accepts: Accepts): Accepts {
	return (value) => Array.isArray(value) && value.every(accepts);
}

function recordOf(accepts: Accepts): Accepts {
	return (value) => {
		if (!isRecord(value)) return false;
		for (const key in value) {
			// As an own key, which JSON makes it, zod leaves it out.
			if (key === "__proto__" || !accepts(value[key])) return false;
		}
		return true;
	};
}

function strictObjectOf({ shape, catchall }: Extract<Definition, { type: "object" }>): Accepts {
	if ((catchall as z.core.$ZodTypes | undefined)?._zod.def.type !== "never")
		throw new Error("only strict objects have an acceptor");
	const fields = new Map<string, Accepts>();
	const required = new Set<string>();
	for (const [key, schema] of Object.entries(shape)) {
		const { def } = (schema as z.core.$ZodTypes)._zod;
		fields.set(key, acceptorOf(def.type === "optional" ? def.innerType : schema));
		if (def.type !== "optional") required.add(key);
	}
	return (value) => {
		if (!isRecord(value)) return false;
		let missing = required.size;
		for (const key in value) {
			const accepts = fields.get(key);
			if (accepts === undefined || !accepts(value[key])) return false;
			if (required.has(key)) missing--;
		}
		return missing === 0;
	};
}

function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
