import { expect, it } from "vitest";
import { ClusterError } from "../../src/errors.ts";
import type { Findings, Probe, Visit } from "../../src/tradeoffs/probes/probe.ts";
import { runProbes } from "../../src/tradeoffs/visit/probing.ts";
import { openShares } from "../../src/tradeoffs/visit/shares.ts";
import { fakeCluster } from "../support/fake-cluster.ts";
import { sessionOn } from "../support/session.ts";

const nothing: Findings = { cells: [], changed: [] };
const soon = () => new Promise<void>((resolve) => setTimeout(resolve, 5));

/** Probes that write down when they begin and end. */
function diary() {
	const lines: string[] = [];
	const probe = (title: string, given: Partial<Probe> = {}): Probe => ({
		title,
		columns: [title],
		async run() {
			lines.push(`${title} begins`);
			await soon();
			lines.push(`${title} ends`);
			return nothing;
		},
		...given,
	});
	return { lines, probe };
}

function aVisit(signal = new AbortController().signal): Visit {
	return { session: { ...sessionOn(fakeCluster()), signal }, profile: { name: "full" } } as unknown as Visit;
}

const at = (schedule: Partial<Parameters<typeof runProbes>[2]> = {}) => ({
	beganAt: 0,
	untilReady: async () => {},
	beforeAlone: async () => {},
	...schedule,
});

it("runs what shares nothing at the same time, what shares something in turn, and what is alone when all are done", async () => {
	const { lines, probe } = diary();
	const alone = probe("latency", { alone: true });
	const counting = probe("telemetry", { shares: ["service"] });
	const policy = probe("policy", { shares: ["service", "authorizer"] });
	const cold = probe("cold", { shares: ["authorizer"] });
	const found = await runProbes(
		aVisit(),
		[alone, counting, policy, cold],
		at({ beforeAlone: async () => void lines.push("quiet") }),
	);
	expect(found.map(({ part }) => part.title)).toEqual(["latency", "telemetry", "policy", "cold"]);
	expect(lines).toEqual([
		...["telemetry begins", "cold begins", "telemetry ends", "cold ends"],
		...["policy begins", "policy ends", "quiet", "latency begins", "latency ends"],
	]);
});

it("lets a probe whose needs are not there yet hold up nobody but those that run alone", async () => {
	const { lines, probe } = diary();
	let isThere = () => {};
	const there = new Promise<void>((resolve) => {
		isThere = resolve;
	});
	const late = probe("late", { shares: ["service"] });
	const probes = [late, probe("other", { shares: ["service"] }), probe("alone", { alone: true })];
	const running = runProbes(aVisit(), probes, at({ untilReady: async (each) => (each === late ? there : undefined) }));
	await soon();
	await soon();
	expect(lines).toEqual(["other begins", "other ends"]);
	isThere();
	await running;
	expect(lines.slice(2)).toEqual(["late begins", "late ends", "alone begins", "alone ends"]);
});

it("begins all first, tells them when it is quiet, concludes after those that run alone, and ends what was begun", async () => {
	const { lines, probe } = diary();
	const { run: _, ...begun } = probe("cpu", {
		begin: async () => {
			lines.push("cpu is begun");
			return {
				whenQuiet: async () => void lines.push("cpu knows of the quiet"),
				conclude: async () => {
					lines.push("cpu concludes");
					return nothing;
				},
				end: async () => void lines.push("cpu is put back"),
			};
		},
	});
	await runProbes(aVisit(), [begun, probe("edge"), probe("latency", { alone: true })], at());
	expect(lines).toEqual([
		...["cpu is begun", "edge begins", "edge ends", "cpu knows of the quiet"],
		...["latency begins", "latency ends", "cpu concludes", "cpu is put back"],
	]);
});

it("waits for all that is under way when it is interrupted, begins no more, and puts back what was begun", async () => {
	const { lines, probe } = diary();
	const interruption = new AbortController();
	const { signal } = interruption;
	const stopping = probe("stopping", {
		async run() {
			interruption.abort(new Error("stopped"));
			signal.throwIfAborted();
			return nothing;
		},
	});
	const begun = probe("begun", { begin: async () => ({ end: async () => void lines.push("put back") }) });
	const waiting = probe("waiting", { shares: ["service"] });
	const probes = [probe("slow", { shares: ["service"] }), stopping, waiting, begun, probe("alone", { alone: true })];
	await expect(runProbes(aVisit(signal), probes, at())).rejects.toThrow("stopped");
	expect(lines).toEqual(["slow begins", "slow ends", "put back"]);
});

it("makes of what a probe may not look at a cell that is not tested, also where it cannot begin", async () => {
	const refused = () => Promise.reject(new ClusterError("no right"));
	const { probe } = diary();
	const { run: _, ...beginning } = probe("b", { begin: refused });
	const found = await runProbes(aVisit(), [probe("a", { run: refused }), beginning, probe("c")], at());
	expect(found.map(({ cells }) => cells.map(({ column, answer, evidence }) => [column, answer, evidence]))).toEqual([
		[["a", "not-tested", "no right"]],
		[["b", "not-tested", "no right"]],
		[],
	]);
	const broken = probe("d", { run: () => Promise.reject(new TypeError("a defect")) });
	await expect(runProbes(aVisit(), [broken], at())).rejects.toThrow("a defect");
});

it("gives back what is held also where the work fails", async () => {
	const shares = openShares<string>();
	await expect(shares.holding(["a"], () => Promise.reject(new Error("no")))).rejects.toThrow("no");
	expect(await shares.holding(["a", "b"], async () => 1)).toBe(1);
});
