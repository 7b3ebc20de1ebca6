import { element, escaped } from "../../report/svg.ts";
import { duration } from "../../words/units.ts";
import { isolated, number, tag } from "./markup.ts";
import { errorWords, type Measure, type ProfileSamples, type Sample, type Time } from "./samples.ts";

/** Units of a bar's picture: the whole width is the longest of what the sample has. */
const width = 1000;
const height = 20;

/**
 * The rows of a sample's waterfall, as the body of a table: the critical path, whose phases follow one another and add up
 * to the total, and the talk's spans, which overlap. A measure without a time has a row that says so. The page draws the
 * first one, and its script every other one.
 */
export function waterfallRows({ phases, spans, samples }: ProfileSamples, index: number): string {
	const sample = samples[index];
	if (sample === undefined) return "";
	const endMs = endOf(sample);
	const path = onePastOther(sample.phases);
	const total = sample.total && { ...sample.total, fromMs: 0 };
	return [
		heading("critical path, adds up to total"),
		...phases.map((measure, at) => row(measure, path[at], endMs)),
		row({ name: "total", text: "request sent → last byte of the answer", fill: "currentColor" }, total, endMs),
		...(spans.length === 0 ? [] : [heading("spans as the talk defines them; they overlap")]),
		...spans.map((measure, at) => row(measure, sample.spans[at], endMs)),
	].join("");
}

/** Each phase begins where the one before it ends. */
function onePastOther(times: Sample["phases"]): Sample["phases"] {
	let endMs = 0;
	return times.map((time) => {
		if (time === undefined) return undefined;
		const placed = { ...time, fromMs: endMs };
		endMs += time.ms;
		return placed;
	});
}

function endOf({ total, phases, spans }: Sample): number {
	const ends = [...onePastOther(phases), ...spans].flatMap((time) =>
		time === undefined ? [] : [(time.fromMs ?? 0) + time.ms],
	);
	return Math.max(1, total?.ms ?? 0, ...ends);
}

const heading = (text: string) => tag("tr", { class: "group" }, tag("th", { colspan: 5, scope: "rowgroup" }, text));

function row(measure: Measure, time: Time | undefined, endMs: number): string {
	const name = tag("th", { scope: "row" }, isolated(measure.name));
	const attributes = { tabindex: -1, "data-about": aboutWords(measure, time) };
	if (time === undefined) {
		const none = tag("td", { class: "none", colspan: 4 }, "– not measured in this attempt");
		return tag("tr", attributes, name, none);
	}
	return tag(
		"tr",
		attributes,
		name,
		tag("td", { class: "bar" }, bar(measure, time, endMs)),
		number(duration(time.ms)),
		number(errorWords(time)),
		tag("td", {}, escaped(time.source)),
	);
}

/** Of a span whose place is not known, the length alone is drawn, with a dashed edge. */
function bar({ fill }: Measure, { ms, loMs, hiMs, fromMs }: Time, endMs: number): string {
	const x = (at: number) => (at / endMs) * width;
	const from = fromMs ?? 0;
	const edge = fromMs === undefined ? { class: "unplaced" } : {};
	// A phase can come out below zero within its bounds; a bar cannot show that.
	const box = element("rect", { x: x(from), y: 1, width: x(Math.max(ms, 0)), height: 13, fill, ...edge });
	const range = element("line", { x1: x(from + loMs), x2: x(from + hiMs), y1: 17.5, y2: 17.5, class: "range" });
	const picture = { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", "aria-hidden": "true" };
	return element("svg", picture, `${box}${range}`);
}

/** What a row shows when it is pointed at or has the focus. */
function aboutWords({ name, text }: Measure, time: Time | undefined): string {
	const what = text === "" ? name : `${name}: ${text}`;
	if (time === undefined) return `${what}. Not measured in this attempt.`;
	const { ms, loMs, hiMs, source, fromMs } = time;
	const place =
		fromMs === undefined ? "" : `, from ${duration(fromMs)} to ${duration(fromMs + ms)} after the request was sent`;
	return `${what}. ${duration(ms)}${place}; it lies between ${duration(loMs)} and ${duration(hiMs)}. Source: ${source}.`;
}
