import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import type { Target } from "../../src/commands/bench/target.ts";
import { type TradeoffOptions, tradeoffs } from "../../src/commands/tradeoffs.ts";
import type { Context } from "../../src/context/context.ts";
import { InterruptedError } from "../../src/errors.ts";
import { parseReport } from "../../src/report/read-report.ts";
import { aReport, around } from "../gate/a-report.ts";
import { fakeContext } from "../support/fake-context.ts";
import { openSimulatedTarget } from "./simulated-target.ts";

const options: TradeoffOptions = {
	profiles: ["minimal"],
	only: [],
	where: { kind: "simulated", model: "today", seed: 1, speed: 60 },
	namespace: "knistio",
	image: "simulated/helloworld:1",
	knativeManifests: [],
	timeoutMs: 120_000,
	format: "table",
	out: [],
};

/** Profiles are read from the disk, all else is in memory. */
function world(files: Record<string, unknown> = {}, change: Partial<Context> = {}) {
	const fake = fakeContext(files);
	const context = { ...fake.context, ...change };
	return { ...fake, context };
}

/** The target, for which a namespace's objects can be counted after the command has closed it. */
async function observed(given: Partial<TradeoffOptions>, outside = world()) {
	const target: Target = await openSimulatedTarget(60);
	const code = await tradeoffs({ ...options, ...given }, outside.context, async () => target).catch((error) => error);
	const namespaces = await target.cluster.list({ apiVersion: "v1", kind: "Namespace" });
	const services = await target.cluster.list({ apiVersion: "serving.knative.dev/v1", kind: "Service" });
	const left = [...namespaces, ...services]
		.map(({ metadata }) => metadata.name)
		.filter((name) => /knistio|hello/.test(name));
	return { code, left, ...outside };
}

it("prints the table, writes each file, and leaves nothing behind", async () => {
	const { code, left, said, files } = await observed({ out: ["t.json", "t.md", "t.csv"] });
	expect(code).toBe(0);
	expect(left).toEqual([]);
	expect(said.stdout).toMatch(/^Costs and benefits, observed — SIMULATED/);
	expect(said.stdout).toContain("minimal gives traffic routing at the gateway");
	const report = parseReport(files.get("t.json") ?? "", "t.json");
	expect(report.simulated?.speed).toBe(60);
	const [minimal] = report.tradeoffs?.profiles ?? [];
	expect(minimal?.cells.map(({ column, answer }) => `${column} ${answer}`).sort()).toEqual([
		"cold-start not-tested",
		"cpu refuted",
		"edge-tls observed",
		"gateway-telemetry observed",
		"identity refuted",
		"latency not-tested",
		"memory refuted",
		"mesh-routing refuted",
		"mtls refuted",
		"net-admin refuted",
		"policy refuted",
		"restricted observed",
		"routing observed",
		"sidecar-time refuted",
		"telemetry refuted",
	]);
	expect(minimal?.changed).toContain("made the namespace knistio-pod-security and removed it");
	for (const file of ["t.md", "t.csv"]) expect(files.get(file)).toContain("minimal");
}, 120_000);

it("looks only for what is asked for, in the same visit", async () => {
	const { code, left, said, files } = await observed({ only: ["mtls,policy"], out: ["t.json"] });
	expect(code).toBe(0);
	expect(left).toEqual([]);
	const report = parseReport(files.get("t.json") ?? "", "t.json");
	const cells = report.tradeoffs?.profiles[0]?.cells ?? [];
	expect(cells.map(({ column, answer }) => `${column} ${answer}`).sort()).toEqual([
		"cold-start not-tested",
		"mtls refuted",
		"policy refuted",
	]);
	expect(report.tradeoffs?.profiles[0]?.traces).toBeUndefined();
	expect(said.stderr).not.toContain("warm requests");
}, 120_000);

it.each([
	["polcy", /no cost or benefit "polcy"/, /did you mean "policy"/],
	["cold-start", /no probe looks for cold-start/, /--report/],
])(
	"refuses --only %s before it looks at the cluster",
	async (name, message, hint) => {
		const { code } = await observed({ only: [name] });
		expect(code).toMatchObject({
			exitCode: 2,
			message: expect.stringMatching(message),
			hint: expect.stringMatching(hint),
		});
	},
	120_000,
);

