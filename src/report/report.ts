import { z } from "zod";
import { profileSchema, variantSchema } from "../profile/profile.ts";
import { tradeoffsSchema } from "./tradeoffs.ts";

/**
 * The saved result of a run: what was measured and what is known about how. Statistics are derived from it and not
 * stored. Times of a cold start are milliseconds after its request was sent, on the clock of the machine that ran
 * knistio.
 */

/** Where a time comes from, the most precise source first. */
export const sourceSchema = z.enum([
	/** Knistio's own clock at its own socket. */
	"client",
	/** A span of the kubelet's, the container runtime's or the API server's own. */
	"trace",
	/** The nanoseconds in the name of an event (client-go `record.makeEvent`). */
	"event-name",
	/** The microseconds of an event's `eventTime`. */
	"event-time",
	/** Receipt of a watch event. */
	"watch",
	/** A status field, cut to whole seconds. */
	"status",
	/** Nothing but the order of causes: it lies between its neighbours. */
	"order",
]);
export type Source = z.infer<typeof sourceSchema>;

/** The less precise of two sources: it limits what is computed from both. */
export function lessPrecise(a: Source, b: Source): Source {
	return sourceSchema.options.indexOf(a) > sourceSchema.options.indexOf(b) ? a : b;
}

/** A measured time or duration in milliseconds: the best estimate, the bounds that hold, and the less precise of its sources. */
export const measuredSchema = z.strictObject({
	ms: z.number(),
	loMs: z.number(),
	hiMs: z.number(),
	source: sourceSchema,
});
export type Measured = z.infer<typeof measuredSchema>;

/** A span of the talk. */
export const spanSchema = measuredSchema.extend({
	/** When it begins, ms after the request was sent; reports of earlier versions do not have it. */
	fromMs: z.number().optional(),
	/** What ended it: the talk's tracer also stopped when the request had been answered. */
	endedBy: z.enum(["ready", "request-end", "terminated"]).optional(),
});

export type Span = z.infer<typeof spanSchema>;

/** Something a reader must know before believing a number. */
export const findingSchema = z.strictObject({
	/** Kebab-case, stable, for programs. */
	code: z.string(),
	message: z.string(),
	hint: z.string().optional(),
});
export type Finding = z.infer<typeof findingSchema>;

export const outcomeSchema = z.enum(["cold", "warm", "failed", "unresolved"]);
export type Outcome = z.infer<typeof outcomeSchema>;

/** What the pod of a cold start had in it. */
export const podSchema = z.strictObject({
	name: z.string(),
	uid: z.string(),
	node: z.string().optional(),
	/** In the order of the pod's spec: init containers first. */
	containers: z.array(
		z.strictObject({
			name: z.string(),
			role: z.enum(["init", "sidecar", "app"]),
			image: z.string().optional(),
			imageId: z.string().optional(),
			restarts: z.number().optional(),
		}),
	),
});
export type PodSummary = z.infer<typeof podSchema>;

export const coldStartSchema = z.strictObject({
	/** One cold start of every profile has the same. 0 is the warm-up after an install, which is kept apart; each install has one. */
	round: z.number(),
	/** Which of several equal services was started, from 1; left out where there is one. */
	copy: z.number().optional(),
	/** Pods of the other copies that were still there as the request was sent: idle, or terminating. */
	draining: z.number().optional(),
	/** Pods of the other copies that began to be removed between the request and its answer. */
	removalsBegun: z.number().optional(),
	outcome: outcomeSchema,
	/** Why it is not cold, or not counted. */
	reason: z.string().optional(),
	/** Whether statistics use it: cold, not the first after an install, no image pulled. */
	counted: z.boolean(),
	/** RFC 3339 with nanoseconds. */
	requestSentAt: z.string(),
	response: z
		.strictObject({
			status: z.number().optional(),
			bodyMatches: z.boolean().optional(),
			error: z.string().optional(),
			/** Time to open the TCP connection to the gateway, not part of `total`. */
			connectMs: z.number().optional(),
			server: z.string().optional(),
		})
		.optional(),
	pods: z.array(podSchema),
	/** Instants of the critical path and of each container, by name. */
	instants: z.record(z.string(), measuredSchema),
	/** Disjoint phases of the critical path in order of time, and `unattributed`; with `total` they add up. */
	phases: z.record(z.string(), measuredSchema),
	/**
	 * The same path in finer phases, which add up to `total` too; only where the cluster's own traces told them. `phases`
	 * are estimated without traces, so that they compare with those of runs that had none.
	 */
	finer: z.record(z.string(), measuredSchema).optional(),
	/** `endpoint_wait`, `pod_creating`, `container_startup_<container>` as the talk defines them. */
	spans: z.record(z.string(), spanSchema),
	/** Request sent to last byte. */
	total: measuredSchema.optional(),
	findings: z.array(findingSchema),
	/** Pod events seen of those that this pod must have had. */
	events: z.strictObject({ seen: z.number(), expected: z.number() }),
});
export type ColdStart = z.infer<typeof coldStartSchema>;

/** What was measured; two runs whose fingerprints differ are not compared unless the difference is allowed by name. */
export const fingerprintSchema = z.record(z.string(), z.string());
export type Fingerprint = z.infer<typeof fingerprintSchema>;

