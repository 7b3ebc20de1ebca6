import { UsageError } from "../errors.ts";

/** stdout or stderr, which may be closed or full at any time. */
export interface OutStream {
	/** Never throws; after a failure it writes no more. */
	write(text: string): void;
	/**
	 * Waits until all is written.
	 * @throws UsageError for what could not be written, except to a reader who has gone
	 */
	flush(): Promise<void>;
}

/** A reader who has gone (`knistio show r.json | head`) has all that he wants; a terminal that was closed gives EIO. */
const goneCodes = ["EPIPE", "ECONNRESET", "EIO", "ERR_STREAM_DESTROYED"];

/** Opens a stream of the process. @param name for the message */
export function openStream(stream: NodeJS.WritableStream, name: string): OutStream {
	let failure: NodeJS.ErrnoException | undefined;
	let pending = 0;
	let onIdle = () => {};
	const settle = () => {
		pending--;
		if (pending === 0) onIdle();
	};
	const fail = (error: NodeJS.ErrnoException) => {
		failure ??= error;
	};
	stream.on("error", fail);
	return {
		write(text) {
			if (failure !== undefined || text === "") return;
			pending++;
			try {
				stream.write(text, (error) => {
					if (error) fail(error);
					settle();
				});
			} catch (error) {
				// Node 20 throws for a file that cannot be written.
				fail(error as NodeJS.ErrnoException);
				settle();
			}
		},
		async flush() {
			if (pending > 0) {
				await new Promise<void>((resolve) => {
					onIdle = resolve;
					stream.on("close", () => resolve());
				});
			}
			if (failure === undefined || goneCodes.includes(failure.code ?? "")) return;
			const reason = failure.code === "ENOSPC" ? "the disk is full" : failure.message;
			throw new UsageError(`cannot write to ${name}: ${reason}`, { cause: failure });
		},
	};
}
