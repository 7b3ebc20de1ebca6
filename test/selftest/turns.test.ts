import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dump } from "js-yaml";
import { beforeAll, describe, expect, it } from "vitest";
import { main } from "../../src/main.ts";
import { loadProfiles } from "../../src/profile/load.ts";
import type { Report } from "../../src/report/report.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { builtContext } from "./built-context.ts";

const folder = temporaryFolder();
const out = join(folder, "run.json");
let report: Report;

beforeAll(async () => {
	const [full] = await loadProfiles(["full"]);
	if (full === undefined) throw new Error("no profile full");
	const classic = join(folder, "classic.yaml");
	const podAnnotations = { "sidecar.istio.io/nativeSidecar": "false" };
	const promises = { ...full.promises, sidecar: "classic" };
	writeFileSync(classic, dump({ ...full, name: "classic", podAnnotations, promises }));
	const options = ["--iterations", "2", "--blocks", "2", "--seed", "5", "--speed", "20", "--out", out];
	const profiles = ["minimal", "full", classic].flatMap((name) => ["--profile", name]);
	const { context, said } = builtContext();
	const code = await main(["bench", "--cluster", "simulated", ...profiles, ...options], context);
	expect(code, said.stderr).toBe(0);
	report = JSON.parse(readFileSync(out, "utf8")) as Report;
}, 120_000);

/** `minimal 0`, in the order in which they were sent. */
function inOrder(): string[] {
	const starts = report.profiles.flatMap(({ profile, coldStarts }) =>
		coldStarts.map(({ round, requestSentAt }) => ({ text: `${profile.name} ${round}`, requestSentAt })),
	);
	return starts.sort((a, b) => (a.requestSentAt < b.requestSentAt ? -1 : 1)).map(({ text }) => text);
}

describe("a run of blocks and turns", () => {
	it("starts the profiles of one installation in turns, and all of them again in the next block", () => {
		const texts = inOrder();
		const blocks = [texts.slice(0, 6), texts.slice(6)];
		for (const [index, block] of blocks.entries()) {
			const round = index + 1;
			const turns = block.filter((text) => !text.startsWith("minimal"));
			expect(turns.slice(0, 2)).toEqual(["full 0", "classic 0"]);
			expect([...turns.slice(2)].sort()).toEqual([`classic ${round}`, `full ${round}`]);
			expect(block.filter((text) => text.startsWith("minimal"))).toEqual(["minimal 0", `minimal ${round}`]);
		}
		// Two blocks are a balanced cycle: who was first in the one is last in the other.
		expect(blocks[0]?.[0]?.startsWith("minimal")).not.toBe(blocks[1]?.[0]?.startsWith("minimal"));
	});

	it("counts as many cold starts of each as were asked for, in the order asked for", () => {
		expect(report.profiles.map(({ profile }) => profile.name)).toEqual(["minimal", "full", "classic"]);
		for (const { profile, coldStarts } of report.profiles) {
			const counted = coldStarts.filter((start) => start.counted).map(({ round }) => round);
			expect(counted, profile.name).toEqual([1, 2]);
		}
		expect(report.order).toEqual({ seed: 5, blocks: 2, turns: [["full", "classic"]] });
	});

	it("measures each profile's own pods, of the shape that it promises", () => {
		const [, full, classic] = report.profiles;
		const roleOf = (run: Report["profiles"][number] | undefined) =>
			new Set(
				run?.coldStarts.flatMap(({ pods }) =>
					pods.flatMap(({ containers }) =>
						containers.flatMap(({ name, role }) => (name === "istio-proxy" ? [role] : [])),
					),
				),
			);
		expect(roleOf(full)).toEqual(new Set(["sidecar"]));
		expect(roleOf(classic)).toEqual(new Set(["app"]));
		const uids = report.profiles.flatMap(({ coldStarts }) =>
			coldStarts.flatMap(({ pods }) => pods.map(({ uid }) => uid)),
		);
		expect(uids).toHaveLength(12);
		expect(new Set(uids).size).toBe(12);
	});

	it("finds each profile the same in its second block", () => {
		expect(report.profiles.flatMap(({ findings }) => findings.map(({ message }) => message))).toEqual([]);
	});
});

it("is told beforehand by --dry-run, with as many cold starts as there will be", async () => {
	const { context, said } = builtContext();
	const profiles = ["minimal", "full", join(folder, "classic.yaml")].flatMap((name) => ["--profile", name]);
	const options = ["--iterations", "4", "--blocks", "2", "--dry-run"];
	expect(await main(["bench", "--cluster", "simulated", ...profiles, ...options], context)).toBe(0);
	expect(said.stdout.match(/start it cold 6 times/g)).toHaveLength(3);
	const [, order = ""] = /^order: (.*)$/m.exec(said.stdout) ?? [];
	expect(order.match(/full and classic in turns \(rounds (1–2|3–4)\)/g)).toHaveLength(2);
	expect(order.match(/minimal \(rounds (1–2|3–4)\)/g)).toHaveLength(2);
}, 30_000);
