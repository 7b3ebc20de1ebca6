import { z } from "zod";
import { UsageError } from "../errors.ts";
import { type Ledger, ledgerOf, type Measured, type Report, reportSchema } from "./report.ts";

/** The version of the format that this knistio writes. */
const currentVersion = 1;

/** More text than this is not read; 10,000 cold starts take about a fifth of it. */
const largestMib = 256;

/**
 * Reads a saved report; `file` is only named in messages.
 *
 * Throws a `UsageError` that names the place: for text that is cut off or damaged, for a file of another program, and
 * for a report of a format that this knistio does not know.
 */
export function parseReport(text: string, file: string): Report {
	if (text.length > largestMib * 2 ** 20) {
		const mib = Math.round(text.length / 2 ** 20);
		throw new UsageError(`${file}: ${mib} MiB is too large; reports up to ${largestMib} MiB are read`, {
			hint: "split the run into several reports; compare and --baseline take more than one",
		});
	}
	const value = parseJson(text, file);
	requireVersion(value, file);
	const result = reportSchema.safeParse(value);
	if (!result.success) {
		const [first, ...rest] = result.error.issues;
		const more = rest.length === 0 ? "" : ` (and ${rest.length} more)`;
		throw damaged(file, first?.path ?? [], `${first?.message ?? "not as a report is"}${more}`);
	}
	requireConsistent(result.data, file);
	return result.data;
}

/** The format of a report as a JSON Schema (draft 2020-12), for other programs. */
export function reportJsonSchema(): unknown {
	return { ...z.toJSONSchema(reportSchema, { io: "input" }), title: "knistio report" };
}

function parseJson(text: string, file: string): unknown {
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
		throw new UsageError(`${file}:${placeOf(body, at)}: this is not JSON: ${excerpt}`, { hint: notOurs, cause });
	}
}

/**
 * Where JSON goes wrong; undefined where it only ends too early. V8 does not always tell, so the shortest beginning
 * that is wrong, and not just too short, is looked for.
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

const notOurs = "a report is the JSON file that `knistio bench` saved";

function placeOf(text: string, at: number): string {
	const before = text.slice(0, at);
	return `${before.split("\n").length}:${at - before.lastIndexOf("\n")}`;
}

function requireVersion(value: unknown, file: string): void {
	const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
	const version = isObject && "schemaVersion" in value ? value.schemaVersion : undefined;
	const writer = isObject && "knistio" in value ? value.knistio : undefined;
	if (version === currentVersion && typeof writer === "string") return;
	if (typeof version !== "number" || typeof writer !== "string") {
		throw new UsageError(`${file}: this is JSON, but not a report of knistio`, { hint: notOurs });
	}
	const reads = `this knistio reads version ${currentVersion}`;
	throw new UsageError(`${file}: schemaVersion: the report is of version ${version}, ${reads}`, {
		hint: version > currentVersion ? `use knistio ${writer}, which wrote it, or a newer one` : "measure again",
	});
}

/** What the schema cannot say: bounds hold their estimate, and only cold starts are counted. */
function requireConsistent(report: Report, file: string): void {
	for (const [p, run] of report.profiles.entries()) {
		const counted = ledgerOf(run.coldStarts);
		const isRight = Object.entries(run.ledger ?? counted).every(([key, n]) => counted[key as keyof Ledger] === n);
		if (!isRight) throw damaged(file, ["profiles", p, "ledger"], "it does not count the cold starts that follow");
		for (const [c, start] of run.coldStarts.entries()) {
			const path = ["profiles", p, "coldStarts", c];
			if (start.counted && start.outcome !== "cold") {
				throw damaged(file, [...path, "counted"], `a start that was ${start.outcome} cannot be counted`);
			}
			if (start.total !== undefined) requireBounds(start.total, file, [...path, "total"]);
			for (const group of ["phases", "spans"] as const) {
				for (const name in start[group]) {
					const value = start[group][name];
					if (value !== undefined) requireBounds(value, file, [...path, group, name]);
				}
			}
		}
	}
}

function requireBounds({ ms, loMs, hiMs }: Measured, file: string, path: readonly PropertyKey[]): void {
	if (loMs <= ms && ms <= hiMs) return;
	throw damaged(file, path, `${ms} ms does not lie between its bounds ${loMs} and ${hiMs} ms`);
}

function damaged(file: string, path: readonly PropertyKey[], message: string): UsageError {
	const place = path
		.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`))
		.join("")
		.replace(/^\./, "");
	return new UsageError(`${file}: ${place === "" ? "" : `${place}: `}${message}`, {
		hint: "the report was changed or damaged after it was saved; measure again, or replay its recording",
	});
}
