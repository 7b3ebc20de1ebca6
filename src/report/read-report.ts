import { z } from "zod";
import { UsageError } from "../errors.ts";
import { acceptorOf } from "./accepts.ts";
import {
	type ColdStart,
	coldStartSchema,
	type Ledger,
	ledgerOf,
	type Measured,
	type ProfileRun,
	type Report,
	reportSchema,
} from "./report.ts";
import { cutReport } from "./report-text.ts";

/** The version of the format that this knistio writes. */
const currentVersion = 1;

/** More text than this is not read; 10,000 cold starts with a sidecar take about a sixth of it. */
const largestMib = 256;

/** What of a report is read: `measures` is without the cold starts' instants and pods, which no verdict needs. */
export type Extent = "all" | "measures";

/**
 * Reads a saved report; `file` is only named in messages. All of it is checked, whatever is kept.
 *
 * Throws a `UsageError` that names the place: for text that is cut off or damaged, for a file of another program, and
 * for a report of a format that this knistio does not know.
 */
export function parseReport(text: string, file: string, extent: Extent = "all"): Report {
	if (text.length > largestMib * 2 ** 20) {
		const mib = Math.round(text.length / 2 ** 20);
		throw new UsageError(`${file}: ${mib} MiB is too large; reports up to ${largestMib} MiB are read`, {
			hint: "split the run into several reports; compare and --baseline take more than one",
		});
	}
	return readByLine(text, extent) ?? readAsWhole(text, file, extent);
}

/**
 * A sound report in the lines that `reportText` writes. Undefined for anything else, of which reading it as a whole tells
 * what it is: this never judges a report to be damaged.
 */
function readByLine(text: string, extent: Extent): Report | undefined {
	const cut = cutReport(text);
	if (cut === undefined) return undefined;
	try {
		// Line by line, so that what is not kept is gone before it has to be moved about.
		const coldStarts = cut.lists.map((list) => list.map((line) => kept(soundStart(JSON.parse(line)), extent)));
		const rest = JSON.parse(cut.rest);
		const places = placesOf(rest, cut.lists.length);
		return withStarts(rest, (index) => coldStarts[places[index] ?? -1] ?? []);
	} catch {
		return undefined;
	}
}

/** Which list belongs to each profile; undefined for none. Throws where the text was cut elsewhere. */
function placesOf(rest: Pick<Report, "profiles">, lists: number): (number | undefined)[] {
	let next = 0;
	const places = rest.profiles.map(({ coldStarts }: { coldStarts: unknown[] }) => {
		if (coldStarts.length === 0) return undefined;
		if (coldStarts.length > 1 || coldStarts[0] !== next) throw new Error("these are not lists of cold starts");
		return next++;
	});
	if (next !== lists) throw new Error("these are not lists of cold starts");
	return places;
}

/** The rest of a report, with cold starts that are known to be sound; undefined where the rest is not. */
function withStarts(rest: Pick<Report, "profiles">, startsOf: (index: number) => ColdStart[]): Report | undefined {
	const profiles = rest.profiles.map((run) => ({ ...run, coldStarts: [] }));
	const { data } = reportSchema.safeParse({ ...rest, profiles });
	for (const [index, run] of data?.profiles.entries() ?? []) run.coldStarts = startsOf(index);
	return data?.profiles.every(hasRightLedger) === true ? data : undefined;
}

const isColdStart = acceptorOf(coldStartSchema) as (value: unknown) => value is ColdStart;

function soundStart(value: unknown): ColdStart {
	if (isColdStart(value) && inconsistency(value) === undefined) return value;
	throw new Error("zod says what is wrong");
}

const kept = (start: ColdStart, extent: Extent): ColdStart =>
	extent === "all" ? start : Object.assign(start, { instants: {}, pods: [] });

function readAsWhole(text: string, file: string, extent: Extent): Report {
	const value = parseJson(text, file);
	requireVersion(value, file);
	const sound = soundAsItIs(value as Report, extent);
	if (sound !== undefined) return sound;
	const report = withSchema(value, file);
	requireConsistent(report, file);
	return report;
}

/** A report that was written in other lines; undefined where something is wrong with it, for zod to say. */
function soundAsItIs(value: Pick<Report, "profiles">, extent: Extent): Report | undefined {
	try {
		const coldStarts = value.profiles.map((run) => run.coldStarts.map((start) => kept(soundStart(start), extent)));
		return withStarts(value, (index) => coldStarts[index] ?? []);
	} catch {
		return undefined;
	}
}

function withSchema(value: unknown, file: string): Report {
	const result = reportSchema.safeParse(value);
	if (result.success) return result.data;
	const [first, ...rest] = result.error.issues;
	const more = rest.length === 0 ? "" : ` (and ${rest.length} more)`;
	throw damaged(file, first?.path ?? [], `${first?.message ?? "not as a report is"}${more}`);
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
		if (!hasRightLedger(run))
			throw damaged(file, ["profiles", p, "ledger"], "it does not count the cold starts that follow");
		for (const [c, start] of run.coldStarts.entries()) {
			const wrong = inconsistency(start);
			if (wrong !== undefined) throw damaged(file, ["profiles", p, "coldStarts", c, ...wrong.path], wrong.message);
		}
	}
}

function hasRightLedger({ coldStarts, ledger }: ProfileRun): boolean {
	const counted = ledgerOf(coldStarts);
	return Object.entries(ledger ?? counted).every(([key, n]) => counted[key as keyof Ledger] === n);
}

interface Inconsistency {
	path: string[];
	message: string;
}

function inconsistency({ outcome, counted, total, phases, spans }: ColdStart): Inconsistency | undefined {
	if (counted && outcome !== "cold") {
		return { path: ["counted"], message: `a start that was ${outcome} cannot be counted` };
	}
	if (total !== undefined && !isWithinBounds(total)) return outOfBounds(total, ["total"]);
	for (const [group, times] of [
		["phases", phases],
		["spans", spans],
	] as const) {
		for (const name in times) {
			const time = times[name];
			if (time !== undefined && !isWithinBounds(time)) return outOfBounds(time, [group, name]);
		}
	}
	return undefined;
}

function isWithinBounds({ ms, loMs, hiMs }: Measured): boolean {
	return loMs <= ms && ms <= hiMs;
}

function outOfBounds({ ms, loMs, hiMs }: Measured, path: string[]): Inconsistency {
	return { path, message: `${ms} ms does not lie between its bounds ${loMs} and ${hiMs} ms` };
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
