import { UsageError } from "../errors.ts";

/** The hint for a file that is something else. */
export const notAReport = "a report is the JSON file that `knistio bench` saved";

/** The value in a JSON file. @throws UsageError that names the line and column of the first error */
export function parseJson(text: string, file: string): unknown {
	if (text.trim() === "") {
		throw new UsageError(`${file}: the file is empty`, {
			hint: "the run may have been killed before it saved anything",
		});
	}
	const body = text.replace(/^\uFEFF/, "");
	try {
		return JSON.parse(body);
	} catch (cause) {
		const at = errorPosition(body, cause);
		if (at === undefined) {
			throw new UsageError(`${file}:${placeOf(body, body.length)}: the file ends in the middle of the report`, {
				hint: "copy it again; a recording of the same run can be replayed with `knistio replay`",
				cause,
			});
		}
		const excerpt = JSON.stringify(body.slice(at, at + 20));
		throw new UsageError(`${file}:${placeOf(body, at)}: this is not JSON: ${excerpt}`, { hint: notAReport, cause });
	}
}

/**
 * The position of the first error in JSON; undefined if the text only ends too early. V8 does not always say the
 * position: then it is found as the end of the shortest beginning that no further text could make valid.
 */
function errorPosition(text: string, error: unknown): number | undefined {
	const message = String(error);
	const position = Number(/at position (\d+)/.exec(message)?.[1] ?? Number.NaN);
	if (/end of JSON input|Unterminated/.test(message) || position >= text.trimEnd().length) return undefined;
	if (!Number.isNaN(position)) return position;
	let [lo, hi] = [0, text.length];
	while (hi - lo > 1) {
		const middle = Math.floor((lo + hi) / 2);
		if (isWrong(text.slice(0, middle))) hi = middle;
		else lo = middle;
	}
	return hi - 1;
}

function isWrong(beginning: string): boolean {
	try {
		JSON.parse(beginning);
		return false;
	} catch (error) {
		const position = Number(/at position (\d+)/.exec(String(error))?.[1] ?? Number.NaN);
		return !/end of JSON input|Unterminated/.test(String(error)) && !(position >= beginning.trimEnd().length);
	}
}

function placeOf(text: string, at: number): string {
	const before = text.slice(0, at);
	return `${before.split("\n").length}:${at - before.lastIndexOf("\n")}`;
}
