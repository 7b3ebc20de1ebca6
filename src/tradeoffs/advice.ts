import type { ProfileTradeoffs, TradeoffCell } from "../report/tradeoffs.ts";
import type { Column } from "./columns.ts";

/** Something that the user needs or does not allow, held against one profile. */
export interface Requirement {
	/** Such as `needs required mutual TLS`. */
	text: string;
	status: "met" | "broken" | "unknown";
	/** The observed cell or the measured number that says so. */
	because: string;
	/** Where a limit on a time is exceeded: by how much. */
	missingMs?: number;
	/** What the missing time could come from, the most promising first. */
	ways?: readonly string[];
}

/** A profile with all requirements held against it. */
export interface Candidate {
	profile: string;
	requirements: readonly Requirement[];
	/** Median of a cold start, ms; undefined where none was measured. */
	totalMs?: number;
}

/** Which profile, or why none. */
export interface Advice {
	/** Meets everything; of several the one that starts soonest, and where that is not known the first. */
	chosen: Candidate | undefined;
	/** The others that meet everything too. */
	alsoFit: readonly Candidate[];
	/** Those of which some requirement is broken. */
	broken: readonly Candidate[];
	/** Those of which nothing is broken, but something is not known. */
	unknown: readonly Candidate[];
	/** Requirements that no profile meets together, though each is met by some: as pairs, in words. */
	contradictions: readonly string[];
}

/** What is asked of a profile by its observed cells. */
export interface Needs {
	/** Each must have been observed. */
	needs: readonly Column[];
	/** Each must have been refuted. */
	forbids: readonly Column[];
}

/** Holds the needs against the cells of a profile; what was not tested is never met. */
export function requirementsOf({ cells }: ProfileTradeoffs, { needs, forbids }: Needs): Requirement[] {
	const held = (column: Column, wanted: "observed" | "refuted"): Requirement => {
		const cell = cells.find((each) => each.column === column.name);
		const text = `${wanted === "observed" ? "needs" : "forbids"} ${column.phrase}`;
		if (cell === undefined || cell.answer === "not-tested") {
			return { text, status: "unknown", because: `not tested: ${cell?.evidence ?? "no probe looked at it"}` };
		}
		return { text, status: cell.answer === wanted ? "met" : "broken", because: becauseOf(cell) };
	};
	return [...needs.map((column) => held(column, "observed")), ...forbids.map((column) => held(column, "refuted"))];
}

const becauseOf = ({ answer, evidence }: TradeoffCell) => `${answer}: ${evidence}`;

/** Chooses among profiles with all that is asked of them. */
export function adviseOn(candidates: readonly Candidate[]): Advice {
	const has = ({ requirements }: Candidate, status: Requirement["status"]) =>
		requirements.some((each) => each.status === status);
	const broken = candidates.filter((each) => has(each, "broken"));
	const unknown = candidates.filter((each) => !has(each, "broken") && has(each, "unknown"));
	const fitting = candidates
		.filter((each) => !has(each, "broken") && !has(each, "unknown"))
		.sort((a, b) => (a.totalMs ?? Number.POSITIVE_INFINITY) - (b.totalMs ?? Number.POSITIVE_INFINITY) || 0);
	const [chosen, ...alsoFit] = fitting;
	return { chosen, alsoFit, broken, unknown, contradictions: chosen === undefined ? contradictionsOf(candidates) : [] };
}

/** Pairs of requirements of which no profile meets both, though each is met by some; and what no profile meets at all. */
function contradictionsOf(candidates: readonly Candidate[]): string[] {
	const texts = [...new Set(candidates.flatMap(({ requirements }) => requirements.map(({ text }) => text)))];
	// What is not known contradicts nothing.
	const meeting = (text: string) =>
		candidates.filter(({ requirements }) =>
			requirements.some((each) => each.text === text && each.status !== "broken"),
		);
	const alone = texts.filter((text) => meeting(text).length === 0).map((text) => `no profile meets "${text}"`);
	const pairs = texts.flatMap((first, index) =>
		texts.slice(index + 1).flatMap((second) => {
			const [a, b] = [meeting(first), meeting(second)];
			if (a.length === 0 || b.length === 0 || a.some((each) => b.includes(each))) return [];
			const names = (list: readonly Candidate[]) => list.map(({ profile }) => profile).join(", ");
			return [`only ${names(a)} can meet "${first}", and only ${names(b)} can meet "${second}"`];
		}),
	);
	return [...alone, ...pairs];
}
