import { windowSeconds } from "../knative/own/window.ts";
import type { LiveState } from "../recording/live-state.ts";
import { revisionLabel } from "../recording/of-revision.ts";

/** A time on the client's clock, ns since the epoch. */
interface Span {
	from: bigint;
	to: bigint;
}

/**
 * When the removals of the pods of copies that were started before begin. Knative then takes the way to the pod back: its
 * controllers, Istio's and the kubelet are busy for a moment. On one node with two cores (Kubernetes 1.36) the median of
 * cold starts into which such a moment fell, 81 of 179, was 21 % longer without a sidecar and 7 % with one. The ends of
 * removals, 10 s to 17 s later, cost less and are not waited for: that would leave no time for a start of 4 s.
 */
export interface Removals {
	/** A copy has answered: Knative removes its pod after the window. */
	answered(revision: string, at: bigint): void;
	/** Takes in what the watches know now. */
	look(at: bigint): void;
	/**
	 * From when on, and not before a time, no pod of another copy will begin to be removed for so many ns, as far as Knative's
	 * own times tell.
	 */
	calmFrom(span: { from: bigint; ns: bigint }, revision: string): bigint;
}

const ms = (value: number): bigint => BigInt(Math.round(value * 1e6));

/** The autoscaler decides every 2 s, and what it decides takes a moment to come to the pod. */
const decisionMs = 2_500;
/** What the beginning of a removal sets off is over by then. */
const beginningMs = 500;

/** Nothing has been removed yet. */
export function openRemovals(state: LiveState, revisions: ReadonlySet<string>): Removals {
	const up = new Map<string, bigint>();
	/** Pods whose removal has begun, by their uids. */
	const leaving = new Map<string, { revision: string; since: bigint }>();

	function beginnings(): (Span & { revision: string })[] {
		return [
			...[...up].map(([revision, at]) => {
				const from = at + ms(windowSeconds * 1_000);
				return { revision, from, to: from + ms(decisionMs) };
			}),
			...[...leaving.values()].map(({ revision, since }) => ({ revision, from: since, to: since + ms(beginningMs) })),
		];
	}

	return {
		answered: (revision, at) => void up.set(revision, at),
		look(at) {
			const there = new Set<string>();
			for (const { metadata } of state.objects("pods")) {
				const revision = metadata.labels?.[revisionLabel] ?? "";
				const uid = metadata.uid ?? metadata.name;
				there.add(uid);
				if (metadata.deletionTimestamp === undefined || leaving.has(uid) || !revisions.has(revision)) continue;
				leaving.set(uid, { revision, since: at });
				up.delete(revision);
			}
			for (const uid of leaving.keys()) if (!there.has(uid)) leaving.delete(uid);
		},
		calmFrom({ from, ns }, revision) {
			const others = beginnings().filter((each) => each.revision !== revision);
			// Each step goes on to the end of what it met, of which there is one less then.
			for (let at = from; ; ) {
				const met = others.find((each) => each.from < at + ns && at < each.to);
				if (met === undefined) return at;
				at = met.to;
			}
		},
	};
}
