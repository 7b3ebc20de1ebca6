import { describe, expect, it } from "vitest";
import { figuresOf } from "../../src/analysis/figures.ts";
import type { Entry } from "../../src/recording/entries.ts";
import { asEntry } from "../../src/recording/read-entry.ts";
import type { RecordedSpan } from "../../src/recording/spans.ts";
import { type ColdStart, coldStartSchema, type Report } from "../../src/report/report.ts";
import { openReportBuilder } from "../../src/timing/report-builder.ts";
import { anApp, entriesOf, type MadeContainer, type MadeStart, plainStart } from "../support/cold-start-truth.ts";
import { spansOf, withSpans } from "../support/made-spans.ts";

const init: MadeContainer = { name: "istio-init", role: "init", createMs: 30, startMs: 40, runMs: 120, noticeMs: 300 };
const proxy: MadeContainer = { ...init, name: "istio-proxy", role: "sidecar", runMs: 900 };
const made: MadeStart = {
	...plainStart,
	probedToMs: 2,
	nodeOffsetMs: 37,
	apiServerOffsetMs: -12,
	containers: [init, proxy, anApp("user-container"), anApp("queue-proxy")],
};

function reportOf(entries: readonly Entry[]): Report {
	const builder = openReportBuilder();
	for (const entry of entries) builder.add(entry);
	return builder.report();
}

function fold(entries: readonly Entry[]): ColdStart {
	const start = reportOf(entries).profiles[0]?.coldStarts[0];
	if (start === undefined) throw new Error("no cold start");
	return coldStartSchema.parse(start);
}

const traced = (of: MadeStart, change = (spans: RecordedSpan[]) => spans) =>
	fold(withSpans(entriesOf(of).entries, change(spansOf(of).spans)));
const plain = (of: MadeStart) => fold(entriesOf(of).entries);
const sum = (phases: Record<string, { ms: number }> = {}) => Object.values(phases).reduce((all, { ms }) => all + ms, 0);

/** That a cold start with useless spans is as it would be without. */
function expectUntouched(start: ColdStart, code: string): void {
	const { findings, ...rest } = start;
	const { findings: own, ...without } = plain(made);
	expect(rest).toEqual(without);
	expect(findings.slice(own.length).map((finding) => finding.code)).toContain(code);
	expect(findings.every(({ hint, code: each }) => !each.startsWith("traces") || hint !== undefined)).toBe(true);
}

describe("the spans of a cold start", () => {
	it("take it apart into phases that add up", () => {
		const start = traced(made);
		expect(start.findings).toEqual(plain(made).findings);
		expect(Object.keys(start.finer ?? {})).toEqual([
			"activation",
			"pod-request",
			"admission",
			"webhook-istio-sidecar-injector",
			"etcd",
			"scheduling",
			"dispatch",
			"volumes",
			"sandbox",
			"cni",
			"image-check-istio-init",
			"create-istio-init",
			"start-istio-init",
			"run-istio-init",
			"notice-istio-init",
			"image-check-istio-proxy",
			"create-istio-proxy",
			"start-istio-proxy",
			"startup-istio-proxy",
			"notice-istio-proxy",
			"image-check-user-container",
			"create-user-container",
			"start-user-container",
			"image-check-queue-proxy",
			"create-queue-proxy",
			"start-queue-proxy",
			"readiness",
			"endpoint",
			"routing",
			"response",
			"unattributed",
		]);
		expect(sum(start.finer)).toBeCloseTo(start.total?.ms ?? 0, 2);
		expect(start.finer?.unattributed?.ms).toBe(0);
	});

	it("leave the phases that other runs have as they are", () => {
		const [start, without] = [traced(made), plain(made)];
		expect(start.phases).toEqual(without.phases);
		expect(without.finer).toBeUndefined();
	});

	it("bound every instant, and are sharp between two of one clock", () => {
		const start = traced(made);
		const { truth } = spansOf(made);
		const origin = truth["request-sent"] ?? 0n;
		for (const [name, { loMs, hiMs }] of Object.entries(start.instants)) {
			const trueMs = Number((truth[name] ?? 0n) - origin) / 1e6;
			expect(loMs - 1e-3 <= trueMs && trueMs <= hiMs + 1e-3, `${name}: ${loMs} ${trueMs} ${hiMs}`).toBe(true);
		}
		for (const [name, trueMs] of [
			["volumes", 470 * 0.65],
			["cni", 470 * 0.1],
			["create-istio-init", 30],
			["start-istio-proxy", 40],
			["webhook-istio-sidecar-injector", 10],
		] as const) {
			const phase = start.finer?.[name];
			expect(phase?.source).toBe("trace");
			expect(phase?.ms).toBeCloseTo(trueMs, 2);
			// The runtime answers half a millisecond after the process was started.
			const mostMs = name.startsWith("start-") ? 0.51 : 0.01;
			expect((phase?.hiMs ?? 0) - (phase?.loMs ?? 0), name).toBeLessThan(mostMs);
		}
	});

	it("bound a start by its event where the runtime sends no span of it", () => {
		const { truth } = spansOf(made);
		const start = traced(made, (spans) => spans.filter(({ name }) => name !== "client.task.Start"));
		for (const name of ["started:istio-init", "started:istio-proxy", "started:queue-proxy"]) {
			const { loMs = 0, hiMs = 0, source } = start.instants[name] ?? {};
			const trueMs = Number((truth[name] ?? 0n) - (truth["request-sent"] ?? 0n)) / 1e6;
			expect(source).toBe("trace");
			expect(loMs <= trueMs && trueMs <= hiMs, `${name}: ${loMs} ${trueMs} ${hiMs}`).toBe(true);
			expect(hiMs - loMs).toBeGreaterThan(10);
			expect(hiMs - loMs).toBeLessThan(20);
		}
	});

	it("are known after the sample, and replayed from a recording as they were", () => {
		const entries = withSpans(entriesOf(made).entries, spansOf(made).spans);
		const spans = entries.find(({ kind }) => kind === "spans");
		const read = asEntry(JSON.parse(JSON.stringify(spans)));
		expect(read).toEqual(spans);
		expect(asEntry({ ...spans, spans: [{ name: "syncPod" }] })).toBeUndefined();
	});

	it("tell of a pull between the check and the creation", () => {
		const start = traced({ ...made, containers: [{ ...anApp("user-container"), pullMs: 700 }, anApp("queue-proxy")] });
		const names = Object.keys(start.finer ?? {});
		const from = names.indexOf("image-check-user-container");
		expect(names.slice(from, from + 3)).toEqual([
			"image-check-user-container",
			"pull-user-container",
			"create-user-container",
		]);
		expect(start.finer?.["pull-user-container"]?.ms).toBeCloseTo(700, 2);
	});

	it("tell of a hook that holds back the next container", () => {
		const held = { ...anApp("istio-proxy"), postStartMs: 800 };
		const start = traced({ ...made, containers: [held, anApp("user-container")] });
		expect(start.finer?.["post-start-istio-proxy"]?.ms).toBeGreaterThan(700);
		expect(sum(start.finer)).toBeCloseTo(start.total?.ms ?? 0, 2);
	});

	it("are shown in the table where most cold starts have them", () => {
		const report = reportOf(withSpans(entriesOf(made).entries, spansOf(made).spans));
		const names = (of: Report) => figuresOf(of).summary.groups[2]?.rows.map(({ name }) => name) ?? [];
		expect(names(report)).toContain("volumes");
		const [run] = report.profiles;
		if (run === undefined) throw new Error("no profile");
		const [start] = run.coldStarts;
		const { finer: _, ...coarse } = start ?? ({} as ColdStart);
		const mixed = { ...report, profiles: [{ ...run, coldStarts: [...run.coldStarts, coarse as ColdStart] }] };
		expect(names(mixed)).not.toContain("volumes");
		expect(names(mixed)).toContain("sandbox");
	});
});

