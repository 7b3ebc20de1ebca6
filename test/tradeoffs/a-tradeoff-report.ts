import type { Report } from "../../src/report/report.ts";
import type { Answer, TradeoffCell } from "../../src/report/tradeoffs.ts";
import { columns } from "../../src/tradeoffs/columns.ts";
import { aReport, around } from "../gate/a-report.ts";

/** What of the usual columns is observed, by profile; the others are refuted, and those after `?` not tested. */
const observed: Record<string, string> = {
	minimal: "restricted routing gateway-telemetry",
	"no-policy":
		"cold-start net-admin restricted memory cpu sidecar-time routing mtls identity telemetry gateway-telemetry",
	"full-cni":
		"cold-start latency restricted memory cpu sidecar-time routing policy mtls identity telemetry gateway-telemetry",
	full: "cold-start latency net-admin restricted memory cpu sidecar-time routing policy mtls identity telemetry gateway-telemetry",
};

const totals: Record<string, number> = { minimal: 1500, "no-policy": 3900, "full-cni": 4100, full: 4400 };

/** A report of the four profiles with every cell tested, unless `answers` says otherwise by `profile column`. */
export function aTradeoffReport(answers: Record<string, Answer> = {}): Report {
	const report = aReport(
		Object.fromEntries(Object.entries(totals).map(([name, ms]) => [name, { totals: around(ms, 80, 20) }])),
	);
	const cellOf = (profile: string, column: string): TradeoffCell => {
		const isThere = observed[profile]?.split(" ").includes(column) === true;
		const answer = answers[`${profile} ${column}`] ?? (isThere ? "observed" : "refuted");
		const p50 = profile === "minimal" || profile === "no-policy" ? 3 : 8;
		return {
			column,
			answer,
			evidence: `seen of ${column} in ${profile}`,
			...(column === "latency"
				? { amounts: [{ name: "p50", value: p50, unit: "ms", lo: p50 - 0.1, hi: p50 + 0.1 }] }
				: {}),
		};
	};
	return {
		...report,
		tradeoffs: {
			observedAt: "2026-11-27T03:00:00Z",
			profiles: Object.keys(totals).map((profile) => ({
				profile,
				cells: columns.map(({ name }) => cellOf(profile, name)),
				changed: [],
			})),
		},
	};
}
