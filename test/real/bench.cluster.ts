import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dump } from "js-yaml";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadProfiles } from "../../src/profile/load.ts";
import { parseReport } from "../../src/report/read-report.ts";
import { ledgerOf, type ProfileRun, type Report } from "../../src/report/report.ts";
import { eventLagNs } from "../../src/timing/facts/fact.ts";
import { everything, run, start } from "./knistio.ts";

/** A start lies between two facts, and the event of each is late by at most so much; reports round to microseconds. */
const lagsOfTwoEventsMs = (2 * Number(eventLagNs)) / 1e6 + 0.002;

let folder: string;
let before: string[];

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "knistio-cluster-"));
	const cleaned = await run(["clean", "--force"]);
	expect(cleaned.code, cleaned.stderr).toBe(0);
	before = await everything();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const file = (name: string) => join(folder, name);

/** As full, but with a sidecar that is a container like the others: nothing on the cluster differs. */
async function classicFull(): Promise<string> {
	const [full] = await loadProfiles(["full"]);
	if (full === undefined) throw new Error("no profile full");
	const podAnnotations = { "sidecar.istio.io/nativeSidecar": "false" };
	return dump({
		...full,
		name: "classic",
		title: "Classic",
		podAnnotations,
		promises: { ...full.promises, sidecar: "classic" },
	});
}

describe("bench on a real cluster", () => {
	let report: Report;

	it("measures what is promised, and leaves the cluster as it was", async () => {
		const out = ["--out", file("run.json"), "--out", file("run.csv"), "--out", file("run.md")];
		await writeFile(file("classic.yaml"), await classicFull());
		const profiles = ["minimal", "full", file("classic.yaml")].flatMap((name) => ["-p", name]);
		const ended = await run(["bench", ...profiles, "-n", "2", "--reference", "talk", ...out]);
		expect(ended, ended.stderr).toMatchObject({ code: 0 });
		expect(ended.stdout).toContain("startup-istio-proxy");
		expect(ended.stdout).toContain("in the talk");
		report = parseReport(await readFile(file("run.json"), "utf8"), "run.json");
		expect(report.profiles.map(({ profile }) => profile.name)).toEqual(["minimal", "full", "classic"]);
		expect(await everything()).toEqual(before);
	});

	it("counts only cold starts, and all of them", () => {
		for (const { coldStarts } of report.profiles) {
			expect(ledgerOf(coldStarts)).toEqual({ attempted: 3, cold: 3, warm: 0, failed: 0, unresolved: 0, counted: 2 });
			for (const { events } of coldStarts) expect(events.seen).toBe(events.expected);
		}
		expect(report.observer?.gaps).toBe(0);
	});

	it("reaches the gateway the same way for all", () => {
		const ways = new Set(report.profiles.map(({ fingerprint }) => fingerprint.gateway));
		expect([...ways]).toHaveLength(1);
		expect(report.profiles.flatMap(({ findings }) => findings)).toEqual([]);
	});

	it("lets profiles of one installation take turns", () => {
		expect(report.order?.turns).toEqual([["full", "classic"]]);
		const starts = report.profiles
			.slice(1)
			.flatMap(({ profile, coldStarts }) =>
				coldStarts.map(({ round, requestSentAt, pods }) => ({ name: profile.name, round, requestSentAt, pods })),
			);
		starts.sort((a, b) => (a.requestSentAt < b.requestSentAt ? -1 : 1));
		expect(starts.map(({ round }) => round)).toEqual([0, 0, 1, 1, 2, 2]);
		for (const { name, pods } of starts) expect(pods[0]?.name).toMatch(new RegExp(`^helloworld(-\\d+)?-${name}-`));
	});

	it("starts copies in rotation, each of them proven cold while the pods of others are still there", () => {
		for (const { coldStarts } of report.profiles) {
			expect(new Set(coldStarts.map(({ copy }) => copy)).size).toBeGreaterThan(1);
		}
		const draining = report.profiles.flatMap(({ coldStarts }) => coldStarts.map((start) => start.draining ?? 0));
		expect(Math.max(...draining)).toBeGreaterThan(0);
		const met = report.profiles.flatMap(({ coldStarts }) => coldStarts.map(({ removalsBegun }) => removalsBegun));
		expect(met).not.toContain(undefined);
		expect(met.filter((removals = 0) => removals > 0).length, met.join()).toBeLessThanOrEqual(met.length / 4);
	});

	it("shows the sidecar in its promised shape and what it costs", () => {
		const [minimal, full] = report.profiles as [ProfileRun, ProfileRun];
		expect(minimal.fingerprint.sidecar).toBe("none");
		expect(full.fingerprint).toMatchObject({ "init-containers": "istio-init" });
		expect(["native", "classic"]).toContain(full.fingerprint.sidecar);
		const slowest = Math.max(...minimal.coldStarts.map(({ total }) => total?.ms ?? Number.NaN));
		for (const { total } of full.coldStarts) expect(total?.ms).toBeGreaterThan(slowest);
	});

	it("has phases that add up within bounds that are sharp enough to be of use", () => {
		for (const { coldStarts } of report.profiles) {
			for (const { phases, total } of coldStarts) {
				const sum = Object.values(phases).reduce((all, { ms }) => all + ms, 0);
				expect(sum).toBeCloseTo(total?.ms ?? Number.NaN, 2);
				expect(phases.unattributed?.ms).toBe(0);
				const started = Object.entries(phases).filter(([name]) => name.startsWith("start-"));
				for (const [, { loMs, hiMs }] of started) expect(hiMs - loMs).toBeLessThanOrEqual(lagsOfTwoEventsMs);
			}
		}
	});

	it("spends its time on Kubernetes and not on itself", () => {
		expect(report.overhead?.otherShare).toBeLessThan(0.1);
	});

	it("gives the same report again from the recording", async () => {
		const replayed = await run(["replay", file("run.recording.ndjson"), "--out", file("again.json")]);
		expect(replayed.code, replayed.stderr).toBe(0);
		expect(await readFile(file("again.json"), "utf8")).toBe(await readFile(file("run.json"), "utf8"));
		expect(await readFile(file("run.recording.ndjson"), "utf8")).not.toMatch(/BEGIN [A-Z ]*PRIVATE KEY|Bearer /);
	});
});

