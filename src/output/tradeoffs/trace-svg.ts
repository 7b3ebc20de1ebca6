import type { Report } from "../../report/report.ts";
import type { Hop, RequestTrace } from "../../report/tradeoffs.ts";
import { talkServicesMs, talkTrace } from "../../tradeoffs/request-trace.ts";
import { tradeoffTable } from "../../tradeoffs/table.ts";
import { element, escaped, svgDocument, text } from "../report/svg.ts";
import { duration } from "../words/units.ts";

/** A slide of 16:9; more requests than fit make it higher. */
const width = 1920;
const leastHeight = 1080;
const margin = 60;
const left = 760;
const right = width - 260;
const rowHeight = 40;
const barHeight = 26;
const headHeight = 62;

/** Readable from the last row of a room. */
const size = { title: 44, label: 28, small: 22 };

/** Okabe and Ito's colours, which colour-blind people can tell apart: who spends the time. */
const owners: readonly { name: string; fill: string; owns(hop: string): boolean }[] = [
	{ name: "gateway", fill: "#0072b2", owns: (hop) => hop.startsWith("istio-ingressgateway") },
	{ name: "sidecars", fill: "#d55e00", owns: (hop) => hop.startsWith("istio-proxy") },
	{ name: "Knative and application", fill: "#009e73", owns: (hop) => /queue|^activator|application/.test(hop) },
	{ name: "network and others", fill: "#999999", owns: () => true },
];

const howToRead =
	"A bar is a hop with all that is below it. By access log only lengths are known, and a bar stands in the middle of the one around it.";

/** A request as it is drawn. */
interface Section {
	title: string;
	kind: RequestTrace["kind"];
	/** In order from the outermost; `own` is what no hop below covers, where it is known. */
	bars: { name: string; depth: number; startMs: number; totalMs: number; words: string }[];
}

/**
 * One request of each profile as bars within bars, the talk's first. Requests of one kind have one scale. Where a hop's
 * start is not known, its bar is drawn in the middle of the one around it: only its length was measured.
 * @param name of the picture among those of a page
 */
export function renderTracesOf(report: Report, name = ""): string {
	const { rows = [] } = tradeoffTable(report) ?? {};
	const measured = rows.flatMap(({ profile, traces }) =>
		traces.map((trace): Section => {
			const count = `median of ${trace.complete}, by ${trace.source}`;
			return { title: `${profile}, ${trace.kind} (${count})`, kind: trace.kind, bars: barsOf(trace.hops) };
		}),
	);
	const kinds = (["warm", "cold"] as const).map((kind) => measured.filter((each) => each.kind === kind));
	const sections = measured.length === 0 ? [] : [talkSection(), ...kinds.flat()];
	const simulated = report.simulated === undefined ? "" : " — SIMULATED";
	const title = `Where the time of a request goes, hop by hop${simulated}`;
	const body = [text(title, { x: margin, y: 90, "font-size": size.title, "font-weight": 600 }), ...legend()];
	body.push(text(howToRead, { x: margin, y: 182, "font-size": size.small, fill: "#555555" }));
	let y = 220;
	for (const section of sections) {
		const same = sections.filter(({ kind }) => kind === section.kind);
		body.push(...drawSection(section, { y, mostMs: Math.max(...same.flatMap(({ bars }) => bars.map(endOf))) }));
		y += headHeight + section.bars.length * rowHeight + 24;
	}
	if (sections.length === 0) {
		const words = "no data: the report has no request trace; `bench --tradeoffs` and `knistio tradeoffs` take some";
		body.push(text(words, { x: margin, y: y + 60, "font-size": size.label }));
	}
	const description = sections.map(inWords).join(" ");
	return svgDocument({ width, height: Math.max(leastHeight, y + margin), title, description, name }, body);
}

const endOf = ({ startMs, totalMs }: Section["bars"][number]) => startMs + totalMs;

function barsOf(hops: readonly Hop[]): Section["bars"] {
	const placed: Section["bars"] = [];
	for (const { name, depth, startMs, totalMs, ownMs } of hops) {
		const around = placed.findLast((bar) => bar.depth < depth);
		const words = `${duration(totalMs)}, own ${duration(ownMs)}`;
		const start =
			startMs === undefined ? (around?.startMs ?? 0) + ((around?.totalMs ?? totalMs) - totalMs) / 2 : startMs;
		placed.push({ name, depth, startMs: start, totalMs, words });
	}
	// Spans begin with the gateway's; the client's bar is around them.
	const first = Math.min(0, ...placed.map(({ startMs }) => startMs));
	return placed.map((bar) => ({ ...bar, startMs: bar.startMs - first }));
}

function talkSection(): Section {
	const bars = talkTrace.map(({ name, depth, totalMs }, index) => {
		const around = talkTrace[index - 1]?.totalMs ?? totalMs;
		return { name, depth, startMs: (around - totalMs) / 2, totalMs, words: duration(totalMs) };
	});
	const services = talkServicesMs.map((ms) => `${ms * 1000} µs`).join(" and ");
	return { title: `in the talk, warm, without policy; two services more: ${services}`, kind: "warm", bars };
}

function drawSection({ title, bars }: Section, { y, mostMs }: { y: number; mostMs: number }): string[] {
	const x = (ms: number) => left + (ms / Math.max(mostMs, 0.001)) * (right - left);
	const drawn = bars.flatMap((bar, index) => {
		const top = y + headHeight + index * rowHeight - barHeight;
		const [from, to] = [x(bar.startMs), x(endOf(bar))];
		const fill = owners.find(({ owns }) => owns(bar.name))?.fill ?? "#999999";
		const box = { x: from, y: top, width: Math.max(1, to - from), height: barHeight, fill };
		return [
			text(shortened(bar.name, 56 - bar.depth), { x: margin + bar.depth * 14, y: top + 20, "font-size": size.small }),
			element("rect", box, element("title", {}, escaped(`${bar.name} ${bar.words}`))),
			text(bar.words, { x: Math.min(to + 10, right + 10), y: top + 20, "font-size": size.small }),
		];
	});
	return [text(title, { x: margin, y: y + 20, "font-size": size.label, "font-weight": 600 }), ...drawn];
}

function legend(): string[] {
	return owners.flatMap(({ name, fill }, index) => {
		const x = margin + index * 400;
		return [
			element("rect", { x, y: 116, width: 28, height: 28, fill }),
			text(name, { x: x + 40, y: 139, "font-size": size.small }),
		];
	});
}

/** What the picture shows, for people who do not see it. */
const inWords = ({ title, bars }: Section) =>
	`${title}: ${bars.map(({ name, words }) => `${name} ${words}`).join("; ")}.`;

function shortened(line: string, most: number): string {
	const letters = [...line];
	return letters.length <= most ? line : `${letters.slice(0, most - 1).join("")}…`;
}
