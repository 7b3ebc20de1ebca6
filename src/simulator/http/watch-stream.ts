import type { ServerResponse } from "node:http";
import type { Clock } from "../clock/clock.ts";

/** The events of one watch on their way to its client. */
export interface Stream {
	/** Sends one event; with a lag, events stay in order. */
	send(type: string, json: string): void;
	/** Ends it at once; delayed events are not sent, and the client resumes before them. */
	end(): void;
	/** Ends it after the delayed events were sent. */
	endWhenSent(): void;
	isEnded(): boolean;
}

/** Begins the answer to a watch. `lagMs` is asked for each event; `onEnd` is called when the stream is ended here. */
export function openStream(
	response: ServerResponse,
	{ clock, lagMs, onEnd }: { clock: Clock; lagMs: () => number; onEnd: () => void },
): Stream {
	let lastAt = 0;
	let isEnded = false;
	response.writeHead(200, { "content-type": "application/json", "cache-control": "no-cache, private" });
	response.flushHeaders();
	const write = (line: string) => {
		if (!isEnded && !response.destroyed) response.write(line);
	};
	const stream: Stream = {
		send(type, json) {
			const line = `{"type":"${type}","object":${json}}\n`;
			lastAt = Math.max(lastAt, clock.now() + lagMs() * 1e6);
			if (lastAt <= clock.now()) write(line);
			else clock.at(lastAt, () => write(line));
		},
		endWhenSent: () => clock.at(lastAt, () => stream.end()),
		end() {
			isEnded = true;
			response.end();
			onEnd();
		},
		isEnded: () => isEnded,
	};
	return stream;
}
