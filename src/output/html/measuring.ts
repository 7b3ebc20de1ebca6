import type { ClockOffset, Report } from "../../report/report.ts";
import { duration, spell } from "../words/units.ts";
import { isolated, number, tag } from "./drawing/markup.ts";
import { cell, dataTable, tableRow } from "./table.ts";

/** How it was measured: where and when, in which order, what the run's time went to, and how well clocks and watch did. */
export function measuringOf(report: Report): string {
	const facts = [...runFacts(report), ...orderFacts(report), ...timeFacts(report), ...observerFacts(report)];
	const rows = facts.map(([name, text]) => tableRow(isolated(name), tag("td", {}, isolated(text))));
	const table = dataTable({ caption: "The run", head: ["", "value"], bodies: [rows] });
	return table + clockTable(report.clocks);
}

type Fact = readonly [name: string, text: string];

function runFacts({ knistio, cluster, startedAt, finishedAt, iterations, profiles }: Report): Fact[] {
	const gateways = [...new Set(profiles.flatMap(({ fingerprint }) => fingerprint.gateway ?? []))];
	return [
		["cluster", cluster.context],
		...(cluster.gateway === undefined ? [] : [["gateway", cluster.gateway] as const]),
		...gateways.map((gateway): Fact => ["gateway reached by", gateway]),
		["began", startedAt],
		...(finishedAt === undefined ? [] : [["ended", finishedAt] as const]),
		["cold starts asked for", `${iterations} of each profile`],
		["measured by", `knistio ${knistio}`],
	];
}

function orderFacts({ order }: Report): Fact[] {
	if (order === undefined) return [];
	const turns = order.turns.map((names): Fact => ["took turns in each round", names.join(", ")]);
	return [["installs of every profile", String(order.blocks)], ...turns, ["seed of the order", String(order.seed)]];
}

function timeFacts({ overhead }: Report): Fact[] {
	if (overhead === undefined) return [];
	const { runMs, installMs, deployMs, waitForZeroMs, coldStartMs, pauseMs, probesMs, otherMs, otherShare } = overhead;
	return [
		["time of the run", spell(runMs)],
		["… installing", spell(installMs)],
		["… deploying", spell(deployMs)],
		["… waiting for zero", spell(waitForZeroMs)],
		["… cold starts", spell(coldStartMs)],
		...(pauseMs === undefined ? [] : [["… pauses", spell(pauseMs)] as const]),
		...(probesMs === undefined ? [] : [["… probes", spell(probesMs)] as const]),
		["… knistio itself", `${spell(otherMs)} (${(otherShare * 100).toFixed(1)} %)`],
	];
}

function observerFacts({ observer }: Report): Fact[] {
	if (observer === undefined) return [];
	const { watchEvents, reconnects, gaps, pingMedianMs, pingMaxMs, pings, loopDelayP99Ms, loopDelayMaxMs } = observer;
	const most = (ms: number | undefined) => (ms === undefined ? "" : `, at most ${duration(ms)}`);
	return [
		["watch", `${watchEvents} events, ${reconnects} reconnects, ${gaps} gaps`],
		...(pingMedianMs === undefined
			? []
			: [["a change was seen after", `${duration(pingMedianMs)} (median of ${pings})${most(pingMaxMs)}`] as const]),
		...(loopDelayP99Ms === undefined
			? []
			: [["delay of the observer", `${duration(loopDelayP99Ms)} (p99)${most(loopDelayMaxMs)}`] as const]),
	];
}

function clockTable(clocks: readonly ClockOffset[]): string {
	if (clocks.length === 0) return "";
	const rows = clocks.map(({ clock, offsetMs, loMs, hiMs, method }) =>
		tableRow(
			isolated(clock),
			number(offsetMs === undefined ? "–" : duration(offsetMs)),
			number(duration(loMs)),
			number(hiMs === undefined ? "not measured" : duration(hiMs)),
			cell(method),
		),
	);
	const head = [
		"clock",
		{ number: "ahead of the client's by" },
		{ number: "at least" },
		{ number: "at most" },
		"known by",
	];
	return dataTable({ caption: "Clocks", head, bodies: [rows] });
}
