import ansiEscapes from "ansi-escapes";
import { createLogUpdate } from "log-update";
import wrapAnsi from "wrap-ansi";
import type { Terminal } from "../../context/terminal.ts";

/** The last lines of a terminal, drawn over again and again. */
export interface Screen {
	/** Draws now, and then several times a second. */
	refresh(): void;
	/** Takes what was drawn away and draws no more until the next refresh. */
	clear(): void;
}

/** Fast enough to see a container become ready, slow enough to read. */
const frameMs = 200;

/**
 * Draws blocks of lines on a terminal. The cursor is never hidden, so that even a kill leaves a usable terminal.
 * @param write sends commands to the terminal @param paint gives the lines for a width of so many columns
 */
export function openScreen(
	terminal: Terminal,
	write: (text: string) => void,
	paint: (columns: number) => string[],
): Screen {
	const log = createLogUpdate(asStream(terminal, write), { showCursor: true });
	let shown: { text: string; columns: number } | undefined;
	let stop: (() => void) | undefined;

	const draw = () => {
		const { columns } = terminal.size();
		// The last column stays free: some terminals go to the next line as soon as it is written.
		const text = paint(Math.max(1, columns - 1)).join("\n");
		if (text === "") return erase();
		log(text);
		shown = { text: `${text}\n`, columns };
	};
	const erase = () => {
		if (shown === undefined) return;
		log.clear();
		shown = undefined;
	};
	const onResize = () => {
		const { columns } = terminal.size();
		if (shown !== undefined && columns < shown.columns) {
			// The terminal has folded what became too wide, which log-update does not know.
			write(ansiEscapes.eraseLines(wrapAnsi(shown.text, columns, { hard: true, trim: false }).split("\n").length));
			log.done();
		}
		draw();
	};
	const clear = () => {
		stop?.();
		stop = undefined;
		erase();
	};
	const start = () => {
		const timer = setInterval(draw, frameMs);
		timer.unref();
		const ends = [terminal.onResize(onResize), terminal.onEnd(clear)];
		return () => {
			clearInterval(timer);
			for (const end of ends) end();
		};
	};
	return {
		refresh() {
			stop ??= start();
			draw();
		},
		clear,
	};
}

/** What log-update uses of a stream. */
function asStream(terminal: Terminal, write: (text: string) => void): NodeJS.WritableStream {
	const used = {
		isTTY: true,
		write,
		get columns() {
			return terminal.size().columns;
		},
		get rows() {
			return terminal.size().rows;
		},
	};
	return used as unknown as NodeJS.WritableStream;
}
