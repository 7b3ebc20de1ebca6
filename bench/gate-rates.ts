/**
 * How often a gate passes, cannot tell and breaches: `npm run bench:gate [-- SEQUENCES] [-- last-pass]`.
 *
 * Each sequence is 30 runs of one code, judged by the real `judge()` with the defaults of `check`, and with the baseline
 * that the action keeps. Beside them, runs of code that is slower are held against the same baselines as pull requests
 * are, and never become one. `last-pass` keeps the last run that passed instead, to see what pooling is for. Seeds are
 * fixed, so the same program prints the same table.
 */

import { keep } from "../.github/actions/knistio/baseline-pool.mjs";
import { normalDeviate, seededRandom } from "../src/analysis/statistics/random.ts";
import { defaultMinimumEffect } from "../src/cli/options/gate.ts";
import { exitCodes } from "../src/errors.ts";
import { exitCodeOf, judge } from "../src/gate/judge.ts";
import type { Report } from "../src/report/report.ts";
import { aReport, type ProfileSketch } from "../test/gate/a-report.ts";

/** Medians of the phases in milliseconds, about as a small cluster has them. */
const appPhasesMs: Record<string, number> = {
	activation: 60,
	"pod-creation": 40,
	scheduling: 15,
	sandbox: 420,
	"start-queue-proxy": 130,
	"start-user-container": 120,
	readiness: 310,
	endpoint: 50,
	routing: 40,
	response: 5,
	unattributed: 60,
};
const profilesMs: Record<string, Record<string, number>> = {
	minimal: appPhasesMs,
	full: {
		...appPhasesMs,
		"pod-creation": 90,
		"start-istio-init": 110,
		"run-istio-init": 90,
		"notice-istio-init": 700,
		"start-istio-proxy": 120,
		"startup-istio-proxy": 1_150,
		"notice-istio-proxy": 30,
	},
};
/** Standard deviation of a phase's logarithm within a run. */
const withinRun = 0.15;
const boundsMs = 2;
const runs = 30;
const slowDowns = [0.03, 0.1, 0.2];

interface Conditions {
	n: number;
	/** Standard deviation of the logarithm of what all times of a run have in common. */
	spread: number;
}

function drawReport(random: () => number, { n, spread }: Conditions, slowDown = 0): Report {
	const factor = (1 + slowDown) * Math.exp(spread * normalDeviate(random));
	const sketches = Object.entries(profilesMs).map(([name, phasesMs]): [string, ProfileSketch] => {
		const phases = Object.entries(phasesMs).map(([phase, ms]): [string, number[]] => [
			phase,
			Array.from({ length: n }, () => factor * ms * Math.exp(withinRun * normalDeviate(random))),
		]);
		const totals = Array.from({ length: n }, (_, i) => phases.reduce((sum, [, values]) => sum + (values[i] ?? 0), 0));
		return [name, { totals, phases: Object.fromEntries(phases), aroundMs: boundsMs }];
	});
	return aReport(Object.fromEntries(sketches));
}

type Kept = Record<"recent" | "anchor", readonly Report[]>;
type Ending = "pass" | "inconclusive" | "breach";

function endingOf(report: Report, { recent }: Kept): Ending {
	const judgement = judge(report, {
		budgets: [],
		acceptSimulated: false,
		baseline: {
			reports: recent,
			minimumEffectMs: defaultMinimumEffect.ms,
			minimumEffectShare: defaultMinimumEffect.share,
			required: ["total"],
			allowDifferent: [],
		},
	});
	const code = exitCodeOf(judgement);
	if (code === exitCodes.breach) return "breach";
	return code === exitCodes.inconclusive ? "inconclusive" : "pass";
}

function keptAfter(kept: Kept, report: Report, { ending, policy }: { ending: Ending; policy: string }): Kept {
	if (policy === "last-pass") return ending === "pass" ? { ...kept, recent: [report] } : kept;
	return ending === "breach" ? kept : keep(kept, report);
}

/** Counts of endings, by slow-down; 0 is the branch itself. */
function endingsOf(conditions: Conditions, { sequences, policy }: { sequences: number; policy: string }) {
	const counts = new Map([0, ...slowDowns].map((by) => [by, { pass: 0, inconclusive: 0, breach: 0 }]));
	const note = (by: number, ending: Ending) => {
		const count = counts.get(by);
		if (count !== undefined) count[ending]++;
	};
	for (let sequence = 0; sequence < sequences; sequence++) {
		const random = seededRandom(1_000 * conditions.n + 100 * Math.round(100 * conditions.spread) + sequence);
		let kept: Kept = { recent: [drawReport(random, conditions)], anchor: [] };
		for (let run = 2; run <= runs; run++) {
			if (run % 3 === 0) {
				for (const by of slowDowns) note(by, endingOf(drawReport(random, conditions, by), kept));
			}
			const report = drawReport(random, conditions);
			const ending = endingOf(report, kept);
			note(0, ending);
			kept = keptAfter(kept, report, { ending, policy });
		}
	}
	return [...counts.values()];
}

const [sequences = "10", policy = "pooled"] = process.argv.slice(2);
console.log(`% pass / inconclusive / breach; ${sequences} sequences of ${runs} runs, baseline: ${policy}\n`);
console.log("| n | spread between runs | unchanged | +3 % | +10 % | +20 % |");
console.log("| --- | --- | --- | --- | --- | --- |");
for (const n of [10, 25, 50]) {
	for (const spread of [0, 0.02, 0.04]) {
		const cells = endingsOf({ n, spread }, { sequences: Number(sequences), policy }).map((count) => {
			const all = count.pass + count.inconclusive + count.breach;
			return [count.pass, count.inconclusive, count.breach].map((part) => ((100 * part) / all).toFixed(0)).join(" / ");
		});
		console.log(`| ${n} | ${100 * spread} % | ${cells.join(" | ")} |`);
	}
}
