import { quantileOf } from "../src/analysis/statistics/median.ts";
import type { Entry } from "../src/recording/entries.ts";
import type { Measured, PodSummary } from "../src/report/report.ts";
import { parseTime } from "../src/text/timestamp.ts";
import { openReportBuilder } from "../src/timing/report-builder.ts";

/** What containerd writes for a container; nanoseconds since the epoch, 0 for not yet. */
export interface RuntimeStatus {
	StartedAt: bigint;
	FinishedAt: bigint;
}

/** One instant of one container as knistio has it, and as it was. */
export interface Comparison {
	profile: string;
	/** What the pod was made of, such as `native sidecar, istio-init`. */
	shape: string;
	/** When the cold start's request was sent; with `instant` it tells comparisons apart. */
	coldStart: string;
	/** Such as `started:queue-proxy`. */
	instant: string;
	source: string;
	errorMs: number;
	isCovered: boolean;
	/** The error of the whole second that the pod's status tells. */
	statusErrorMs?: number;
}

/** Reads the runtime's record of a container; digits beyond a double are no JSON numbers of ours. */
export function parseRuntimeStatus(text: string): RuntimeStatus {
	const field = (name: string) => BigInt(new RegExp(`"${name}":\\s*(\\d+)`).exec(text)?.[1] ?? 0);
	return { StartedAt: field("StartedAt"), FinishedAt: field("FinishedAt") };
}

interface ContainerStatus {
	name: string;
	containerID?: string;
	state?: { running?: { startedAt?: string }; terminated?: { startedAt?: string; finishedAt?: string } };
}

/** A container of a recording: the runtime's id, and the seconds of the pod's status. */
interface Seconds {
	id: string;
	startedAt?: string;
	finishedAt?: string;
}

/** By pod and container. */
function secondsOf(entries: readonly Entry[]): Map<string, Seconds> {
	const found = new Map<string, Seconds>();
	for (const entry of entries) {
		if (entry.kind !== "watch" || entry.watch !== "pods") continue;
		const status = entry.object.status as
			| { initContainerStatuses?: ContainerStatus[]; containerStatuses?: ContainerStatus[] }
			| undefined;
		for (const each of [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]) {
			const id = each.containerID?.split("//")[1];
			if (id === undefined) continue;
			const startedAt = each.state?.running?.startedAt ?? each.state?.terminated?.startedAt;
			const finishedAt = each.state?.terminated?.finishedAt;
			const key = `${entry.object.metadata.uid} ${each.name}`;
			found.set(key, { id, ...(startedAt ? { startedAt } : {}), ...(finishedAt ? { finishedAt } : {}) });
		}
	}
	return found;
}

const fields = { started: "StartedAt", finished: "FinishedAt" } as const;

/** Holds a recording against the runtime's record, by the ids of containers. */
export function compareWithTruth(entries: readonly Entry[], truth: ReadonlyMap<string, RuntimeStatus>): Comparison[] {
	const builder = openReportBuilder();
	for (const entry of entries) builder.add(entry);
	const seconds = secondsOf(entries);
	const comparisons: Comparison[] = [];
	for (const { profile, coldStarts } of builder.report().profiles) {
		for (const start of coldStarts) {
			const origin = parseTime(start.requestSentAt) ?? 0n;
			for (const [instant, measured] of Object.entries(start.instants)) {
				const [what = "", container] = instant.split(":");
				const status = seconds.get(`${start.pods[0]?.uid} ${container}`);
				const trueNs = truth.get(status?.id ?? "")?.[fields[what as keyof typeof fields]];
				if (trueNs === undefined || trueNs === 0n) continue;
				const second = parseTime(what === "started" ? status?.startedAt : status?.finishedAt);
				const of = { profile: profile.name, shape: shapeOf(start.pods[0]), coldStart: start.requestSentAt, instant };
				comparisons.push({ ...of, ...errorOf(measured, { trueNs, origin, second }) });
			}
		}
	}
	return comparisons;
}

function errorOf(
	{ ms, loMs, hiMs, source }: Measured,
	{ trueNs, origin, second }: { trueNs: bigint; origin: bigint; second: bigint | undefined },
) {
	const trueMs = Number(trueNs - origin) / 1e6;
	return {
		source,
		errorMs: ms - trueMs,
		isCovered: loMs <= trueMs && trueMs <= hiMs,
		...(second === undefined ? {} : { statusErrorMs: Number(second - trueNs) / 1e6 }),
	};
}

