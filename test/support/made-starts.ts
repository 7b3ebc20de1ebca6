import fc from "fast-check";
import type { KubeObject } from "../../src/kube/object.ts";
import type { Entry, WatchedKind } from "../../src/recording/entries.ts";
import type { MadeContainer, MadeStart } from "./cold-start-truth.ts";

const delay = (max: number) => fc.double({ min: 0.01, max, noNaN: true });

function container(name: string, role: MadeContainer["role"], hook?: "holds"): fc.Arbitrary<MadeContainer> {
	const always = {
		name: fc.constant(name),
		role: fc.constant(role),
		createMs: delay(300),
		startMs: delay(300),
		runMs: delay(3000),
		noticeMs: delay(1000),
	};
	const pull = fc.option(delay(9000), { nil: undefined });
	return fc
		.record({ ...always, pullMs: pull, postStartMs: hook === undefined ? fc.constant(undefined) : delay(2000) })
		.map(({ pullMs, postStartMs, ...made }) => ({
			...made,
			...(pullMs === undefined ? {} : { pullMs }),
			...(postStartMs === undefined ? {} : { postStartMs }),
		}));
}

const init = container("istio-init", "init");
const validation = container("istio-validation", "init");
const classic = container("istio-proxy", "app");
const holding = container("istio-proxy", "app", "holds");
const native = container("istio-proxy", "sidecar");
const [user, queue] = [container("user-container", "app"), container("queue-proxy", "app")];

/** Every shape that a pod of Knative has under Istio. A pod in the ambient mesh is one without. */
const shapes: fc.Arbitrary<MadeContainer[]> = fc.oneof(
	fc.tuple(user, queue),
	fc.tuple(init, user, queue, classic),
	fc.tuple(validation, user, queue, classic),
	fc.tuple(init, holding, user, queue),
	fc.tuple(init, native, user, queue),
	fc.tuple(validation, native, user, queue),
	fc.tuple(native, user, queue),
);

const offset = fc.double({ min: -2000, max: 2000, noNaN: true });

/** Pods of every shape, with delays, offsets and lags of every size, and all that events can be like. */
export const madeStart: fc.Arbitrary<MadeStart> = fc
	.record({
		sentAt: fc.bigInt({ min: 1_700_000_000_000_000_000n, max: 1_800_000_000_000_000_000n }),
		activationMs: delay(2000),
		creationMs: delay(500),
		schedulingMs: delay(500),
		sandboxMs: delay(3000),
		containers: shapes,
		readinessMs: delay(5000),
		endpointMs: delay(500),
		routingMs: delay(500),
		responseMs: delay(100),
		nodeOffsetMs: offset,
		schedulerOffsetMs: offset,
		apiServerOffsetMs: offset,
		watchLagMs: delay(80),
		eventLagMs: fc.double({ min: 0, max: 9.9, noNaN: true }),
		eventDelaysMs: fc.oneof(fc.constant([0]), fc.array(delay(3000), { minLength: 1, maxLength: 7 })),
		eventNames: fc.constantFrom("time", "time", "uuid", "lying"),
		probedToMs: fc.constantFrom(undefined, 2, 50),
	})
	.map(({ probedToMs, ...made }) => ({ ...made, ...(probedToMs === undefined ? {} : { probedToMs }) }) as MadeStart);

/**
 * The recording of a watch that lost its place between two times (ns since the epoch): what it would have told is
 * missing, and a list tells at the end what there is.
 */
export function withGap(
	entries: readonly Entry[],
	kind: WatchedKind,
	{ from, to }: { from: bigint; to: bigint },
): Entry[] {
	const there = new Map<string, KubeObject>();
	for (const entry of entries) {
		if (entry.kind !== "watch" || entry.watch !== kind || BigInt(entry.at) > to) continue;
		there.set(kind === "events" ? String(there.size) : entry.object.metadata.name, entry.object);
	}
	const listed: Entry = {
		kind: "listed",
		at: to.toString(),
		watch: kind,
		objects: [...there.values()],
		afterGap: true,
	};
	const isLost = (entry: Entry) =>
		entry.kind === "watch" && entry.watch === kind && BigInt(entry.at) >= from && BigInt(entry.at) <= to;
	const kept = entries.filter((entry) => !isLost(entry));
	const at = kept.findIndex((entry) => BigInt(entry.at) > to);
	return at < 0 ? [...kept, listed] : [...kept.slice(0, at), listed, ...kept.slice(at)];
}
