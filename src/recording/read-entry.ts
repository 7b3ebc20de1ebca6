import { z } from "zod";
import { profileSchema, variantSchema } from "../profile/profile.ts";
import { findingSchema, fingerprintSchema, runOrderSchema } from "../report/report.ts";
import { tradeoffsSchema } from "../report/tradeoffs.ts";
import type { Entry } from "./entries.ts";

/** Nanoseconds as a decimal string. */
const digits = /^-?\d+$/;
const time = z.string().regex(digits);
const at = { at: time };
const watched = z.enum(["pods", "events", "deployments", "endpointslices", "podautoscalers"]);

/** What the fold relies on; anything else of an entry may be there. */
const schemas: Record<Exclude<Entry["kind"], keyof typeof frequent>, z.ZodType> = {
	run: z.looseObject({
		...at,
		version: z.number(),
		knistio: z.string(),
		context: z.string(),
		iterations: z.number(),
		profiles: z.array(z.string()).optional(),
		order: runOrderSchema.optional(),
		variants: z.record(z.string(), variantSchema).optional(),
		traces: z.boolean().optional(),
		simulated: z.object({ model: z.string(), seed: z.number(), speed: z.number() }).optional(),
	}),
	profile: z.looseObject({
		...at,
		profile: profileSchema,
		fingerprint: fingerprintSchema,
		installMs: z.number().optional(),
		deployMs: z.number().optional(),
		revision: z.string(),
		isAsFound: z.literal(true).optional(),
		isUnproven: z.boolean().optional(),
	}),
	"set-aside": z.looseObject({ ...at, profile: z.string(), reason: z.string() }),
	sample: z.looseObject({
		...at,
		round: z.number(),
		profile: z.string().optional(),
		burst: z.object({ size: z.number(), number: z.number() }).optional(),
		isFirstOnNode: z.boolean().optional(),
		crowd: z.number().optional(),
		copy: z.number().optional(),
		revision: z.string().optional(),
		draining: z.number().optional(),
		pausedMs: z.number().optional(),
		podsBefore: z.array(z.string()),
		replicasBefore: z.number().optional(),
	}),
	request: z.looseObject({
		...at,
		round: z.number(),
		copy: z.number().optional(),
		connectStartedAt: time,
		connectedAt: time.optional(),
		sentAt: time.optional(),
		firstByteAt: time.optional(),
		lastByteAt: time.optional(),
		status: z.number().optional(),
		server: z.string().optional(),
		bodyMatches: z.boolean().optional(),
		body: z.string().optional(),
		error: z.string().optional(),
	}),
	tradeoffs: z.looseObject({ ...at, tradeoffs: tradeoffsSchema, tookMs: z.number() }),
	zero: z.looseObject({ ...at, waitedMs: z.number() }),
	crowd: z.looseObject({ ...at, size: z.number(), tookMs: z.number() }),
	"sample-end": z.looseObject({ ...at, round: z.number(), settledMs: z.number().optional() }),
	"watch-state": z.looseObject({ ...at, watch: watched, state: z.enum(["resumed", "failing"]) }),
	clock: z.looseObject({ ...at, clock: z.string(), loNs: time, hiNs: time.optional(), method: z.string() }),
	spans: z.looseObject({
		...at,
		pod: z.string(),
		spans: z.array(
			z.looseObject({
				service: z.string(),
				name: z.string(),
				trace: z.string(),
				id: z.string(),
				parent: z.string().optional(),
				fromNs: time,
				toNs: time,
				resolutionNs: z.number().int().nonnegative(),
				attributes: z.record(z.string(), z.string()).optional(),
				isFailed: z.boolean().optional(),
			}),
		),
	}),
	finding: z.looseObject({ ...at, finding: findingSchema }),
	observer: z.looseObject({ ...at, loopDelayP99Ms: z.number(), loopDelayMaxMs: z.number(), maxRssMib: z.number() }),
	end: z.looseObject({ ...at, endedBy: z.string().optional() }),
};

/** Entries of which there are many: a schema would take as long as all the rest. */
const frequent = {
	watch: ({ at, watch, type, object }: Unknown) =>
		isTime(at) &&
		isOneOf(watched.options, watch) &&
		isOneOf(["ADDED", "MODIFIED", "DELETED"], type) &&
		isObject(object, watch),
	listed: ({ at, watch, objects, afterGap }: Unknown) =>
		isTime(at) &&
		isOneOf(watched.options, watch) &&
		typeof afterGap === "boolean" &&
		Array.isArray(objects) &&
		objects.every((object) => isObject(object, watch)),
	ping: ({ at, sentAt, seenAt }: Unknown) => isTime(at) && isTime(sentAt) && isTime(seenAt),
};

type Unknown = Record<string, unknown>;
const isTime = (value: unknown) => typeof value === "string" && digits.test(value);
const isOneOf = (names: readonly string[], value: unknown) => names.includes(value as string);
const fieldsOf = (value: unknown): Unknown => (typeof value === "object" && value !== null ? (value as Unknown) : {});
const isNamed = (value: unknown) => typeof fieldsOf(value).name === "string";

/** A pod is read down to its containers. */
function isObject(object: unknown, watch: unknown): boolean {
	const { metadata, spec } = fieldsOf(object);
	if (!isNamed(metadata) || watch !== "pods") return isNamed(metadata);
	const { containers, initContainers = [] } = fieldsOf(spec);
	return [containers, initContainers].every((list) => Array.isArray(list) && list.every(isNamed));
}

/**
 * A line of a recording as an entry, and undefined where it is none: a field that the fold relies on is missing or of
 * another kind.
 */
export function asEntry(value: unknown): Entry | undefined {
	const fields = fieldsOf(value);
	const kind = String(fields.kind);
	const isFrequent = Object.hasOwn(frequent, kind);
	if (!isFrequent && !Object.hasOwn(schemas, kind)) return undefined;
	const isEntry = isFrequent
		? frequent[kind as keyof typeof frequent](fields)
		: schemas[kind as keyof typeof schemas].safeParse(value).success;
	return isEntry ? (value as Entry) : undefined;
}
