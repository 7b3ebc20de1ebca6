import { describe, expect, it } from "vitest";
import { tradeoffsOf } from "../../src/output/html/tradeoffs.ts";
import { tradeoffFormats } from "../../src/output/tradeoff-formats.ts";
import { parseReport } from "../../src/report/read-report.ts";
import { tradeoffTable } from "../../src/tradeoffs/table.ts";
import { aReport, around } from "../gate/a-report.ts";
import { aTradeoffReport } from "./a-tradeoff-report.ts";

const report = aTradeoffReport({ "full latency": "not-tested" });
const render = async (name: string, given = report) => {
	const format = tradeoffFormats.find((each) => each.name === name);
	if (format === undefined) throw new Error(name);
	return (await format.load())(given);
};
const cellOf = (profile: string, column: string) =>
	tradeoffTable(report)
		?.rows.find((row) => row.profile === profile)
		?.cells.find((cell) => cell.column === column);

describe("the table", () => {
	it("marks where the talk says otherwise, and only what was tested", () => {
		expect(cellOf("minimal", "telemetry")).toMatchObject({ answer: "refuted", talk: true, isDifferent: true });
		expect(cellOf("minimal", "gateway-telemetry")).toMatchObject({ talk: true, isDifferent: false });
		expect(cellOf("full", "latency")).toMatchObject({ answer: "not-tested", talk: true, isDifferent: false });
		expect(cellOf("full", "restricted")?.talk).toBeUndefined();
	});

	it("differs from the talk's only where that is coarser than the truth", () => {
		const rows = tradeoffTable(aTradeoffReport())?.rows ?? [];
		const different = rows.flatMap(({ profile, cells }) =>
			cells.filter(({ isDifferent }) => isDifferent).map(({ column }) => `${profile} ${column}`),
		);
		expect(different).toEqual(["minimal mesh-routing", "minimal edge-tls", "minimal telemetry"]);
	});

	it("says in a sentence what each profile gives and costs, and what is not known", () => {
		const sentences = tradeoffTable(report)?.rows.map(({ sentence }) => sentence) ?? [];
		expect(sentences[0]).toBe(
			"minimal gives traffic routing at the gateway, TLS at the gateway and telemetry of the gateway, at the price of pods that a restricted namespace refuses",
		);
		expect(sentences[3]).toMatch(
			/^full gives .*policy control.* at the price of longer cold starts.*; not tested: longer answers$/,
		);
	});

	it("is not there where nothing was observed", async () => {
		const bare = aReport({ minimal: { totals: around(2000, 50, 6) } });
		expect(tradeoffTable(bare)).toBeUndefined();
		await expect(render("table", bare)).rejects.toThrow("no costs and benefits");
	});
});

describe("the formats", () => {
	it("say it all: each profile, each answer, each piece of evidence, and the differences", async () => {
		for (const name of ["table", "md", "csv"]) {
			const text = await render(name);
			for (const word of ["full-cni", "seen of mtls in minimal", "seen of latency in full"]) {
				expect(text, name).toContain(word);
			}
			expect(text, name).toMatch(name === "csv" ? /,refuted,yes,true,/ : /no \(talk: yes ≠\)|yes ≠/);
			expect(text, name).toMatch(/not.tested/);
		}
	});

	it("say everywhere that a simulated cluster is none", async () => {
		const simulated = { ...report, simulated: { model: "today", seed: 1, speed: 1 } };
		for (const { name } of tradeoffFormats) expect(await render(name, simulated), name).toMatch(/simulated/i);
	});

	it("say where the time of the probes went, where the report tells it", async () => {
		const timed = aTradeoffReport();
		const [first] = timed.tradeoffs?.profiles ?? [];
		if (first === undefined) throw new Error("no profile");
		const parts = [
			{ title: "deploying", fromMs: 0, ms: 9_800 },
			{ title: "latency of warm requests", fromMs: 9_800, ms: 21_040 },
		];
		first.took = { ms: 58_000, parts };
		const words = "minimal: probes took 58.0 s: deploying 9.8 s, latency of warm requests 21.0 s";
		for (const name of ["table", "md"]) expect(await render(name, timed), name).toContain(words);
		expect(tradeoffsOf(timed)).toContain(words);
		expect(parseReport(await render("json", timed), "run.json").tradeoffs?.profiles[0]?.took).toEqual(first.took);
	});

	it("as JSON are the report, which is read again", async () => {
		expect(parseReport(await render("json"), "run.json").tradeoffs).toEqual(report.tradeoffs);
	});
});