describe("a run that does not reach its end", () => {
	it("cleans up after Ctrl-C and says so with its exit code", async () => {
		const running = start(["bench", "-p", "minimal", "-n", "3", "--out", file("cut.json")]);
		await running.says("cold start 1 of 3: HTTP 200");
		running.signal("SIGINT");
		const ended = await running.ended;
		expect(ended.code, ended.stderr).toBe(130);
		expect(await everything()).toEqual(before);
		const report = parseReport(await readFile(file("cut.json"), "utf8"), "cut.json");
		expect(report.endedBy).toContain("SIGINT");
		expect(ledgerOf(report.profiles[0]?.coldStarts ?? []).counted).toBe(1);
	});

	it("leaves after kill -9 what `clean` can remove, and a recording that can be replayed", async () => {
		const running = start(["bench", "-p", "minimal", "-n", "3", "--record", file("killed.ndjson")]);
		await running.says("warm-up: HTTP 200");
		running.signal("SIGKILL");
		await running.ended;
		expect(await everything()).not.toEqual(before);
		const cleaned = await run(["clean", "--force"]);
		expect(cleaned.code, cleaned.stderr).toBe(0);
		expect(await everything()).toEqual(before);
		const replayed = await run(["replay", file("killed.ndjson"), "--out", file("killed.json")]);
		// There is a warm-up and nothing that counts: no pass.
		expect(replayed.code, replayed.stderr).toBe(3);
		const report = parseReport(await readFile(file("killed.json"), "utf8"), "killed.json");
		expect(report.profiles[0]?.coldStarts).toHaveLength(1);
	});
});

describe("where the profile is installed already", () => {
	let installed: string[];

	beforeAll(async () => {
		const ended = await run(["install", "minimal"]);
		expect(ended.code, ended.stderr).toBe(0);
		installed = await everything();
		expect(installed).not.toEqual(before);
	});
	afterAll(async () => {
		const cleaned = await run(["clean"]);
		expect(cleaned.code, cleaned.stderr).toBe(0);
		expect(await everything()).toEqual(before);
	});

	it("says the pod's own reason when its image cannot be had", async () => {
		const nowhere = ["--image", "registry.invalid/none:1", "--timeout", "45s"];
		const ended = await run(["bench", "-p", "minimal", "-n", "1", ...nowhere]);
		expect(ended.code, ended.stderr).toBe(4);
		// Knative's controller looks the tag up before there is a pod, and where it does not, kubelet fails to pull.
		expect(ended.stderr).toMatch(/Unable to fetch image "registry\.invalid|ErrImagePull|ImagePullBackOff/);
		expect(ended.stderr).toContain("hint: give an image that the nodes can pull");
		expect(await everything()).toEqual(installed);
	});

	it("asks many services in the same instant and measures among idle ones, and removes all of them", async () => {
		const many = ["--burst", "5", "--crowd", "20", "--out", file("many.json")];
		const ended = await run(["bench", "-p", "minimal", "-n", "1", ...many]);
		expect(ended.code, ended.stderr).toBe(0);
		const [profile] = parseReport(await readFile(file("many.json"), "utf8"), "many.json").profiles;
		const bursts = profile?.bursts ?? [];
		expect(bursts.map(({ size }) => size)).toEqual([5, 5, 5]);
		const ledgers = bursts.map(({ coldStarts }) => ledgerOf(coldStarts));
		for (const ledger of ledgers) expect(ledger).toMatchObject({ attempted: 5, warm: 0, failed: 0 });
		// Pods that start at once may be so late with an event that it contradicts the status: that start is unresolved.
		expect(ledgers.reduce((sum, { cold }) => sum + cold, 0)).toBeGreaterThanOrEqual(12);
		expect(profile?.crowds?.map(({ size, coldStarts }) => [size, ledgerOf(coldStarts).counted])).toEqual([[20, 1]]);
		expect(await everything()).toEqual(installed);
	});

	it("starts a service cold through the API server too, and the report says so", async () => {
		const out = ["--out", file("proxy.json")];
		const ended = await run(["bench", "-p", "minimal", "-n", "1", "--gateway", "service-proxy", ...out]);
		expect(ended.code, ended.stderr).toBe(0);
		const report = parseReport(await readFile(file("proxy.json"), "utf8"), "proxy.json");
		expect(report.profiles[0]?.fingerprint.gateway).toBe("API server's service proxy");
	});
});

describe("dry-run", () => {
	it("says all that would change, and changes nothing", async () => {
		const ended = await run(["bench", "-p", "full", "--dry-run"]);
		expect(ended.code, ended.stderr).toBe(0);
		expect(ended.stdout).toContain("create Deployment istio-system/istiod");
		expect(ended.stdout).toContain("create PeerAuthentication istio-system/default");
		expect(await everything()).toEqual(before);
	});
});
