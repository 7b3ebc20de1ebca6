import { describe, expect, it } from "vitest";
import { main } from "../../src/main.ts";
import type { Answer } from "../../src/report/tradeoffs.ts";
import { causeOfPhase } from "../../src/tradeoffs/phase-causes.ts";
import { aReport, around, measured } from "../gate/a-report.ts";
import { fakeContext } from "../support/fake-context.ts";
import { withKnobs } from "../support/knobs.ts";
import { aTradeoffReport } from "./a-tradeoff-report.ts";

async function advise(line: string, answers: Record<string, Answer> = {}, change: object = {}) {
	const world = fakeContext({ "run.json": { ...aTradeoffReport(answers), ...change } });
	const argv = (line.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replaceAll('"', ""));
	const code = await main(["advise", "run.json", ...argv], world.context);
	return { code, ...world.said };
}

describe("knistio advise", () => {
	it("names the profile that gives what is needed without what is forbidden, by the cells that say so", async () => {
		const { code, stdout } = await advise("--need mtls,policy --forbid net-admin");
		expect(code).toBe(0);
		expect(stdout).toMatch(/^full-cni, whose median cold start takes 4\.\d+ s\n/);
		expect(stdout).toContain("forbids NET_ADMIN in its pods: refuted: seen of net-admin in full-cni");
		expect(stdout).toContain("not full:\n  forbids NET_ADMIN in its pods: observed: seen of net-admin in full");
	});

	it("names of several the one that starts soonest", async () => {
		expect((await advise("--need routing")).stdout).toMatch(/^minimal,.*; no-policy, full-cni, full would do too/);
	});

	it("ends with 99 where each profile breaks something, and says what contradicts what and how much is missing", async () => {
		const { code, stdout } = await advise('--need mtls,policy --forbid net-admin --budget "total: p(50) < 3s"');
		expect(code).toBe(99);
		expect(stdout).toMatch(/^no profile meets all of this/);
		expect(stdout).toMatch(
			/not full-cni:\n.*budget total: p\(50\) < 3s: .*; 1\.\d+ s too much; measured to keep it: minimal/,
		);
		expect(stdout).toMatch(
			/contradiction: only minimal can meet "budget total: p\(50\) < 3s", and only no-policy, full-cni, full can meet "needs mutual TLS"|contradiction: only no-policy, full-cni, full can meet "needs mutual TLS", and only minimal can meet/,
		);
	});

	it("names measured variants that save the missing time first, with their price", async () => {
		const report = aTradeoffReport();
		const sketch = {
			full: { totals: around(4400, 80, 20) },
			classic: { totals: around(3600, 80, 20) },
			quick: { totals: around(2200, 80, 20) },
		};
		const { profiles } = withKnobs(aReport(sketch), { classic: "full", quick: "full" }, { cost: "it is made up" });
		const variants = profiles.filter(({ profile }) => profile.variant !== undefined);
		const change = { profiles: [...report.profiles, ...variants] };
		const { stdout } = await advise('--need policy --budget "total: p(50) < 3s"', {}, change);
		const line = stdout.split("\n").find((each) => each.includes("budget") && each.includes("classic")) ?? "";
		expect(line).toMatch(
			/1\.\d+ s too much; measured variants that save time: quick saves 2\.\d+ s of total and keeps it/,
		);
		expect(line).toMatch(
			/classic saves .* which is not enough alone \(its price: it is made up\); measured to keep it/,
		);
	});

	it("says of the longest phases why they take as long, of finer ones where they are known", async () => {
		const report = aTradeoffReport();
		const phases = {
			volumes: measured(900),
			"notice-istio-proxy": measured(800),
			"startup-istio-proxy": measured(700),
			cni: measured(20),
		};
		const finer = report.profiles.map((run) => ({
			...run,
			coldStarts: run.coldStarts.map((start) => ({ ...start, phases: { sandbox: measured(950) }, finer: phases })),
		}));
		const budget = '--need policy --budget "total: p(50) < 3s"';
		const told = (await advise(budget, {}, { profiles: finer })).stdout;
		expect(told).toContain(
			"its longest phases: volumes 900 ms (kubelet looks at its volumes every 300 ms, which nobody can change from " +
				"outside), notice-istio-proxy 800 ms (kubelet 1.36 and later notice at once, earlier ones once a second), " +
				"startup-istio-proxy 700 ms (at most one period of the sidecar's startup probe of it is waiting)",
		);
		const coarser = finer.map((run) => ({
			...run,
			coldStarts: run.coldStarts.map(({ finer: _, ...start }) => start),
		}));
		expect((await advise(budget, {}, { profiles: coarser })).stdout).toMatch(
			/its longest phases: sandbox 950 ms(;|\n)/,
		);
	});

	it.each([
		["webhook-istio-sidecar-injector", "what injecting the sidecar costs"],
		["webhook-of-somebody", undefined],
		["readiness", "at most one period of a readiness probe of it is waiting"],
		["sandbox", undefined],
	])("knows of %s: %s", (phase, cause) => expect(causeOfPhase(phase)).toBe(cause));

	it("never advises by a cell that was not tested: 3, and says which", async () => {
		const { code, stdout } = await advise("--need mtls,policy --forbid net-admin", {
			"full-cni net-admin": "not-tested",
		});
		expect(code).toBe(3);
		expect(stdout).toMatch(/not known of full-cni:\n {2}forbids NET_ADMIN in its pods: not tested/);
		expect(stdout).not.toContain("contradiction");
	});

	it("advises by a known profile although another one is not known", async () => {
		const { code, stdout } = await advise("--need mtls", { "full mtls": "not-tested" });
		expect(code).toBe(0);
		expect(stdout).toMatch(/^no-policy.*; full-cni would do too/);
	});

	it("holds the talk's advice against today's cells", async () => {
		const asThen = (await advise("--need mtls")).stdout;
		expect(asThen).toContain("confirmed: inject sidecars only where they are needed");
		expect(asThen).toMatch(
			/confirmed: disable policy if you can \(the median warm answer takes \[4\.80, 5\.20\] ms more/,
		);
		expect(asThen).toContain("confirmed: use the CNI plugin where NET_ADMIN is forbidden");
		const otherwise = await advise("--need mtls", {
			"full-cni net-admin": "observed",
			"no-policy cold-start": "refuted",
			"full cold-start": "refuted",
			"full-cni cold-start": "refuted",
		});
		expect(otherwise.stdout).toContain("refuted: inject sidecars only where they are needed");
		expect(otherwise.stdout).toContain("refuted: use the CNI plugin where NET_ADMIN is forbidden");
		const unknown = await advise("--need routing", { "full net-admin": "not-tested" });
		expect(unknown.stdout).toContain("not tested: use the CNI plugin where NET_ADMIN is forbidden");
		const slow = await advise("--need routing", { "full latency": "not-tested", "full cold-start": "not-tested" });
		expect(slow.stdout).toContain("the latencies of full and no-policy were not both measured");
	});

	it("gives all of it as JSON", async () => {
		const { stdout } = await advise("--need mtls,policy --forbid net-admin --format json");
		expect(JSON.parse(stdout)).toMatchObject({ chosen: { profile: "full-cni" }, talk: [{}, {}, {}] });
	});

	it("does not rest on a simulated cluster unless it is asked to", async () => {
		const simulated = { simulated: { model: "today", seed: 1, speed: 1 } };
		expect((await advise("--need mtls", {}, simulated)).code).toBe(3);
		const asked = await advise("--need mtls --cluster simulated", {}, simulated);
		expect(asked.code).toBe(0);
		expect(asked.stdout).toMatch(/^simulated cluster/);
	});

	it("chooses no profile by a run that check would not pass", async () => {
		const budget = '--need mtls --budget "total: p(50) < 60s"';
		const ended = await advise(budget, {}, { endedBy: "interrupted by SIGINT" });
		expect(ended).toMatchObject({ code: 3, stdout: "" });
		expect(ended.stderr).toMatch(/run\.json: the run ended early: interrupted by SIGINT\nhint: /);
		const report = aTradeoffReport();
		const setAside = report.profiles.map((run) => ({
			...run,
			coldStarts: run.coldStarts.map((start, index) => ({ ...start, counted: start.round > 0 && index % 3 === 0 })),
		}));
		const left = await advise(budget, {}, { profiles: setAside });
		expect(left.code).toBe(3);
		expect(left.stdout).toMatch(/budget total: .*attempts are left out/);
		const negative = report.profiles.map((run) => ({
			...run,
			coldStarts: run.coldStarts.map((start) => ({ ...start, total: measured(-5) })),
		}));
		const impossible = await advise(budget, {}, { profiles: negative });
		expect(impossible.code).toBe(2);
		expect(impossible.stderr).toContain("a total of -5 ms is impossible");
	});

	it.each([
		["", "nothing to choose a profile by"],
		["--need mtsl", 'did you mean "mtls"?'],
		['--need mtls --budget "totl: p(50) < 3s"', 'did you mean "total"?'],
	])("refuses %s", async (line, said) => {
		const { code, stderr } = await advise(line);
		expect(code).toBe(2);
		expect(stderr).toContain(said);
	});

	it("refuses a report that has no costs and benefits", async () => {
		const { code, stderr } = await advise("--need mtls", {}, { tradeoffs: undefined });
		expect(code).toBe(2);
		expect(stderr).toContain("knistio tradeoffs --report run.json");
	});
});
