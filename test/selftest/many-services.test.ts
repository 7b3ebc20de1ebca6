import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { main } from "../../src/main.ts";
import type { Entry } from "../../src/recording/entries.ts";
import type { Report } from "../../src/report/report.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { builtContext } from "./built-context.ts";

const folder = temporaryFolder();
const bench = ["bench", "--cluster", "simulated", "--profile", "full"];
const said = { stdout: "", stderr: "" };
let report: Report;

beforeAll(async () => {
	const out = join(folder, "run.json");
	const options = ["--iterations", "2", "--burst", "4", "--crowd", "6,3", "--speed", "10", "--out", out];
	const world = builtContext();
	const code = await main([...bench, ...options], world.context);
	Object.assign(said, world.said);
	expect(code, said.stderr).toBe(0);
	report = JSON.parse(readFileSync(out, "utf8")) as Report;
}, 180_000);

const run = () => {
	const [first] = report.profiles;
	if (first === undefined) throw new Error("no profile was measured");
	return first;
};

describe("many services on a simulated cluster", () => {
	it("are asked in the same instant, and each has a pod of its own that is proven cold", () => {
		const { bursts = [] } = run();
		expect(bursts.map(({ size, number }) => [size, number])).toEqual([
			[4, 1],
			[4, 2],
			[4, 3],
		]);
		for (const { coldStarts } of bursts) {
			expect(coldStarts.map(({ outcome }) => outcome)).toEqual(["cold", "cold", "cold", "cold"]);
			expect(coldStarts.map(({ copy }) => copy)).toEqual([1, 2, 3, 4]);
			const sent = coldStarts.map(({ requestSentAt }) => Date.parse(requestSentAt));
			expect(Math.max(...sent) - Math.min(...sent)).toBeLessThan(1_000);
		}
		const uids = bursts.flatMap(({ coldStarts }) => coldStarts.flatMap(({ pods }) => pods.map(({ uid }) => uid)));
		expect(uids).toHaveLength(12);
		expect(new Set(uids).size).toBe(12);
	});

	it("do not change the profile's own cold starts, which are one at a time", () => {
		expect(run().coldStarts.map(({ round, outcome }) => [round, outcome])).toEqual([
			[0, "cold"],
			[1, "cold"],
			[2, "cold"],
		]);
	});

	it("may be idle, in rising numbers, and never have a pod", () => {
		expect(run().crowds?.map(({ size, coldStarts }) => [size, coldStarts.map(({ outcome }) => outcome)])).toEqual([
			[3, ["cold", "cold"]],
			[6, ["cold", "cold"]],
		]);
		const names = readFileSync(join(folder, "run.recording.ndjson"), "utf8")
			.trim()
			.split("\n")
			.map((line) => JSON.parse(line) as Entry)
			.flatMap((entry) => (entry.kind === "watch" ? [`${entry.watch} ${entry.object.metadata.name}`] : []));
		expect(names.some((name) => name.startsWith("deployments crowd-6"))).toBe(true);
		expect(names.filter((name) => name.startsWith("pods crowd-"))).toEqual([]);
	});

	it("are told of while they are measured, and below the table", () => {
		expect(said.stderr).toContain("full: 4 services at once, burst 3 of 3: 4 of 4 answered, the last after ");
		expect(said.stderr).toContain("full: adding idle services until there are 6");
		expect(said.stdout).toContain("full: services asked in the same instant (total)");
		expect(said.stdout).toContain("full: cold starts among idle services");
	});
});

it("changes Knative's settings for idle services only where they are asked for, and says so beforehand", async () => {
	const plan = async (...options: string[]) => {
		const { context, said: told } = builtContext();
		expect(await main([...bench, "--dry-run", ...options], context), told.stderr).toBe(0);
		return told.stdout;
	};
	expect(await plan("--crowd", "5")).toContain("allow-zero-initial-scale");
	expect(await plan("--crowd", "0")).not.toContain("allow-zero-initial-scale");
	expect(await plan("--burst", "5")).not.toContain("allow-zero-initial-scale");
}, 60_000);

it.each([
	["--burst", "0", /--burst/],
	["--burst", "5,x", /--burst/],
	["--crowd", "-1", /--crowd/],
])("%s %s is refused", async (option, value, message) => {
	const { context, said: told } = builtContext();
	expect(await main([...bench, `${option}=${value}`], context)).toBe(2);
	expect(told.stderr).toMatch(message);
});
