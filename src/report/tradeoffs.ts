import { z } from "zod";

/** What was found out about one cost or benefit of one profile. */
export const answerSchema = z.enum([
	/** It was seen to be there. */
	"observed",
	/** It was looked for, and is not there. */
	"refuted",
	/** Nobody knows; the evidence says why. */
	"not-tested",
]);
export type Answer = z.infer<typeof answerSchema>;

/** A number that was measured on the way, with the range that it lies in at 95 % where there is one. */
export const amountSchema = z.strictObject({
	name: z.string(),
	value: z.number(),
	unit: z.enum(["ms", "MiB", "count"]),
	lo: z.number().optional(),
	hi: z.number().optional(),
});
export type Amount = z.infer<typeof amountSchema>;

/** One cell of the table: a cost or benefit of a profile, and how it is known. */
export const cellSchema = z.strictObject({
	/** Name of the cost or benefit, such as `net-admin`. */
	column: z.string(),
	answer: answerSchema,
	/** What was seen, or why nothing was tested. */
	evidence: z.string(),
	amounts: z.array(amountSchema).optional(),
});
export type TradeoffCell = z.infer<typeof cellSchema>;

/** The cells of one profile. */
export const profileTradeoffsSchema = z.strictObject({
	profile: z.string(),
	cells: z.array(cellSchema),
	/** What the probes changed on the cluster, and put back. */
	changed: z.array(z.string()),
});
export type ProfileTradeoffs = z.infer<typeof profileTradeoffsSchema>;

/** What `knistio tradeoffs` observed. */
export const tradeoffsSchema = z.strictObject({
	/** RFC 3339. */
	observedAt: z.string(),
	profiles: z.array(profileTradeoffsSchema),
});
export type Tradeoffs = z.infer<typeof tradeoffsSchema>;