/** What a pod was made of, in a few words. */
export function shapeOf(pod: PodSummary | undefined): string {
	const containers = pod?.containers ?? [];
	const proxy = containers.find(({ name }) => name === "istio-proxy")?.role;
	const sidecar = proxy === undefined ? "no" : proxy === "sidecar" ? "native" : "classic";
	const inits = containers.filter(({ role }) => role === "init").map(({ name }) => name);
	return [`${sidecar} sidecar`, ...inits].join(", ");
}

/** The comparisons of several runs, each once. */
export function pool(runs: readonly (readonly Comparison[])[]): Comparison[] {
	const keyOf = ({ coldStart, instant, source }: Comparison) => `${coldStart} ${instant} ${source}`;
	return [...new Map(runs.flat().map((each) => [keyOf(each), each])).values()];
}

/** What a saved file of comparisons holds. */
export interface SavedComparisons {
	version: 1;
	comparisons: Comparison[];
}

/** Reads comparisons that were saved. @throws Error that names the file, for one that holds none */
export function parseComparisons(text: string, file: string): Comparison[] {
	let saved: Partial<SavedComparisons> | undefined;
	try {
		saved = JSON.parse(text) as Partial<SavedComparisons>;
	} catch (cause) {
		throw new Error(`${file}: this is not JSON`, { cause });
	}
	if (saved?.version === 1 && Array.isArray(saved.comparisons)) return saved.comparisons;
	throw new Error(`${file}: this holds no comparisons; \`ground-truth --json FILE\` saves them`);
}

const heads = [
	"instant",
	"source",
	"cold starts",
	"n",
	"error: median ms",
	"|p50|",
	"|p95|",
	"|max|",
	"covered",
	"status |p50| ms",
	"closer by",
];

/** Errors by instant and source: a table of all of them, and one with a column more for the profile or the shape. */
export function truthTables(comparisons: readonly Comparison[], by: "profile" | "shape"): string {
	const kindOf = ({ instant, source }: Comparison) => [instant.split(":")[0] ?? "", source];
	const all = grouped(comparisons, kindOf);
	const split = grouped(comparisons, (each) => [each[by], ...kindOf(each)]);
	return `${table([heads, ...all])}\n\n${table([[by, ...heads], ...split])}\n`;
}

/** One row for each group: its names, then its figures. */
function grouped(comparisons: readonly Comparison[], namesOf: (each: Comparison) => string[]): string[][] {
	const groups = new Map<string, Comparison[]>();
	for (const each of comparisons) {
		const key = namesOf(each).join("\n");
		groups.set(key, [...(groups.get(key) ?? []), each]);
	}
	return [...groups].sort().map(([key, these]) => [...key.split("\n"), ...figuresOf(these)]);
}

function figuresOf(these: readonly Comparison[]): string[] {
	const errors = these.map(({ errorMs }) => errorMs);
	const absolute = errors.map(Math.abs);
	const byStatus = these.flatMap(({ statusErrorMs }) => (statusErrorMs === undefined ? [] : [Math.abs(statusErrorMs)]));
	const digits = (value: number | undefined, places: number) => value?.toFixed(places) ?? "–";
	const [half, halfByStatus] = [quantileOf(absolute, 0.5), quantileOf(byStatus, 0.5)];
	const closer = half === undefined || halfByStatus === undefined ? undefined : halfByStatus / half;
	return [
		String(new Set(these.map(({ coldStart }) => coldStart)).size),
		String(these.length),
		digits(quantileOf(errors, 0.5), 2),
		digits(half, 2),
		digits(quantileOf(absolute, 0.95), 2),
		digits(Math.max(...absolute), 2),
		`${((100 * these.filter(({ isCovered }) => isCovered).length) / these.length).toFixed(1)} %`,
		digits(halfByStatus, 0),
		closer === undefined ? "–" : `${closer.toFixed(0)} x`,
	];
}

function table(rows: readonly (readonly string[])[]): string {
	const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
	const isText = (column: number) => column < widths.length - 9;
	const cell = (text: string, column: number) =>
		isText(column) ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0);
	return rows.map((row) => row.map(cell).join("  ").trimEnd()).join("\n");
}
