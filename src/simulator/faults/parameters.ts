/** A kind of parameter. It is checked without a schema library, which would slow the start of the command line. */
export interface Parameter<Value> {
	/** What is valid, as errors say it. */
	wanted: string;
	accepts(value: unknown): value is Value;
}

const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);
const isByName = (value: unknown): value is Record<string, unknown> =>
	typeof value === "object" && value !== null && !Array.isArray(value);

/** A clock offset, ms. */
export const offsetMs: Parameter<number> = { wanted: "a number of ms", accepts: isNumber };

/** A delay, ms. */
export const delayMs: Parameter<number> = {
	wanted: "a number of ms from 0",
	accepts: (value): value is number => isNumber(value) && value >= 0,
};

/** The time between two repetitions, ms. */
export const periodMs: Parameter<number> = {
	wanted: "a number of ms above 0",
	accepts: (value): value is number => isNumber(value) && value > 0,
};

/** A share of many. */
export const share: Parameter<number> = {
	wanted: "a number from 0 to 1",
	accepts: (value): value is number => isNumber(value) && value >= 0 && value <= 1,
};

/** How many of something. */
export const count: Parameter<number> = {
	wanted: "a whole number from 1",
	accepts: (value): value is number => Number.isInteger(value) && (value as number) >= 1,
};

export const onOrOff: Parameter<boolean> = {
	wanted: "true or false",
	accepts: (value): value is boolean => typeof value === "boolean",
};

/** One parameter for each name, such as that of a node or a container. */
export function byName<Value>(each: Parameter<Value>): Parameter<Record<string, Value>> {
	return {
		wanted: `an object that maps names to ${each.wanted}`,
		accepts: (value): value is Record<string, Value> => isByName(value) && Object.values(value).every(each.accepts),
	};
}

/** `verb resource`, such as `create pods`. */
export const permissions: Parameter<string[]> = {
	wanted: "a list of `verb resource`",
	accepts: (value): value is string[] =>
		Array.isArray(value) && value.every((one) => typeof one === "string" && /^\S+ \S+$/.test(one)),
};
