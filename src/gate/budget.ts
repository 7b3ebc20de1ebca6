/**
 * A budget as it is written: `[profile.]measure: statistic operator limit`, such as `minimal.total: p(50) < 3s`.
 *
 * What can be said of a measure:
 * - `p(50)`, `median`: a quantile of the population the cold starts come from;
 * - `share(> 4s)`: how many of that population are beyond a time; `share` of an outcome, such as `failed`;
 * - `max`, `min`, `count(> 4s)`, `count` of an outcome: what was observed in this run, and no more.
 *
 * A limit is a time (`3s`, `800ms`), a share (`5%`), a number, or another profile: a distance (`full.total - 300ms`), a
 * share (`minimal.total + 10%`) or a multiple (`minimal.total * 3`) of its median.
 */
export interface Budget {
	/** As the user wrote it, for messages. */
	text: string;
	/** Where the user wrote it: a flag, a profile, a line of a file. */
	source: string;
	/** Undefined: every profile of the run. */
	profile: string | undefined;
	measure: string;
	statistic: Statistic;
	operator: Operator;
	limit: Limit;
	/** Where in `text` the names begin, from 0, for messages about them. */
	at: { profile: number; measure: number; limit: number };
}

export type Operator = "<" | "<=" | ">" | ">=";

export type Statistic =
	| { kind: "quantile"; p: number }
	/** The smallest value, 0, or the largest, 1. */
	| { kind: "extreme"; p: 0 | 1 }
	| HitStatistic;

/** Of the cold starts beyond a time, or of an outcome where `beyond` is undefined. */
export interface HitStatistic {
	kind: "share" | "count";
	beyond: { operator: Operator; ms: number } | undefined;
}

export type Limit =
	| { kind: "time"; ms: number }
	| { kind: "share"; share: number }
	| { kind: "count"; count: number }
	/** So many times the other profile's median, and `offsetMs` more; the factor is 1 unless it is given. */
	| { kind: "profile"; profile: string; measure: string; factor: number; offsetMs: number };

/** Outcomes that a share or count can be limited for, in place of a measure. */
export const outcomeMeasures = ["failed", "warm", "unresolved"] as const;

export type OutcomeMeasure = (typeof outcomeMeasures)[number];

export function isOutcomeMeasure(measure: string): measure is OutcomeMeasure {
	return (outcomeMeasures as readonly string[]).includes(measure);
}

/** Whether `found` is as the budget wants it. */
export function holds(found: number, operator: Operator, limit: number): boolean {
	switch (operator) {
		case "<":
			return found < limit;
		case "<=":
			return found <= limit;
		case ">":
			return found > limit;
		case ">=":
			return found >= limit;
	}
}
