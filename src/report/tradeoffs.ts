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

/** A time with the range that its median lies in at 95 %, where there are enough of them; ms. */
const medianSchema = z.strictObject({ ms: z.number(), lo: z.number().optional(), hi: z.number().optional() });

/** One hop of a request: what somebody on its way spent on it, with all that is below. */
export const hopSchema = z.strictObject({
	/** Such as `istio-ingressgateway`. */
	name: z.string(),
	/** 0 for the client; a hop is within the last one before it that is less deep. */
	depth: z.number(),
	/** Since the request was sent; undefined where the source does not tell, for proxies' logs have clocks of their own. */
	startMs: z.number().optional(),
	/** From the request's arrival to the end of the answer. */
	totalMs: z.number(),
	/** What of it is spent in no hop below. */
	ownMs: z.number(),
});
export type Hop = z.infer<typeof hopSchema>;

/** The same hop of many requests; medians of different hops do not add up. */
export const hopMediansSchema = z.strictObject({
	name: z.string(),
	depth: z.number(),
	/** Of so many requests. */
	requests: z.number(),
	total: medianSchema,
	own: medianSchema,
});
export type HopMedians = z.infer<typeof hopMediansSchema>;

/** Where the time of requests goes, hop by hop. */
export const requestTraceSchema = z.strictObject({
	/** A pod was there, or the request had to wait for one. */
	kind: z.enum(["warm", "cold"]),
	source: z.enum(["access log", "spans"]),
	/** Requests that were sent, and those of which every hop is known. */
	sent: z.number(),
	complete: z.number(),
	/** The request whose time is the median one; its own times add up to its total. */
	hops: z.array(hopSchema),
	medians: z.array(hopMediansSchema),
	/** What is not told apart, and why. */
	notes: z.array(z.string()),
});
export type RequestTrace = z.infer<typeof requestTraceSchema>;

/** Where the time of a profile's probes went, by the cluster's time; ms. */
export const tookSchema = z.strictObject({
	/** From the service's deployment until all that was made was gone again. */
	ms: z.number(),
	/** In order of their beginnings; several may have run at the same time. */
	parts: z.array(
		z.strictObject({
			/** A probe's, or `deploying` and the like. */
			title: z.string(),
			/** After the visit's beginning. */
			fromMs: z.number(),
			ms: z.number(),
		}),
	),
});
export type Took = z.infer<typeof tookSchema>;

/** The cells of one profile. */
export const profileTradeoffsSchema = z.strictObject({
	profile: z.string(),
	cells: z.array(cellSchema),
	/** What the probes changed on the cluster, and put back. */
	changed: z.array(z.string()),
	/** Where the time of requests goes; undefined where no proxy and no backend of traces could tell. */
	traces: z.array(requestTraceSchema).optional(),
	/** How long it took; undefined where the probes could not begin. */
	took: tookSchema.optional(),
});
export type ProfileTradeoffs = z.infer<typeof profileTradeoffsSchema>;

/** What `knistio tradeoffs` observed. */
export const tradeoffsSchema = z.strictObject({
	/** RFC 3339. */
	observedAt: z.string(),
	profiles: z.array(profileTradeoffsSchema),
});
export type Tradeoffs = z.infer<typeof tradeoffsSchema>;
