import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { main } from "../../src/main.ts";
import { builtInFile } from "../../src/profile/built-in.ts";
import { anAttempt, aReport, around } from "../gate/a-report.ts";
import { fakeContext } from "../support/fake-context.ts";

const phases = (n: number) => ({ "startup-istio-proxy": around(500, 20, n) });
const fine = aReport({ minimal: { totals: around(2000, 50, 20), phases: phases(20) } });
const slow = aReport({ minimal: { totals: around(2600, 50, 20), phases: phases(20) } });
const simulated = { ...fine, simulated: { model: "today", seed: 1, speed: 1 } };
const otherIstio = aReport({ minimal: { totals: around(2000, 50, 20), fingerprint: { istio: "1.30.0" } } });
const withOwnBudget = structuredClone(fine);
withOwnBudget.profiles[0]?.profile.budgets.push("total: p(50) < 1s");

const minimalFile = builtInFile("minimal") ?? "";

const files = {
	[minimalFile]: readFileSync(minimalFile, "utf8"),
	"fine.json": fine,
	"main.json": { ...fine, startedAt: "2026-11-22T10:00:00Z" },
	"slow.json": slow,
	"cut-short.json": { ...fine, endedBy: "interrupted by SIGINT" },
	"few.json": aReport({ minimal: { totals: around(2000, 50, 3) } }),
	"empty.json": aReport({ minimal: { extra: [anAttempt(1, "failed")] } }),
	"simulated.json": simulated,
	"simulated-main.json": { ...simulated, startedAt: "2026-11-22T10:00:00Z" },
	"other.json": otherIstio,
	"own.json": withOwnBudget,
	"cut.json": JSON.stringify(fine).slice(0, 500),
	"budgets.yaml": "- minimal.total: p(50) < 1s\n",
};

async function run(line: string) {
	const world = fakeContext(files);
	// Words in double quotes stay together, as in a shell.
	const argv = (line.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replaceAll('"', ""));
	return { code: await main(argv, world.context), ...world };
}

describe("exit codes", () => {
	test.each([
		['check fine.json --budget "minimal.total: p(50) < 3s"', 0],
		["check fine.json --baseline main.json", 0],
		["check slow.json --baseline fine.json --min-effect 800ms", 0],
		["check slow.json --baseline fine.json --min-effect-share 40%", 0],
		["check other.json --baseline fine.json --allow-different istio", 0],
		['check simulated.json --cluster simulated --budget "total: p(50) < 3s"', 0],
		["compare fine.json slow.json", 0],
		["compare fine.json --by profile", 0],
		["plan fine.json --detect 200ms", 0],
		["schema", 0],
		["schema judgement", 0],

		['check fine.json --budget "minimal.total: p(50) < 1s"', 99],
		["check fine.json --budgets budgets.yaml", 99],
		["check own.json --baseline fine.json", 99],
		['check cut-short.json --budget "total: p(50) < 1s"', 99],
		["check slow.json --baseline fine.json", 99],
		["check slow.json --baseline fine.json --baseline main.json", 99],
		["check slow.json --baseline fine.json --baseline none.json", 99],

		['check few.json --budget "total: p(50) < 3s"', 3],
		['check empty.json --budget "failed: count <= 5"', 3],
		['check simulated.json --budget "total: p(50) < 3s"', 3],
		["check fine.json --baseline none.json", 3],
		["check fine.json --baseline main.json --baseline none.json", 3],
		['check cut-short.json --budget "total: p(50) < 3s"', 3],
		['check fine.json --budget "full.total: p(50) < 3s"', 3],
		["compare empty.json", 3],

		["check", 2],
		["check fine.json", 2],
		["check none.json --baseline fine.json", 2],
		["check fine.json --baseline fine.json", 2],
		["check slow.json --baseline fine.json --baseline fine.json", 2],
		["check cut.json --baseline fine.json", 2],
		["check other.json --baseline fine.json", 2],
		['check fine.json --budget "minimal.totl: p(50) < 3s"', 2],
		["check fine.json --baseline main.json --require totl", 2],
		["check fine.json --baseline main.json --min-effect fast", 2],
		["check fine.json --baseline main.json --min-effect-share 5", 2],
		["check fine.json --baseline main.json --format xml", 2],
		["check simulated.json --cluster kind --baseline fine.json", 2],
		["compare", 2],
		["compare none.json", 2],
		["compare fine.json --by round", 2],
		["plan fine.json", 2],
		["plan fine.json --detect 200ms --power 80", 2],
		["plan fine.json --detect 200ms --min-effect 300ms", 2],
		["plan fine.json --detect 200ms --phase nap", 2],
		["plan few.json --detect 200ms", 2],
	])("knistio %s: %i", async (line, code) => {
		const ended = await run(line);
		expect(ended.code, ended.said.stderr).toBe(code);
		if (code === 2) expect(ended.said.stdout).toBe("");
		else expect(ended.said.stdout).not.toBe("");
		expect(ended.said.stderr).not.toContain("defect of knistio");
	});

	test("bench finds a mistyped budget and a damaged baseline before it looks for a cluster", async () => {
		const typo = await run('bench -p minimal --budget "minimal.totl: p(50) < 3s"');
		expect(typo.code).toBe(2);
		expect(typo.said.stderr).toContain('did you mean "total"?');
		const damaged = await run("bench -p minimal --baseline cut.json");
		expect(damaged.code).toBe(2);
		expect(damaged.said.stderr).toContain("cut.json:1:");
	});
});

describe("what is said", () => {
	test("check names the phase that moved first, and writes every file", async () => {
		const paths = "--junit j.xml --summary s.md --comment c.md --github-action-benchmark g.json --bencher b.json";
		const { said, files } = await run(`check slow.json --baseline fine.json ${paths}`);
		expect(said.stdout).toMatch(
			/^breach: minimal: total \+600 ms \[\d+, \d+\] \(medians 2\.000 s → 2\.600 s\), limit \+200 ms/,
		);
		for (const path of ["j.xml", "s.md", "c.md", "g.json", "b.json"]) expect(files.get(path), path).toMatch(/\S/);
	});

	test("check --require asks of a phase what is else asked of the total only", async () => {
		const { said } = await run("check fine.json --baseline main.json --require startup-istio-proxy --format json");
		const { verdicts } = JSON.parse(said.stdout) as { verdicts: { measure: string; status: string }[] };
		expect(verdicts).toContainEqual(expect.objectContaining({ measure: "startup-istio-proxy", status: "pass" }));
	});

	test.each([
		"compare simulated.json",
		"plan simulated.json --detect 200ms",
		"check simulated.json --baseline simulated-main.json",
	])("%s says that nothing real was measured", async (line) => {
		expect((await run(line)).said.stdout).toContain("simulated");
	});

	test("plan counts iterations, more for more power", async () => {
		const iterations = async (power: string) => {
			const { said } = await run(`plan fine.json --detect 60ms --power ${power} --format json`);
			return (JSON.parse(said.stdout) as { iterations: number }).iterations;
		};
		expect(await iterations("95%")).toBeGreaterThan(await iterations("0.8"));
	});

	test("schema describes what knistio writes", async () => {
		const schema = JSON.parse((await run("schema")).said.stdout) as Record<string, unknown>;
		expect(schema).toMatchObject({ title: "knistio report", $schema: expect.stringContaining("2020-12") });
		const read = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
		expect(read.safeParse(fine).success).toBe(true);
		expect(read.safeParse({ ...fine, profiles: undefined }).success).toBe(false);
	});
});
