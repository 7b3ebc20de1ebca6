import { bench, expect } from "vitest";
import { defaultMinimumEffect } from "../src/cli/gate-options.ts";
import { check } from "../src/commands/check.ts";
import { profileSchema } from "../src/model/profile.ts";
import type { ColdStart, Measured, Report } from "../src/model/report.ts";
import { normalDeviate, seededRandom } from "../src/statistics/random.ts";

/**
 * `npx vitest bench --run`: judging a report of 10,000 cold starts against a baseline of as many shall take 1 s at
 * most, reading both included.
 */

const profiles = ["full", "full-cni", "no-policy", "minimal", "ambient"];
const phases = ["activation", "pod-creation", "scheduling", "sandbox", "start-proxy", "startup-proxy", "start-app"];
const spans = ["endpoint_wait", "pod_creating", "container_startup_istio-proxy", "container_startup_queue-proxy"];

function largeReport(seed: number, perProfile: number): Report {
	const random = seededRandom(seed);
	const time = (middleMs: number): Measured => {
		// Whole nanoseconds, as the sharpest source has them.
		const ms = Math.round(middleMs * Math.exp(0.2 * normalDeviate(random)) * 1e6) / 1e6;
		return { ms, loMs: Math.round(ms - 2), hiMs: Math.round(ms + 3), source: "watch" };
	};
	const times = (names: string[], middleMs: number) => Object.fromEntries(names.map((name) => [name, time(middleMs)]));
	const coldStart = (round: number): ColdStart => ({
		round,
		outcome: "cold",
		counted: true,
		requestSentAt: "2026-11-23T10:00:00.000000000Z",
		response: { status: 200, bodyMatches: true, connectMs: 1 },
		pods: [{ name: "hello-00001-abc", uid: "u", containers: [{ name: "app", role: "app" }] }],
		instants: times([...phases, ...spans, "first-byte", "last-byte"], 1000),
		phases: times(phases, 300),
		spans: times(spans, 2000),
		total: time(3000),
		findings: [],
		events: { seen: 9, expected: 9 },
	});
	return {
		schemaVersion: 1,
		knistio: "0.1.0",
		startedAt: "2026-11-23T10:00:00Z",
		cluster: { context: "bench" },
		iterations: perProfile,
		profiles: profiles.map((name) => ({
			profile: profileSchema.parse({
				name,
				istio: { components: {} },
				meshCompatibilityMode: "auto",
				promises: { sidecar: "any" },
			}),
			fingerprint: { istio: "1.27.1" },
			coldStarts: Array.from({ length: perProfile }, (_, index) => coldStart(index + 1)),
			findings: [],
		})),
		clocks: [],
		findings: [],
	};
}

const files: Record<string, string> = {
	"new.json": JSON.stringify(largeReport(1, 2_000)),
	"main.json": JSON.stringify(largeReport(2, 2_000)),
};

bench(
	"check of 10,000 cold starts against 10,000",
	async () => {
		const code = await check(
			{
				report: "new.json",
				baseline: ["main.json"],
				budgets: ["total: p(50) < 9s", "total: p(99) < 20s", "failed: share <= 1%"],
				budgetsFiles: [],
				minimumEffectMs: defaultMinimumEffect.ms,
				minimumEffectShare: defaultMinimumEffect.share,
				required: [],
				allowDifferent: [],
				acceptSimulated: false,
				format: "text",
				files: {},
			},
			{
				stdout: () => {},
				stderr: () => {},
				readFile: async (path) => files[path] ?? "",
				writeFile: async () => {},
				requireWritable: async () => {},
				env: {},
			},
		);
		expect(code).toBe(0);
	},
	{ iterations: 3, warmupIterations: 0, time: 0 },
);
