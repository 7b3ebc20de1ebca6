import { readFileSync } from "node:fs";

/** Whether a process runs: one that has ended, and that nobody has asked for yet, does not. */
export function isAlive(pid: number | string): boolean {
	try {
		return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
	} catch {
		return false;
	}
}
