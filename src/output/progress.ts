import type { Progress } from "../progress.ts";

/** Where progress is drawn. */
export interface ProgressSink {
	stderr(text: string, options?: { isCommand?: boolean }): void;
	/** Whether lines can be drawn over; otherwise every step is a line of its own. */
	isLive: boolean;
	columns: number;
}

/** Progress on stderr. */
export interface ProgressDisplay {
	progress: Progress;
	/** Takes the live line away; call it before anything else is printed. */
	clear(): void;
}

const clearLine = "\r\u001b[2K";

/** On a terminal one line that is drawn over, else a line a step. Details are for terminals only. */
export function openProgress(sink: ProgressSink): ProgressDisplay {
	let step = "";
	let isDrawn = false;
	const clear = () => {
		if (isDrawn) sink.stderr(clearLine, { isCommand: true });
		isDrawn = false;
	};
	const draw = (text: string) => {
		const line = text.replaceAll("\n", " ").slice(0, Math.max(20, sink.columns - 1));
		sink.stderr(clearLine, { isCommand: true });
		sink.stderr(line);
		isDrawn = true;
	};
	const progress: Progress = (event) => {
		if (event.kind === "step") {
			step = event.text;
			if (sink.isLive) draw(step);
			else sink.stderr(`${step}\n`);
		} else if (event.kind === "detail") {
			if (sink.isLive) draw(`${step} · ${event.text}`);
		} else {
			clear();
			const text = event.kind === "note" ? event.text : `warning: ${event.finding.message}`;
			sink.stderr(`${text}\n`);
			if (sink.isLive && step !== "") draw(step);
		}
	};
	return { progress, clear };
}