describe("spans that are of no use", () => {
	const isOf = (service: string) => (span: RecordedSpan) => span.service === service;
	const shifted = (spans: RecordedSpan[], byNs: bigint) =>
		spans.map((span) => ({
			...span,
			fromNs: (BigInt(span.fromNs) + byNs).toString(),
			toNs: (BigInt(span.toNs) + byNs).toString(),
		}));

	it("of a sampled-out trace change nothing", () => {
		expectUntouched(
			traced(made, () => []),
			"traces-incomplete",
		);
	});

	it("of another pod change nothing", () => {
		const other = (spans: RecordedSpan[]) =>
			spans.map((span) => ({
				...span,
				...(span.name === "syncPod" ? { attributes: { "k8s.pod.uid": "other" } } : {}),
				...(span.name === "Create etcd3" ? { attributes: { key: "/pods/n/other" } } : {}),
			}));
		expectUntouched(traced(made, other), "traces-incomplete");
	});

	it("of another clock change nothing", () => {
		for (const byNs of [-5_000_000_000n, 3_000_000_000n, -60_000_000n]) {
			expectUntouched(
				traced(made, (spans) => shifted(spans, byNs).filter(isOf("kubelet"))),
				"traces-contradict",
			);
		}
		expectUntouched(
			traced(made, (spans) => shifted(spans.filter(isOf("apiserver")), 2_000_000_000n)),
			"traces-contradict",
		);
	});

	it("of half a trace are used where they are whole", () => {
		const start = traced(made, (spans) => spans.filter(isOf("apiserver")));
		expect(Object.keys(start.finer ?? {})).toContain("etcd");
		expect(Object.keys(start.finer ?? {})).not.toContain("volumes");
		expect(start.finer?.sandbox?.ms).toBeCloseTo(start.phases.sandbox?.ms ?? 0, 0);
		expect(sum(start.finer)).toBeCloseTo(start.total?.ms ?? 0, 2);
		expect(start.outcome).toBe("cold");
		const cut = traced(made, (spans) => spans.filter(({ name }) => !name.endsWith("/StartContainer")));
		expect(Object.keys(cut.finer ?? {})).not.toContain("volumes");
		expect(cut.findings.map(({ code }) => code)).toContain("traces-incomplete");
	});

	it("that name each other as parents end all the same", () => {
		const circular = (spans: RecordedSpan[]) => spans.map((span) => ({ ...span, parent: span.id }));
		expect(traced(made, circular).outcome).toBe("cold");
	});

	it("of a second sandbox are told, and not guessed from", () => {
		const again = (spans: RecordedSpan[]) =>
			spans.flatMap((span) =>
				span.name.endsWith("/RunPodSandbox") ? [span, { ...span, id: `${span.id}-again` }] : [span],
			);
		const start = traced(made, again);
		expect(start.findings.map(({ message }) => message)).toContain("kubelet asked for the pod's sandbox 2 times");
		expect(Object.keys(start.finer ?? {})).not.toContain("volumes");
	});
});
