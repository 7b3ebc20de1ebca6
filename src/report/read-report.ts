import { z } from "zod";
import { UsageError } from "../errors.ts";
import { notAReport, parseJson } from "./parse-json.ts";
import { type ColdStart, type Ledger, ledgerOf, type Measured, type Report, reportSchema } from "./report.ts";

/** The version of the format that this knistio writes. */
const currentVersion = 1;

/** More text than this is not read; 10,000 cold starts with a sidecar take about a sixth of it. */
const largestMib = 256;

/**
 * Reads a saved report and checks all of it; `file` is only named in messages.
 * @throws UsageError that names the place: for text that is cut off or damaged, for a file of another program, and for a
 * report of a format that this knistio does not know
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
	const report = withSchema(value, file);
	requireConsistent(report, file);
	return report;
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

function requireVersion(value: unknown, file: string): void {
	const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
	const version = isObject && "schemaVersion" in value ? value.schemaVersion : undefined;
	const writer = isObject && "knistio" in value ? value.knistio : undefined;
	if (version === currentVersion && typeof writer === "string") return;
	if (typeof version !== "number" || typeof writer !== "string") {
		throw new UsageError(`${file}: this is JSON, but not a report of knistio`, { hint: notAReport });
	}
	const reads = `this knistio reads version ${currentVersion}`;
	throw new UsageError(`${file}: schemaVersion: the report is of version ${version}, ${reads}`, {
		hint: version > currentVersion ? `use knistio ${writer}, which wrote it, or a newer one` : "measure again",
	});
}

/** What the schema cannot say: an estimate is between its bounds, and only cold starts are counted. */
function requireConsistent(report: Report, file: string): void {
	for (const [p, run] of report.profiles.entries()) {
		if (!hasRightLedger(run)) {
			throw damaged(file, ["profiles", p, "ledger"], "it does not count the cold starts that follow");
		}
		for (const [c, start] of run.coldStarts.entries()) {
			const wrong = inconsistency(start);
			if (wrong !== undefined) throw damaged(file, ["profiles", p, "coldStarts", c, ...wrong.path], wrong.message);
		}
	}
}

function hasRightLedger({ coldStarts, ledger }: Report["profiles"][number]): boolean {
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
	return { path, message: `${ms} ms is not between its bounds ${loMs} and ${hiMs} ms` };
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
