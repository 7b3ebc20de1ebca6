import { windowSeconds } from "../knative/service.ts";
import type { LiveState } from "../recording/live-state.ts";
import { revisionLabel } from "../recording/of-revision.ts";

/** A time on the client's clock, ns since the epoch. */
interface Span {
	from: bigint;
	to: bigint;
}

/**
 * When pods of copies that were started before begin and end to be removed. Both take a node a moment: on one with two
 * cores a cold start of 0.85 s took 0.15 to 0.65 s longer where such a moment fell into it.
 */
export interface Removals {
	/** A copy has answered: Knative removes its pod after the window. */
	answered(revision: string, at: bigint): void;
	/** Takes in what the watches know now. */
	look(at: bigint): void;
	/**
	 * From when on, and not before a time, no pod of another copy will begin or end to be removed for so many ns, as far as
	 * earlier ones tell.
	 */
	calmFrom(span: { from: bigint; ns: bigint }, revision: string): bigint;
}

const ms = (value: number): bigint => BigInt(Math.round(value * 1e6));

/** The autoscaler decides every 2 s, and what it decides takes a moment to come to the pod. */
const decisionMs = 3_000;
/** What the beginning of a removal sets off is over by then. */
const beginningMs = 500;
/** The containers end one after the other before the pod is gone, and the network is taken down after that. */
const beforeGoneMs = 1_000;
const afterGoneMs = 300;

/** Nothing has been removed yet. */
export function openRemovals(state: LiveState, revisions: ReadonlySet<string>): Removals {
	const up = new Map<string, bigint>();
	/** By the pod's uid. */
	const leaving = new Map<string, { revision: string; since: bigint }>();
	/** How long a removal took, least and most so far, in ns. */
	let took: Span | undefined;

	function busy(): (Span & { revision: string })[] {
		const begins = [...up].map(([revision, at]) => {
			const from = at + ms(windowSeconds * 1_000);
			return { revision, from, to: from + ms(decisionMs) };
		});
		const ends = [...leaving.values()].flatMap(({ revision, since }) => [
			{ revision, from: since, to: since + ms(beginningMs) },
			...(took === undefined
				? []
				: [{ revision, from: since + took.from - ms(beforeGoneMs), to: since + took.to + ms(afterGoneMs) }]),
		]);
		return [...begins, ...ends];
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
			for (const [uid, { since }] of leaving) {
				if (there.has(uid)) continue;
				leaving.delete(uid);
				const ns = at - since;
				took = took === undefined ? { from: ns, to: ns } : { from: least(took.from, ns), to: most(took.to, ns) };
			}
		},
		calmFrom({ from, ns }, revision) {
			const others = busy().filter((each) => each.revision !== revision);
			// Each step goes on to the end of what it met, of which there is one less then.
			for (let at = from; ; ) {
				const met = others.find((each) => each.from < at + ns && at < each.to);
				if (met === undefined) return at;
				at = met.to;
			}
		},
	};
}

const least = (a: bigint, b: bigint) => (a < b ? a : b);
const most = (a: bigint, b: bigint) => (a > b ? a : b);
