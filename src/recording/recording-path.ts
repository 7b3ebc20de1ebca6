/** Where the recording of a run goes that names no file for it: beside its first report. @param out the report's path */
export const recordingBeside = (out: string): string => out.replace(/\.[a-z0-9]+$/i, ".recording.ndjson");
