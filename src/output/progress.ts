import type { Terminal } from "../context/terminal.ts";
import type { ColdStartView, Progress } from "../progress.ts";
import { coldStartLines, stepLine } from "./live/cold-start-lines.ts";
import { openScreen } from "./live/screen.ts";
import { spell } from "./words/units.ts";

/** Where progress is drawn. */
export interface ProgressSink {
	stderr(text: string, options?: { isCommand?: boolean }): void;
	/** Where lines can be drawn over; without it every step is a line of its own. */
	terminal?: Terminal;
}

/** Progress on stderr. */
export interface ProgressDisplay {
	progress: Progress;
	/** Takes what is drawn away; call it before anything else is printed. */
	clear(): void;
}

/** On a terminal a few lines that are drawn over, else a line a step. Details are for terminals only. */
export function openProgress(sink: ProgressSink): ProgressDisplay {
	return sink.terminal === undefined ? lineByLine(sink) : drawn(sink, sink.terminal);
}

function lineByLine({ stderr }: ProgressSink): ProgressDisplay {
	const progress: Progress = (event) => {
		if (event.kind === "step") stderr(`${event.text}\n`);
		else if (event.kind === "note" || event.kind === "finding") stderr(`${wordsOf(event)}\n`);
	};
	return { progress, clear: () => {} };
}

/** A wait that is shorter needs no clock. */
const shownFromMs = 2_000;

function drawn({ stderr }: ProgressSink, terminal: Terminal): ProgressDisplay {
	let step = "";
	let detail = "";
	let sinceMs = 0;
	let look: (() => ColdStartView | undefined) | undefined;
	const paint = (columns: number): string[] => {
		const view = look?.();
		if (view !== undefined) return coldStartLines(view, { columns, color: terminal.color });
		if (step === "") return [];
		const forMs = performance.now() - sinceMs;
		return [stepLine([step, detail, forMs < shownFromMs ? "" : spell(forMs)], { columns })];
	};
	const screen = openScreen(terminal, (text) => stderr(text, { isCommand: true }), paint);
	const progress: Progress = (event) => {
		if (event.kind === "step") {
			[step, detail, look, sinceMs] = [event.text, "", undefined, performance.now()];
		} else if (event.kind === "detail") detail = event.text;
		else if (event.kind === "watch") look = event.look;
		else {
			screen.clear();
			stderr(`${wordsOf(event)}\n`);
		}
		if (step !== "") screen.refresh();
	};
	return {
		progress,
		clear() {
			step = "";
			screen.clear();
		},
	};
}

function wordsOf(event: Extract<Parameters<Progress>[0], { kind: "note" | "finding" }>): string {
	return event.kind === "note" ? event.text : `warning: ${event.finding.message}`;
}
