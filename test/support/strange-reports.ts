import type { Report } from "../../src/report/report.ts";
import { aColdStart, anAttempt, aReport, around, measured, type ProfileSketch } from "../gate/a-report.ts";

/** A profile of n cold starts around a middle, whose phases are around theirs. */
export const sketch = (middle: number, phases: Record<string, number>, n = 9): ProfileSketch => ({
	totals: around(middle, 60, n),
	phases: Object.fromEntries(Object.entries(phases).map(([name, ms]) => [name, around(ms, 6, n)])),
});

/** Two profiles as they often come out. */
export const usual = aReport({
	minimal: sketch(1000, { sandbox: 600, "start-user-container": 100, readiness: 300 }),
	full: sketch(4000, { sandbox: 700, "startup-istio-proxy": 2500, readiness: 800 }),
});

/** Text that is markup, a formula, right to left, long, or none that XML can hold. */
export const nasty = [
	'<script>alert("x")</script>',
	"=cmd()|' /C calc'!A0",
	"ש".repeat(200),
	"\u202eevil\u2066",
	"a\u0007\ud800b\n&amp;",
];

/** Reports that no picture may lie about, by what is strange. */
export const strange: Record<string, Report> = {
	"no profile": aReport({}),
	"one profile": aReport({ full: sketch(4000, { readiness: 4000 }) }),
	"20 profiles": aReport(
		Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`p-${i}`, sketch(1000, { a: 1000 })])),
	),
	"all failed": aReport({ full: { extra: [anAttempt(1, "failed"), anAttempt(2, "unresolved")] } }),
	"nothing attempted": aReport({ full: {} }),
	"no phases": aReport({ full: { totals: [900] } }),
	"nothing but a warm-up": aReport({ full: { extra: [aColdStart(0, { total: measured(9000) }, { counted: false })] } }),
	names: retitled(aReport(Object.fromEntries(nasty.map((_, i) => [`p-${i}`, sketch(1000, { a: 1000 })]))), nasty),
};

function retitled(report: Report, titles: readonly string[]): Report {
	const profiles = report.profiles.map((run, i) => ({ ...run, profile: { ...run.profile, title: titles[i] ?? "" } }));
	return { ...report, profiles };
}