/** The attempt ledger: attempted = cold + warm + failed + unresolved. */
export const ledgerSchema = z.strictObject({
	attempted: z.number(),
	cold: z.number(),
	warm: z.number(),
	failed: z.number(),
	unresolved: z.number(),
	/** Cold starts that the statistics use. */
	counted: z.number(),
});
export type Ledger = z.infer<typeof ledgerSchema>;

/** Services that were asked in the same instant. */
export const burstSchema = z.strictObject({
	/** How many. */
	size: z.number(),
	/** From 1, among those of its size. */
	number: z.number(),
	/** One of each service; none of them is among the profile's own cold starts. */
	coldStarts: z.array(coldStartSchema),
});
export type Burst = z.infer<typeof burstSchema>;

/** Cold starts, one at a time, while idle services were merely there. */
export const crowdSchema = z.strictObject({
	/** How many services were there. */
	size: z.number(),
	coldStarts: z.array(coldStartSchema),
});
export type Crowd = z.infer<typeof crowdSchema>;

export const profileRunSchema = z.strictObject({
	profile: profileSchema,
	fingerprint: fingerprintSchema,
	/** The profile says what was found: nothing was installed or promised, and the service is somebody's own. */
	isAsFound: z.literal(true).optional(),
	/** Counted from `coldStarts` when the report is saved, for other programs. */
	ledger: ledgerSchema.optional(),
	/** From the first object applied to the profile being proven; undefined where it was there before. */
	installMs: z.number().optional(),
	coldStarts: z.array(coldStartSchema),
	/** The first starts after an install, for which images are pulled that the node does not have; no figure uses them. */
	pulls: z.array(coldStartSchema).optional(),
	bursts: z.array(burstSchema).optional(),
	crowds: z.array(crowdSchema).optional(),
	findings: z.array(findingSchema),
});
export type ProfileRun = z.infer<typeof profileRunSchema>;

/** The offset of a clock: its time minus the client's, with bounds. */
export const clockSchema = z.strictObject({
	clock: z.string(),
	/** Left out with `hiMs`: a bound on one side is no estimate. */
	offsetMs: z.number().optional(),
	loMs: z.number(),
	/** Left out where nothing bounds the clock from above. */
	hiMs: z.number().optional(),
	method: z.string(),
});
export type ClockOffset = z.infer<typeof clockSchema>;

/** By what the order of installs and cold starts was chosen; the same gives the same. */
export const runOrderSchema = z.strictObject({
	seed: z.number(),
	/** How often every profile was installed. */
	blocks: z.number(),
	/** Profiles of one installation, by name: each round has one cold start of each of them. */
	turns: z.array(z.array(z.string())),
});
export type RunOrder = z.infer<typeof runOrderSchema>;

/** A variant that was asked for, and of which nothing was measured. */
export const unmeasuredSchema = z.strictObject({
	/** Its name. */
	profile: z.string(),
	variant: variantSchema,
	/** Why; left out where the run ended before its turn. */
	reason: z.string().optional(),
});
export type Unmeasured = z.infer<typeof unmeasuredSchema>;

export const reportSchema = z.strictObject({
	schemaVersion: z.literal(1),
	/** Knistio's version. */
	knistio: z.string(),
	/** Set on every report that does not come from a real cluster. */
	simulated: z.strictObject({ model: z.string(), seed: z.number(), speed: z.number() }).optional(),
	/** RFC 3339. */
	startedAt: z.string(),
	finishedAt: z.string().optional(),
	/** Why the run ended early; absent when it ran to its end. */
	endedBy: z.string().optional(),
	cluster: z.strictObject({ context: z.string(), gateway: z.string().optional() }),
	iterations: z.number(),
	order: runOrderSchema.optional(),
	profiles: z.array(profileRunSchema),
	/** Left out where there is none. */
	unmeasured: z.array(unmeasuredSchema).optional(),
	clocks: z.array(clockSchema),
	findings: z.array(findingSchema),
	/** Costs and benefits that were observed by probes. */
	tradeoffs: tradeoffsSchema.optional(),
	/** What of the run's time was not Kubernetes' own. */
	overhead: z
		.strictObject({
			runMs: z.number(),
			installMs: z.number(),
			deployMs: z.number(),
			waitForZeroMs: z.number(),
			coldStartMs: z.number(),
			/** Waited on purpose: for late events of a pod, and a random part of a second before each request. */
			pauseMs: z.number().optional(),
			/** The probes of costs and benefits, with their service's own deployment. */
			probesMs: z.number().optional(),
			otherMs: z.number(),
			otherShare: z.number(),
		})
		.optional(),
	observer: z
		.strictObject({
			watchEvents: z.number(),
			reconnects: z.number(),
			gaps: z.number(),
			loopDelayP99Ms: z.number().optional(),
			loopDelayMaxMs: z.number().optional(),
			/** How long an own object's change took to be seen, from a patch sent to its watch event. */
			pingMedianMs: z.number().optional(),
			pingMaxMs: z.number().optional(),
			pings: z.number(),
			maxRssMib: z.number().optional(),
		})
		.optional(),
});
export type Report = z.infer<typeof reportSchema>;

/** Counts every attempt of a profile once. */
export function ledgerOf(coldStarts: readonly ColdStart[]): Ledger {
	const ledger: Ledger = { attempted: 0, cold: 0, warm: 0, failed: 0, unresolved: 0, counted: 0 };
	for (const start of coldStarts) {
		ledger.attempted++;
		ledger[start.outcome]++;
		if (start.counted) ledger.counted++;
	}
	return ledger;
}
