import { describe, expect, it } from "vitest";
import { usualOf, viewOf } from "../../src/commands/bench/live-view.ts";
import type { LiveStart } from "../../src/timing/live-start.ts";
import { aColdStart, anAttempt, aReport, measured } from "../gate/a-report.ts";

const ms = (value: number) => BigInt(value) * 1_000_000n;

describe("what is usual", () => {
	const start = (round: number, total: number, startup: number) =>
		aColdStart(round, { total: measured(total), phases: { "startup-istio-proxy": measured(startup) } });

	it("is the median of the counted cold starts", () => {
		const extra = [start(1, 4_000, 1_000), start(2, 6_000, 3_000), start(3, 5_000, 1_400), anAttempt(4, "failed")];
		const usual = usualOf(aReport({ full: { extra } }), "full");
		expect(usual.totalMs).toBe(5_000);
		expect(usual.phases.get("startup-istio-proxy")).toBe(1_400);
	});

	it("is the warm-up's while there is no other, and not known before", () => {
		const warmUp = aColdStart(0, { total: measured(9_000) }, { counted: false });
		expect(usualOf(aReport({ full: { extra: [warmUp] } }), "full").totalMs).toBe(9_000);
		expect(usualOf(aReport({ full: { extra: [warmUp, start(1, 4_000, 1)] } }), "full").totalMs).toBe(4_000);
		expect(usualOf(aReport({ full: {} }), "full")).toEqual({ phases: new Map() });
		expect(usualOf(aReport({}), "other")).toEqual({ phases: new Map() });
	});
});

describe("the view of a cold start", () => {
	const usual = { totalMs: 5_000, zeroMs: 30_000, phases: new Map([["startup-istio-proxy", 1_400]]) };
	const waitingStart: LiveStart = {
		profile: "full",
		round: 3,
		beganAt: ms(1_000),
		containers: [
			{ name: "istio-proxy", state: "running", since: ms(1_800) },
			{ name: "queue-proxy", state: "waiting" },
		],
		waiting: { phase: "startup-istio-proxy", since: ms(1_900) },
	};

	it("counts from the request, and says what is waited for", () => {
		expect(viewOf(waitingStart, usual, ms(3_000))).toEqual({
			elapsedMs: 2_000,
			usualMs: 5_000,
			containers: [
				{ name: "istio-proxy", state: "running", sinceMs: 800 },
				{ name: "queue-proxy", state: "waiting" },
			],
			waiting: {
				phase: "startup-istio-proxy",
				until: "the sidecar's startup probe has passed",
				forMs: 1_100,
				usualMs: 1_400,
			},
		});
	});

	it("stands still when it is answered, and waits for zero", () => {
		const { waiting: _, ...rest } = waitingStart;
		const times = { connectStartedAt: "0", sentAt: String(ms(1_100)), lastByteAt: String(ms(4_100)), status: 200 };
		const answered: LiveStart = {
			...rest,
			answer: { kind: "request", at: String(ms(4_200)), round: 3, ...times },
		};
		expect(viewOf(answered, usual, ms(14_200))).toMatchObject({
			elapsedMs: 3_000,
			answer: "HTTP 200",
			containers: [{ sinceMs: 700 }, {}],
			waiting: { phase: "back to zero", forMs: 10_000, usualMs: 30_000 },
		});
	});

	it("leaves out what is not known", () => {
		const view = viewOf(waitingStart, { phases: new Map() }, ms(3_000));
		expect(view).not.toHaveProperty("usualMs");
		expect(view.waiting).not.toHaveProperty("usualMs");
	});
});
