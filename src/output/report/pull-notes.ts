import type { FirstStart } from "../../analysis/pulls.ts";
import { duration } from "../words/units.ts";

/** What the first starts of a profile took, a line each, and how much of it was pulling images. */
export function pullNotes(name: string, starts: readonly FirstStart[]): string[] {
	return starts.map((start) => `${name}: the first start after the install ${told(start)}`);
}

function told({ trouble, node = "the node", totalMs, pulls }: FirstStart): string {
	if (trouble !== undefined || totalMs === undefined) return `was not measured: ${trouble ?? "no answer"}`;
	if (pulls.length === 0) return `took ${duration(totalMs)}; nothing was pulled, because ${node} has the images`;
	const each = pulls.map(({ container, ms }) => `${duration(ms)} for ${container}`);
	return `took ${duration(totalMs)}, of which images were pulled for ${each.join(", ")}`;
}
