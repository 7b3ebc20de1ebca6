import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { profileSchema } from "../../src/profile/profile.ts";
import { acceptorOf } from "../../src/report/accepts.ts";
import { coldStartSchema } from "../../src/report/report.ts";
import { aReport, around } from "../gate/a-report.ts";

const accepts = acceptorOf(coldStartSchema);
const [start] =
	aReport({ minimal: { totals: around(2000, 100, 3), phases: { sandbox: around(5, 1, 3) } } }).profiles[0]
		?.coldStarts ?? [];
const pod = { name: "p", uid: "u", node: "n", containers: [{ name: "app", role: "app", restarts: 0 }] };
const sound = {
	...start,
	reason: "r",
	pods: [pod],
	findings: [{ code: "c", message: "m" }],
	response: { status: 200 },
};

/** Every path in a value, those of its parts included. */
function pathsOf(value: unknown): string[][] {
	if (typeof value !== "object" || value === null) return [[]];
	return [[], ...Object.entries(value).flatMap(([key, part]) => pathsOf(part).map((path) => [key, ...path]))];
}

function withPart(value: unknown, [key, ...rest]: readonly string[], part: unknown): unknown {
	if (key === undefined) return part;
	const copy: Record<string, unknown> = { ...(value as object) };
	const changed = withPart(copy[key], rest, part);
	if (changed === undefined) delete copy[key];
	else copy[key] = changed;
	if (Array.isArray(value) && Object.keys(copy).every((name) => /^\d+$/.test(name))) return Object.values(copy);
	return copy;
}

test("a cold start with anything in it taken out, replaced or added is accepted just where zod accepts it", () => {
	const anything = fc.option(
		fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.constantFrom("watch", "cold", "init", Number.POSITIVE_INFINITY)),
		{
			nil: undefined,
		},
	);
	const path = fc
		.tuple(fc.constantFrom(...pathsOf(sound)), fc.option(fc.constantFrom("more", "node", "ms")))
		.map(([known, added]) => (added === null ? known : [...known, added]));
	let accepted = 0;
	fc.assert(
		fc.property(path, anything, (at, part) => {
			const changed = withPart(sound, at, part);
			const result = coldStartSchema.safeParse(changed);
			expect(accepts(changed)).toBe(result.success);
			if (result.success) accepted++;
		}),
		{ seed: 6, numRuns: 5_000 },
	);
	expect(accepts(sound)).toBe(true);
	expect(accepted).toBeGreaterThan(100);
});

test("a key that JSON alone can make is left to zod", () => {
	expect(accepts(JSON.parse(JSON.stringify(sound).replace('"phases":{', '"phases":{"__proto__":{},')))).toBe(false);
});

test.each([
	["changes values", z.strictObject({ a: z.string().default("b") })],
	["lets keys pass", z.object({ a: z.string() })],
	["has a refinement", z.string().regex(/a/)],
	["is a profile's", profileSchema],
])("there is none for a schema that %s", (_what, schema) => {
	expect(() => acceptorOf(schema)).toThrow(/acceptor/);
});
