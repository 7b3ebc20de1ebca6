import { Chalk } from "chalk";
import stringWidth from "string-width";
import { oneLine } from "../../text/one-line.ts";
import { printable } from "../../text/printable.ts";
import { plainWidth, type RenderOptions } from "./render.ts";

/** What text is laid out for: how wide it may be, with which characters and colours. */
export interface Terminal {
	width: number;
	isAscii: boolean;
	/** A text as this terminal shows it, on one line; laid out before, it could come out longer. */
	plain(text: string): string;
	paint: Record<"strong" | "faint" | "slower" | "faster" | "istio", (text: string) => string>;
}

/** Two colours that colour-blind people can tell apart, on black and on white; nothing is said by colour alone. */
const [vermilion, blue] = [166, 32];

/** The terminal that the options describe. */
export function terminalOf({ color = false, width = plainWidth, isAscii = false }: RenderOptions): Terminal {
	const chalk = new Chalk({ level: color ? 2 : 0 });
	return {
		width,
		isAscii,
		plain: (text) => printable(isAscii ? asciiOf(oneLine(text)) : oneLine(text)),
		paint: {
			strong: chalk.bold,
			faint: chalk.dim,
			slower: chalk.ansi256(vermilion),
			faster: chalk.ansi256(blue),
			istio: chalk.ansi256(vermilion),
		},
	};
}

const asciiFor: Record<string, string> = {
	"±": "+-",
	"×": "x",
	"–": "-",
	"—": "--",
	"…": "...",
	"∞": "inf",
	"→": "->",
	"≥": ">=",
	"≤": "<=",
	"·": "*",
};

/** What knistio itself writes, in ASCII; letters of other people's names stay. */
function asciiOf(text: string): string {
	return text.replace(/[±×–—…∞→≥≤·]/g, (character) => asciiFor[character] ?? character);
}

/** How many columns a text takes on a terminal. */
export const columnsOf = (text: string): number => stringWidth(text);

/** A blank where a line may end: not between a number and its unit. */
const betweenWords = / (?!(?:m?s|%|×|min)(?:[,;:)]|$| ))/;

/** A text in lines of at most so many columns, broken between words where there is room; further lines are indented. */
export function wrapped(text: string, width: number, indent = "  "): string[] {
	const lines: string[] = [];
	let line = "";
	const room = () => width - (lines.length === 0 ? 0 : indent.length);
	const end = () => {
		lines.push(lines.length === 0 ? line : `${indent}${line}`);
		line = "";
	};
	for (const word of text.split(betweenWords)) {
		if (line !== "" && columnsOf(`${line} ${word}`) <= room()) {
			line += ` ${word}`;
			continue;
		}
		if (line !== "") end();
		for (const { segment } of new Intl.Segmenter().segment(word)) {
			if (line !== "" && columnsOf(line + segment) > room()) end();
			line += segment;
		}
	}
	end();
	return lines;
}

/** A name in lines of at most so many columns, broken behind dashes and underscores where there is one. */
export function brokenName(name: string, width: number): string[] {
	const lines = [""];
	for (const part of name.match(/[^-_ ]*[-_ ]|[^-_ ]+/g) ?? []) {
		for (const piece of columnsOf(part) <= width ? [part] : wrapped(part.trimEnd(), width, "")) {
			const last = lines.at(-1) ?? "";
			if (columnsOf(last + piece.trimEnd()) <= width) lines[lines.length - 1] = last + piece;
			else lines.push(piece);
		}
	}
	return lines.map((line) => line.trimEnd());
}
