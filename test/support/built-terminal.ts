import { fileURLToPath } from "node:url";
import { spawn } from "@lydell/node-pty";
import { onTestFinished } from "vitest";
import { openTerminal } from "./screen.ts";

const program = fileURLToPath(new URL("../../dist/bin.js", import.meta.url));

/** The built program on a terminal of its own, and what the terminal showed after each piece of output. */
export function startOnTerminal(
	argv: readonly string[],
	{ columns = 80, rows = 24, env = {} }: { columns?: number; rows?: number; env?: Record<string, string> } = {},
) {
	const terminal = openTerminal(columns, rows);
	const child = spawn(process.execPath, [program, ...argv], {
		cols: columns,
		rows,
		env: { PATH: process.env.PATH ?? "", HOME: "/nonexistent", TERM: "xterm-256color", ...env },
	});
	let isOver = false;
	onTestFinished(() => {
		if (!isOver) child.kill("SIGKILL");
	});
	let raw = "";
	const frames: string[][] = [];
	const drawing: Promise<unknown>[] = [];
	const whenDrawn = new Set<(frame: string) => void>();
	child.onData((text) => {
		raw += text;
		terminal.write(text);
		drawing.push(
			terminal.text().then((frame) => {
				frames.push(frame);
				for (const listener of [...whenDrawn]) listener(frame.join("\n"));
			}),
		);
	});
	const ended = new Promise<number>((resolve) => {
		child.onExit(({ exitCode }) => {
			isOver = true;
			resolve(exitCode);
		});
	});
	return {
		type: (text: string) => child.write(text),
		/**
		 * Makes the terminal of another width once it shows something. A terminal folds its lines before it tells the
		 * program; here it does so as soon as a frame is drawn, long before the program draws the next.
		 */
		resizeAt: (shown: RegExp, newColumns: number) =>
			new Promise<void>((resolve) => {
				const listener = (frame: string) => {
					if (!shown.test(frame)) return;
					whenDrawn.delete(listener);
					resolve(terminal.resize(newColumns).then(() => child.resize(newColumns, rows)));
				};
				whenDrawn.add(listener);
			}),
		/** The exit code, when all output is drawn. */
		async ended(): Promise<number> {
			const code = await ended;
			await Promise.all(drawing);
			return code;
		},
		frames,
		text: terminal.text,
		raw: () => raw,
	};
}