it("adds what it observed to the report of a run, and takes its cold starts from there", async () => {
	const simulated = { model: "today", seed: 1, speed: 60 };
	const run = { ...aReport({ minimal: { totals: around(2000, 60, 12) } }), simulated };
	const { code, files } = await observed({ report: "run.json", out: ["run.json"] }, world({ "run.json": run }));
	expect(code).toBe(0);
	const report = parseReport(files.get("run.json") ?? "", "run.json");
	expect(report.profiles[0]?.coldStarts).toHaveLength(12);
	const cell = report.tradeoffs?.profiles[0]?.cells.find(({ column }) => column === "cold-start");
	expect(cell?.evidence).toMatch(/median 2\.\d+ s of 12/);
}, 120_000);

it("says what it may not look at as not tested, and goes on", async () => {
	const target = await openSimulatedTarget(60);
	const { cluster } = target;
	const raw: typeof cluster.raw = async (method, path, given) => {
		const answer = await cluster.raw(method, path, given);
		if (!path.includes("/proxy/")) return answer;
		const message = 'pods "helloworld" is forbidden: User "ci" cannot get resource "pods/proxy"';
		const status = { kind: "Status", apiVersion: "v1", status: "Failure", message, code: 403 };
		return { ...answer, status: 403, body: Buffer.from(JSON.stringify(status)) };
	};
	const denying = new Proxy(cluster, {
		get(real, name) {
			if (name === "raw") return raw;
			const value: unknown = Reflect.get(real, name);
			return typeof value === "function" ? value.bind(real) : value;
		},
	});
	const { context, files, said } = world();
	const given = { ...options, profiles: ["full-cni"], out: ["t.json"] };
	expect(await tradeoffs(given, context, async () => ({ ...target, cluster: denying }))).toBe(0);
	const report = parseReport(files.get("t.json") ?? "", "t.json");
	const cells = new Map(report.tradeoffs?.profiles[0]?.cells.map((cell) => [cell.column, cell]));
	for (const column of ["mtls", "telemetry", "gateway-telemetry", "memory"]) {
		expect(cells.get(column)?.answer, column).toBe("not-tested");
		expect(cells.get(column)?.evidence, column).toMatch(/forbidden|403/);
	}
	expect(cells.get("net-admin")?.answer).toBe("refuted");
	expect(cells.get("routing")?.answer).toBe("observed");
	// What was asked for by name, and was not tested, is no pass.
	const named = { ...given, only: ["mtls,routing"] };
	expect(said.stderr).not.toContain("inconclusive");
	expect(await tradeoffs(named, context, async () => ({ ...target, cluster: denying }))).toBe(3);
	const why = said.stderr.split("\n").filter((line) => line.startsWith("inconclusive"));
	expect(why).toEqual([expect.stringMatching(/^inconclusive: full-cni: mtls was not tested: .*forbidden/)]);
}, 120_000);

it("cleans up when it is interrupted in the middle of a probe", async () => {
	const interruption = new AbortController();
	const outside = world({}, { signal: interruption.signal });
	const stderr = outside.context.stderr;
	outside.context.stderr = (text) => {
		stderr(text);
		if (text.includes("policy control")) interruption.abort(new InterruptedError("SIGINT"));
	};
	const { code, left } = await observed({ profiles: ["full-cni"] }, outside);
	expect(code).toBeInstanceOf(InterruptedError);
	expect(left).toEqual([]);
}, 120_000);

it.each([
	[{ report: "run.json" }, "the report is of a real cluster, and this one is not"],
	[{ out: ["t.pdf"] }, "no format is known"],
	[{ format: "pdf" }, "not a known format"],
])("refuses %j before it touches a cluster", async (given, message) => {
	const run = aReport({ minimal: { totals: around(2000, 60, 6) } });
	const outside = world({ "run.json": run });
	const never = () => Promise.reject(new Error("no cluster is to be touched"));
	await expect(tradeoffs({ ...options, ...given }, outside.context, never)).rejects.toThrow(message);
});

it("refuses the report of another cluster", async () => {
	const simulated = { model: "today", seed: 1, speed: 60 };
	const run = {
		...aReport({ minimal: { totals: around(2000, 60, 6), fingerprint: { kubernetes: "v1.20.0" } } }),
		simulated,
	};
	const { code, left } = await observed({ report: "run.json" }, world({ "run.json": run }));
	expect(code).toMatchObject({ message: expect.stringContaining("kubernetes was v1.20.0 with minimal") });
	expect(left).toEqual([]);
}, 60_000);

it("has a page that names each cost and benefit", async () => {
	const page = await readFile("docs/tradeoffs.md", "utf8");
	const { columns } = await import("../../src/tradeoffs/columns.ts");
	for (const { name, meaning } of columns) expect(page).toContain(`| \`${name}\` | ${meaning} |`);
});
