import { Chalk, type ChalkInstance } from "chalk";
import cliTruncate from "cli-truncate";
import stringWidth from "string-width";
import type { ColdStartView, ContainerView } from "../../progress.ts";
import { oneLine } from "../../text/one-line.ts";
import { printable } from "../../text/printable.ts";
import { spell } from "../words/units.ts";

/** How lines are drawn. */
export interface LineStyle {
	/** No line is wider. */
	columns: number;
	color: boolean;
}

/** A part of a line that is not broken, as it is measured and as it is shown. */
interface Part {
	text: string;
	paint?: ChalkInstance;
	/** Left out where it does not fit on the line of the part before. */
	isOptional?: true;
}

/**
 * A cold start as a small block for a terminal: what it is and how long it takes, its containers, and what it waits for.
 * Parts that do not fit beside each other go to a line of their own; none is wider than the terminal.
 */
export function coldStartLines(view: ColdStartView, { columns, color }: LineStyle): string[] {
	const chalk = new Chalk({ level: color ? 1 : 0 });
	const { title, elapsedMs, usualMs, answer, leftMs, containers, trouble, waiting } = view;
	const head: Part[] = [
		{ text: title, paint: chalk.bold },
		{ text: answer === undefined ? seconds(elapsedMs) : `${answer} after ${seconds(elapsedMs)}` },
		...usually(usualMs),
		...(leftMs === undefined ? [] : [{ text: `about ${spell(leftMs)} left`, paint: chalk.dim }]),
	];
	const lines = packed(head, { columns, between: " · ", indent: "" });
	const inner = { columns, between: " · ", indent: "  " };
	const pod = containers.map((each) => containerPart(each, chalk));
	lines.push(...packed(pod, { ...inner, between: "  " }));
	if (waiting !== undefined) {
		const { phase, until, forMs } = waiting;
		const end: Part = { text: `until ${until}`, paint: chalk.dim, isOptional: true };
		lines.push(...packed([{ text: `${phase} ${seconds(forMs)}` }, ...usually(waiting.usualMs), end], inner));
	}
	if (trouble !== undefined) lines.push(...packed([{ text: trouble, paint: chalk.red }], inner));
	return lines;
}

const usually = (ms: number | undefined): Part[] => (ms === undefined ? [] : [{ text: `usually ${seconds(ms)}` }]);

const marks = { waiting: "○", running: "◐", done: "✔" } as const;

function containerPart({ name, state, sinceMs }: ContainerView, chalk: ChalkInstance): Part {
	const paint = { waiting: chalk.dim, running: chalk.reset, done: chalk.green }[state];
	return { text: `${marks[state]} ${name}${sinceMs === undefined ? "" : ` ${seconds(sinceMs)}`}`, paint };
}

/** Tenths are what an eye follows, also before the point moves. */
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

interface Packing {
	columns: number;
	between: string;
	indent: string;
}

/** Puts parts into as few lines as hold them, in their order; a part that is wider than a line is cut. */
function packed(parts: readonly Part[], { columns, between, indent }: Packing): string[] {
	const lines: { width: number; text: string }[] = [];
	for (const { text, paint, isOptional } of parts) {
		const shown = cliTruncate(printable(oneLine(text)), Math.max(1, columns - indent.length));
		const width = stringWidth(shown);
		const painted = paint === undefined ? shown : paint(shown);
		const last = lines.at(-1);
		if (last === undefined || last.width + between.length + width > columns) {
			if (isOptional) continue;
			lines.push({ width: indent.length + width, text: indent + painted });
		} else {
			last.width += between.length + width;
			last.text += between + painted;
		}
	}
	return lines.map(({ text }) => text);
}

/** A step that has no more to show than words, cut to one line. */
export function stepLine(parts: readonly string[], { columns }: Pick<LineStyle, "columns">): string {
	return cliTruncate(printable(oneLine(parts.filter((part) => part !== "").join(" · "))), columns);
}
