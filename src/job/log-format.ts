import { createHash } from "node:crypto";

/**
 * The log of a Job's container, which is the only way out of it that needs no rights but those to read the log. It is
 * text for whoever reads it with kubectl, with lines between that begin with a mark:
 *
 *     [knistio ID] begin {"version":"1.2.3"}
 *     [knistio ID] messages      what follows was written to stderr
 *     [knistio ID] result        what follows was written to stdout
 *     [knistio ID] file {"name":"run.json","bytes":1234,"sha256":"…","lines":1}
 *     [knistio ID] data …        the file, gzipped, as base64
 *     [knistio ID] end {"code":0,"left":[]}
 *
 * Each line of data stands for itself, and none is longer than what a container runtime cuts (16 KiB).
 */
export const markOf = (id: string): string => `[knistio ${id}] `;

/** Where a text was written. */
export type Channel = "messages" | "result";

/** A file's line before its data. */
export interface FileHead {
	name: string;
	bytes: number;
	sha256: string;
	/** Of data. */
	lines: number;
}

/** A file that stayed in the Job, and why. */
export interface LeftFile {
	name: string;
	reason: string;
}

/** The last line. */
export interface LogEnd {
	/** What bench ended with. */
	code: number;
	left: LeftFile[];
}

/** Of base64 in a line. */
export const dataLineLength = 8 * 1024;

/**
 * How many bytes of data a log may hold. Kubelet begins a new file at 10 MiB unless it is told otherwise
 * (`containerLogMaxSize`), and the API server shows the last file alone.
 */
export const mostDataBytes = 8 * 1024 * 1024;

export const digestOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
