import { type ClientClock, clientNow } from "../../clock/client-clock.ts";
import type { Context } from "../../context/context.ts";
import type { Log } from "../../context/files.ts";
import type { Entry, Untimed } from "../../recording/entries.ts";
import { type LiveState, openLiveState } from "../../recording/live-state.ts";
import type { Report } from "../../report/report.ts";
import { type LiveStarts, openLiveStarts } from "../../timing/live-start.ts";
import { openReportBuilder } from "../../timing/report-builder.ts";

/** Where all that happens in a run goes: to the file first, then into the report and the live state. */
export interface Recorder {
	state: LiveState;
	/** The cold start under way. */
	starts: LiveStarts;
	add(entry: Entry): void;
	/** Has every entry from now on told to somebody else too. */
	onEntry(listener: (entry: Entry) => void): void;
	/** Adds what happens now. */
	record(entry: Untimed): void;
	report(): Report;
	close(): Promise<void>;
}

/** Opens a recorder. @param path of the recording; none is written without */
export async function openRecorder(context: Context, path: string | undefined, clock: ClientClock): Promise<Recorder> {
	const log: Log | undefined = path === undefined ? undefined : await context.openLog(path);
	const builder = openReportBuilder();
	const state = openLiveState();
	const starts = openLiveStarts();
	const listeners: ((entry: Entry) => void)[] = [];
	const add = (entry: Entry) => {
		log?.append(JSON.stringify(entry));
		builder.add(entry);
		state.add(entry);
		starts.add(entry);
		for (const listener of listeners) listener(entry);
	};
	return {
		state,
		starts,
		add,
		onEntry: (listener) => void listeners.push(listener),
		record: (entry) => add({ ...entry, at: clientNow(clock).toString() } as Entry),
		report: () => builder.report(),
		close: async () => log?.close(),
	};
}
