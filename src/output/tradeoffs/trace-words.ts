import type { HopMedians, RequestTrace } from "../../report/tradeoffs.ts";
import { talkHopMs, talkServicesMs } from "../../tradeoffs/request-trace.ts";

/** Where the time of one profile's requests goes, in words: a table for each kind of request. */
export interface TraceWords {
	title: string;
	head: string[];
	/** The depth of a hop is how far its name is to be moved in. */
	rows: { depth: number; cells: string[] }[];
	notes: string[];
}

/** The tables of a profile, one a kind of request. */
export function traceWords(profile: string, traces: readonly RequestTrace[]): TraceWords[] {
	return traces.map((trace) => {
		const { kind, hops, medians, notes } = trace;
		const isCompared = hops.some((hop) => talkHopMs(trace, hop) !== undefined);
		const rows = hops.map((hop, index) => {
			const median = medians[index];
			const talkMs = talkHopMs(trace, hop);
			const cells = [
				hop.name,
				...[hop.totalMs, hop.ownMs].map(inMs),
				...[median?.total, median?.own].map(medianWords),
				...(isCompared ? [talkMs === undefined ? "" : inMs(talkMs)] : []),
			];
			return { depth: hop.depth, cells };
		});
		const head = ["hop", "in all", "own", "median in all", "median own", ...(isCompared ? ["in the talk"] : [])];
		const services = talkServicesMs.map((ms) => `${ms * 1000} µs`).join(" and ");
		const talk = isCompared ? [`the talk shows one request, and two services that it does not name: ${services}`] : [];
		return { title: traceTitle(profile, trace), head, rows, notes: [...readingNotes[kind], ...notes, ...talk] };
	});
}

const readingNotes: Record<RequestTrace["kind"], string[]> = {
	warm: ["client: from sending to the last byte; its own time is the network's and what else remains"],
	cold: [],
};

/** `full, warm request, ms (by access log, 20 of 20 requests)`. */
export function traceTitle(profile: string, { kind, source, complete, sent }: RequestTrace): string {
	return `${profile}, ${kind} request, ms (by ${source}; one request, and the medians of ${complete} of ${sent})`;
}

/** To the microsecond where that says something. */
export function inMs(ms: number): string {
	return ms.toFixed(Math.abs(ms) < 100 ? 3 : 0);
}

function medianWords(median: HopMedians["total"] | undefined): string {
	if (median === undefined) return "";
	const { ms, lo, hi } = median;
	return lo === undefined || hi === undefined ? inMs(ms) : `${inMs(ms)} [${inMs(lo)}, ${inMs(hi)}]`;
}
