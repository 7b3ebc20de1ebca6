import { sampleOf } from "../analysis/samples.ts";
import { shiftBetween } from "../analysis/shift.ts";
import type { Report } from "../report/report.ts";
import type { Amount, TradeoffCell } from "../report/tradeoffs.ts";
import { besideMark } from "./latency.ts";

/** A piece of the talk's advice, held against what was observed. */
export interface TalkAdvice {
	/** As the talk gives it. */
	text: string;
	answer: "confirmed" | "refuted" | "not tested";
	because: string;
}

/** The talk's three pieces of advice, each by this report's cells and numbers alone. */
export function talkAdvice(report: Report): TalkAdvice[] {
	return [sidecarsWhereNeeded(report), withoutPolicy(report), cniInsteadOfNetAdmin(report)];
}

function cellAt({ tradeoffs }: Report, profile: string, column: string): TradeoffCell | undefined {
	const found = tradeoffs?.profiles.find((each) => each.profile === profile);
	const cell = found?.cells.find((each) => each.column === column);
	return cell?.answer === "not-tested" ? undefined : cell;
}

function sidecarsWhereNeeded(report: Report): TalkAdvice {
	const text = "inject sidecars only where they are needed";
	const withSidecar = report.tradeoffs?.profiles.filter(({ profile }) => {
		const memory = cellAt(report, profile, "memory");
		return memory?.answer === "observed";
	});
	const starts = (withSidecar ?? []).flatMap(({ profile }) => {
		const cell = cellAt(report, profile, "cold-start");
		return cell === undefined ? [] : [{ profile, cell }];
	});
	if (starts.length === 0)
		return { text, answer: "not tested", because: "no cold start of a profile with a sidecar is compared" };
	const longer = starts.filter(({ cell }) => cell.answer === "observed");
	const because = starts.map(({ profile, cell }) => `${profile}: ${cell.evidence}`).join("; ");
	return { text, answer: longer.length > 0 ? "confirmed" : "refuted", because };
}

/** Where the whole range of a difference is beyond 0, or does not reach what matters. */
function judged(range: { lo: number; hi: number } | undefined, leastMs: number): boolean | undefined {
	if (range === undefined) return undefined;
	if (range.lo > 0 && range.hi >= leastMs) return true;
	return range.hi < leastMs ? false : undefined;
}

const least = { latencyMs: 0.3, coldStartMs: 100 };

function withoutPolicy(report: Report): TalkAdvice {
	const text = "disable policy if you can";
	const [full, without] = ["full", "no-policy"];
	const latency = differenceOf(latencyOf(report, full), latencyOf(report, without));
	const [own, base] = [full, without].map((name) => report.profiles.find(({ profile }) => profile.name === name));
	const shift = own && base && shiftBetween(sampleOf(base, "total"), sampleOf(own, "total"), 0.95);
	const answers = [judged(latency, least.latencyMs), judged(shift?.interval, least.coldStartMs)];
	const said = [
		latency === undefined
			? "the latencies of full and no-policy were not both measured"
			: `the median warm answer takes ${inRange(latency, "ms", 1, 2)} more with policy`,
		shift?.interval === undefined
			? "their cold starts were not both measured"
			: `a cold start takes ${inRange(shift.interval, "s", 1000, 2)} more with policy`,
	];
	const isCostly = answers.includes(true);
	const isKnown = answers.every((answer) => answer !== undefined);
	return { text, answer: isCostly ? "confirmed" : isKnown ? "refuted" : "not tested", because: said.join("; ") };
}

/** Beside requests without a proxy in the same visit, where that was measured; else the median alone. */
function latencyOf(report: Report, profile: string): Amount | undefined {
	const amounts = cellAt(report, profile, "latency")?.amounts ?? [];
	const isPaired = amounts.some(({ name }) => name.startsWith(besideMark));
	return amounts.find(({ name }) => name === (isPaired ? "difference" : "p50"));
}

function differenceOf(own: Amount | undefined, base: Amount | undefined): { lo: number; hi: number } | undefined {
	if (own?.lo === undefined || own.hi === undefined || base?.lo === undefined || base.hi === undefined)
		return undefined;
	return { lo: own.lo - base.hi, hi: own.hi - base.lo };
}

function inRange({ lo, hi }: { lo: number; hi: number }, unit: string, per: number, digits: number): string {
	return `[${(lo / per).toFixed(digits)}, ${(hi / per).toFixed(digits)}] ${unit}`;
}

function cniInsteadOfNetAdmin(report: Report): TalkAdvice {
	const text = "use the CNI plugin where NET_ADMIN is forbidden";
	const [full, cni] = [cellAt(report, "full", "net-admin"), cellAt(report, "full-cni", "net-admin")];
	if (full === undefined || cni === undefined) {
		return { text, answer: "not tested", because: "the capabilities of full and full-cni were not both looked at" };
	}
	const holds = full.answer === "observed" && cni.answer === "refuted";
	return {
		text,
		answer: holds ? "confirmed" : "refuted",
		because: `full: ${full.evidence}; full-cni: ${cni.evidence}`,
	};
}
