/** A terminal that can be drawn on. */
export interface Terminal {
	size(): { columns: number; rows: number };
	/** Calls back after each change of the size. @returns what ends that */
	onResize(listener: () => void): () => void;
	/** Calls back before the process is ended at once. @returns what ends that */
	onEnd(listener: () => void): () => void;
	/** Whether colours are wanted. */
	color: boolean;
}

/** The terminal behind a stream. @param endings is asked to call what is in it before the process is ended at once */
export function terminalOf(
	stderr: NodeJS.WriteStream,
	{ color, endings }: { color: boolean; endings: Set<() => void> },
): Terminal {
	return {
		size: () => ({ columns: stderr.columns || 80, rows: stderr.rows || 24 }),
		onResize: (listener) => {
			stderr.on("resize", listener);
			return () => void stderr.off("resize", listener);
		},
		onEnd: (listener) => {
			endings.add(listener);
			return () => void endings.delete(listener);
		},
		color,
	};
}
