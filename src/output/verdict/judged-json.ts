import { z } from "zod";
import type { ComparisonTable } from "../../analysis/comparison.ts";
import type { Judgement } from "../../gate/judge.ts";
import { findingSchema, ledgerSchema } from "../../report/report.ts";

/** JSON has no infinity, and `null` looks like a value: an open end is left out. */
const openEnd = z
	.number()
	.nullish()
	.transform((end) => end ?? undefined)
	.describe("Left out where missing values leave this end open; earlier versions wrote null.");

/** In the unit of the number that it belongs to. */
const rangeSchema = z.strictObject({ lo: openEnd, hi: openEnd });

const verdictSchema = z.strictObject({
	status: z.enum(["pass", "breach", "inconclusive"]),
	kind: z.enum(["budget", "baseline", "data"]),
	profile: z.string().describe("Empty where it is about the report as a whole."),
	measure: z.string().describe("total, a phase, a span or an outcome; see `knistio phases`."),
	expected: z.string(),
	source: z.string().describe("Where the user wrote it."),
	unit: z
		.enum(["ms", "shift", "share", "count", "ratio"])
		.describe("Of found and interval; a shift is in milliseconds, a ratio is of two medians."),
	found: z.number().optional(),
	interval: rangeSchema.optional(),
	limit: z
		.number()
		.optional()
		.describe("The largest shift that a baseline lets pass, or the time from which a start is slow, in milliseconds."),
	baseline: z.number().optional().describe("The baseline's median in milliseconds."),
	medians: z
		.tuple([z.number(), z.number()])
		.readonly()
		.optional()
		.describe("In milliseconds, of what it is compared with, and of this profile."),
	needed: z
		.number()
		.optional()
		.describe("About how many cold starts, on each side of a comparison, would settle what is inconclusive."),
	neededMinutes: z.number().optional().describe("How long they take at the pace of the report."),
	n: z.number(),
	missing: z.number(),
	values: z.array(z.number()).readonly(),
	reason: z.string(),
});

const both = z.tuple([z.number(), z.number()]).readonly().describe("Of the baseline, and of the report.");

const shift = {
	ms: z.number(),
	band: rangeSchema.describe("Where it lies, whatever the true times within their bounds."),
	interval: rangeSchema.optional().describe("At 95 %; absent where n is too small."),
	p: z.number(),
	isQuestion: z.boolean().describe("Whether it answers if this got slower: total, or what the gate asks about."),
	isExplanation: z.boolean().describe("Whether it says where a difference of the whole comes from."),
	adjustedP: z
		.number()
		.describe("Of an explanation the rate of false discoveries (Benjamini and Hochberg); else by Holm."),
	isSignificant: z.boolean().describe("At 10 % of an explanation, else at 5 %."),
};

const movementSchema = z.strictObject({
	...shift,
	profile: z.string(),
	measure: z.string(),
	isPhase: z.boolean(),
	beforeMs: z.number(),
	afterMs: z.number(),
	n: both,
	missing: both,
	limitMs: z.number(),
	runSpreadMs: z.number().optional().describe("How much slower a run of unchanged code may be, by three baselines."),
	oneSided: rangeSchema.optional().describe("Of a question: each end is wrong with a chance of at most 5 %."),
	adjustedPOfLimit: z.number().optional().describe("Of a question: that the shift is no larger than the limit."),
	values: z.array(z.number()).readonly(),
});

/** What `check --format json` prints. */
export const judgementSchema = z.strictObject({
	simulated: z.string().optional().describe("The model, where nothing real was measured."),
	ledgers: z
		.array(z.strictObject({ profile: z.string(), ledger: ledgerSchema }))
		.readonly()
		.describe("What was attempted, by profile."),
	verdicts: z.array(verdictSchema).readonly().describe("The worst first."),
	movements: z.array(movementSchema).readonly().describe("Against the baseline; the furthest first."),
	remarks: z.array(findingSchema).readonly(),
	moved: movementSchema.optional().describe("What moved by more than chance, and explains the verdict best."),
});

const cellSchema = z.strictObject({
	estimate: z
		.strictObject({ n: z.number(), missing: z.number(), medianMs: z.number(), interval: rangeSchema.optional() })
		.optional(),
	change: z
		.strictObject({ ...shift, share: z.number().optional() })
		.optional()
		.describe("Against the first column."),
});

/** What `compare --format json` prints. */
export const comparisonSchema = z.array(
	z.strictObject({
		title: z.string().optional(),
		columns: z.array(z.strictObject({ label: z.string(), simulated: z.boolean(), ledger: ledgerSchema })),
		rows: z.array(z.strictObject({ measure: z.string(), cells: z.array(cellSchema) })),
		varies: z.array(z.string()),
	}),
);

export function renderJudgementJson(judgement: Judgement): string {
	return withoutOpenEnds(judgement satisfies z.input<typeof judgementSchema>);
}

export function renderComparisonJson(tables: ComparisonTable[]): string {
	return withoutOpenEnds(tables satisfies z.input<typeof comparisonSchema>);
}

function withoutOpenEnds(value: unknown): string {
	const finite = (_: string, each: unknown) => (typeof each === "number" && !Number.isFinite(each) ? undefined : each);
	return `${JSON.stringify(value, finite, "\t")}\n`;
}

/** The formats as JSON Schemas (draft 2020-12), for other programs. */
export const judgedJsonSchemas = {
	judgement: () => ({ ...z.toJSONSchema(judgementSchema, { io: "input" }), title: "knistio judgement" }),
	comparison: () => ({ ...z.toJSONSchema(comparisonSchema, { io: "input" }), title: "knistio comparison" }),
};
