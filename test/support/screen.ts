import headless from "@xterm/headless";

/** A terminal in memory that understands what a real one does, and folds long lines when it becomes narrower. */
export function openTerminal(columns: number, rows = 24) {
	const terminal = new headless.Terminal({ cols: columns, rows, allowProposedApi: true, convertEol: true });
	const listeners = new Set<() => void>();
	const lines = () => {
		const { active } = terminal.buffer;
		const all = Array.from(
			{ length: active.length },
			(_, index) => active.getLine(index)?.translateToString(true) ?? "",
		);
		return all.join("\n").trimEnd().split("\n");
	};
	/** Waits until all that was written is drawn. */
	const drawn = () => new Promise<void>((resolve) => terminal.write("", resolve));
	return {
		write: (text: string) => terminal.write(text),
		/** Everything that is on the screen or has gone up out of it, without blank lines at the end. */
		async text(): Promise<string[]> {
			await drawn();
			return lines();
		},
		async resize(newColumns: number, newRows = rows): Promise<void> {
			await drawn();
			terminal.resize(newColumns, newRows);
			for (const listener of [...listeners]) listener();
		},
		size: () => ({ columns: terminal.cols, rows: terminal.rows }),
		onResize(listener: () => void) {
			listeners.add(listener);
			return () => void listeners.delete(listener);
		},
		onEnd: () => () => {},
		color: false,
	};
}
