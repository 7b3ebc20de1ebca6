import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { type AsFoundOptions, benchAsFound } from "../../src/commands/bench/as-found.ts";
import { simulatedRun } from "../../src/commands/bench/simulated-run.ts";
import type { Report } from "../../src/report/report.ts";
import { builtContext } from "../selftest/built-context.ts";
import { knistio } from "../support/command-line.ts";
import { openUsedCluster, type UsedCluster } from "../support/installed-service.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
const file = (name: string) => join(folder, name);

const asked = (more: Partial<AsFoundOptions> = {}): AsFoundOptions => ({
	...simulatedRun({
		profiles: [],
		where: { kind: "simulated", model: "today", seed: 1, speed: 40 },
		namespace: "bench",
		useInstalled: true,
		iterations: 2,
	}),
	installed: "shop",
	...more,
});

const { context, said } = builtContext();

/** Runs it while no write is let through. */
async function run({ gate, open }: UsedCluster, options: AsFoundOptions) {
	Object.assign(said, { stdout: "", stderr: "" });
	gate.allows = (method) => method === "GET";
	const code = await benchAsFound(options, context, open).catch((error: { exitCode?: number } & Error) => {
		said.stderr += `${error.message}\n`;
		return error.exitCode ?? 1;
	});
	gate.allows = () => true;
	expect(gate.refused, said.stderr).toEqual([]);
	return { code, ...said };
}

const reportIn = (name: string) => JSON.parse(readFileSync(file(name), "utf8")) as Report;

/** All there is, as somebody left it: without Events, what a server counts, and what a controller says of the moment. */
async function everything({ open }: UsedCluster): Promise<Record<string, unknown>> {
	const { cluster, close } = await open();
	const kinds = (await cluster.resources()).filter(({ verbs, kind }) => verbs.includes("list") && kind !== "Event");
	const found: Record<string, unknown> = {};
	for (const { apiVersion, kind } of kinds) {
		for (const object of await cluster.list({ apiVersion, kind })) {
			const { status: _, metadata, subsets: __, endpoints: ___, ...rest } = object;
			const { name, namespace = "", labels, uid, ownerReferences, managedFields = [] } = metadata;
			const managers = (managedFields as { manager: string }[]).map(({ manager }) => manager);
			expect(managers).not.toContain("knistio");
			const isLease = kind === "Lease";
			found[`${kind} ${namespace}/${name}`] = { labels, uid, ownerReferences, ...(isLease ? {} : rest) };
		}
	}
	await close();
	return found;
}

it("measures a service that is there as it is, and changes nothing", async () => {
	const used = await openUsedCluster("native");
	await used.deploy("shop", { env: { SIMULATED_ECHO: "yes", SIMULATED_STATUS: "201" } });
	// At zero it is as it was found.
	const request = { request: { method: "POST", path: "/v1/orders" }, body: "an order", expectStatus: 201 };
	const once = await run(used, asked({ ...request, iterations: 1 }));
	expect(once.code, once.stderr).toBe(0);
	const before = await everything(used);
	expect(Object.keys(before).length).toBeGreaterThan(40);
	const out = [file("run.json"), file("run.csv")];
	const { code, stdout, stderr } = await run(used, asked({ ...request, expectBody: "an order", out }));
	expect(code, stderr).toBe(0);
	expect(await everything(used)).toEqual(before);
	expect(stderr).toContain(
		"service bench/shop is measured as it is; it goes to zero by its own settings, usually 6 s to",
	);
	expect(stderr).toMatch(/waiting for bench\/shop to go to zero, usually 6 s to 46 s: window 6 s, up to 30 s of grace/);
	expect(stdout).toContain("installed");
	const report = reportIn("run.json");
	const [profile] = report.profiles;
	expect(profile).toMatchObject({
		isAsFound: true,
		ledger: { attempted: 2, cold: 2, counted: 2 },
		profile: { name: "installed", promises: { sidecar: "native" } },
		fingerprint: {
			profile: "installed",
			sidecar: "native",
			service: expect.stringMatching(/^[0-9a-f]{16}$/),
			request: expect.stringMatching(/^POST \/v1\/orders [0-9a-f]{8} → 201$/),
			istio: "1.31.0",
			"image:web": expect.stringContaining("sha256:"),
		},
	});
	expect(profile?.profile.description).toMatch(
		/^Found, and not changed: Istio 1\.31\.0, Knative \d[\d.]+, a native sidecar, mesh-compatibility-mode enabled$/,
	);
	expect(profile?.installMs).toBeUndefined();
	expect(report.findings.map(({ code }) => code)).toContain("no-ping");
	await readAgain();
}, 120_000);

/** What reads reports and recordings takes such ones too. */
async function readAgain(): Promise<void> {
	const [json, recording] = [file("run.json"), file("run.recording.ndjson")];
	const shown = await knistio(["show", json]);
	expect(shown).toMatchObject({ code: 0, stdout: expect.stringContaining("installed") });
	const replayed = await knistio(["replay", recording, "--out", file("again.json")]);
	expect(replayed.code, replayed.stderr).toBe(0);
	expect(readFileSync(file("again.json"), "utf8")).toBe(readFileSync(json, "utf8"));
	const checked = await knistio(["check", json, "--budget", "installed.failed: count <= 0", "--cluster", "simulated"]);
	expect(checked, checked.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining("failed 0 in installed") });
	const other = reportIn("run.json");
	for (const { fingerprint } of other.profiles) fingerprint.service = "0123456789abcdef";
	writeFileSync(file("other.json"), JSON.stringify(other));
	const compared = await knistio(["check", json, "--baseline", file("other.json"), "--cluster", "simulated"]);
	expect(compared).toMatchObject({ code: 2, stderr: expect.stringContaining("service") });
}

it("notices live traffic before it has asked anything, and ends with 4", async () => {
	const used = await openUsedCluster("none", { faults: { foreignTraffic: { afterRequests: 1, everyMs: 3_000 } } });
	await used.deploy("shop");
	expect(await used.ask("shop")).toBe(200);
	const { code, stderr } = await run(used, asked());
	expect(code, stderr).toBe(4);
	expect(stderr).toMatch(
		/live traffic: revision shop-00001 still has a pod \(shop-00001-deployment-\S+\) \d+ s after the last request of knistio: somebody else asks it/,
	);
}, 120_000);

it("notices a pod that it did not cause, and keeps what was measured before, with 3", async () => {
	// The first request shows what is installed, the second is measured; then somebody asks once all is at zero.
	const used = await openUsedCluster("none", {
		faults: { foreignTraffic: { afterRequests: 3, everyMs: 5_500 } },
		speed: 10,
	});
	await used.deploy("shop");
	const { code, stderr } = await run(used, asked({ iterations: 9, out: [file("cut.json")] }));
	expect(code, stderr).toBe(3);
	expect(stderr).toMatch(/live traffic: .*; [12] cold start\(s\) before it are in the report/);
	const report = reportIn("cut.json");
	expect(report.endedBy).toMatch(/^live traffic: /);
	expect(report.profiles[0]?.ledger?.counted).toBeGreaterThan(0);
}, 120_000);

it("refuses what cannot be started cold as it is, each with its reason", async () => {
	const used = await openUsedCluster("none");
	const scale = "autoscaling.knative.dev/";
	await used.deploy("kept", { annotations: { [`${scale}min-scale`]: "2" } });
	await used.deploy("hpa", { annotations: { [`${scale}class`]: "hpa.autoscaling.knative.dev" } });
	await used.deploy("broken", { env: { SIMULATED_READY_MS: "9000000" }, isBroken: true });
	await used.deploy("split");
	await used.deploy("split", {
		env: { NEW: "yes" },
		traffic: [
			{ revisionName: "split-00001", percent: 50 },
			{ latestRevision: true, percent: 50 },
		],
	});
	await used.deploy("shop", { env: { SIMULATED_PATHS: "/v1/orders" } });
	const words: Record<string, RegExp> = {
		kept: /service bench\/kept keeps 2 pod\(s\) running \(autoscaling\.knative\.dev\/min-scale\): it never goes to zero/,
		hpa: /service bench\/hpa is scaled by hpa\.autoscaling\.knative\.dev, which does not go to zero/,
		broken: /service bench\/broken is not Ready/,
		split: /service bench\/split sends its traffic to 2 revisions \(split-00001, split-00002\), not to one/,
		nobody: /there is no Knative service bench\/nobody/,
		shop: /service bench\/shop: the service answers GET \/ with HTTP 404 Not Found, expected: 200/,
	};
	for (const [installed, word] of Object.entries(words)) {
		const { code, stderr } = await run(used, asked({ installed }));
		expect(stderr).toMatch(word);
		expect(code).toBe(4);
	}
	const merge = { "content-type": "application/merge-patch+json" };
	const config = "/api/v1/namespaces/knative-serving/configmaps/config-autoscaler";
	await used.client.call("PATCH", config, { data: { "enable-scale-to-zero": "false" } }, merge);
	expect((await run(used, asked())).stderr).toContain('enable-scale-to-zero is "false": a service never goes to zero');
	await used.client.call("PATCH", config, { data: { "enable-scale-to-zero": null, "min-scale": "1" } }, merge);
	expect((await run(used, asked())).stderr).toContain("keeps 1 pod(s) running (min-scale of config-autoscaler)");
	await used.client.call("PATCH", config, { data: { "min-scale": null } }, merge);
	const autoscaler = "/apis/apps/v1/namespaces/knative-serving/deployments/autoscaler";
	await used.client.call("PATCH", autoscaler, { spec: { replicas: 0 } }, merge);
	await expect
		.poll(async () => (await run(used, asked())).stderr, { timeout: 60_000 })
		.toContain("autoscaling is paused: Deployment knative-serving/autoscaler has no pod that is ready");
	await used.client.call("PATCH", config.replace("autoscaler", "domain"), { data: { "example.com": null } }, merge);
	await expect
		.poll(async () => (await run(used, asked())).stderr, { timeout: 60_000 })
		.toContain("service bench/shop has no address outside the cluster");
}, 180_000);

it("says with --dry-run what it will ask, and that nothing is changed", async () => {
	const used = await openUsedCluster("none");
	await used.deploy("shop");
	const { code, stdout } = await run(
		used,
		asked({ dryRun: true, request: { method: "POST", path: "/v1/orders?t=1" } }),
	);
	expect(code).toBe(0);
	expect(stdout).toMatch(
		/^service bench\/shop as it is: revision shop-00001, (1 pod\(s\)|at zero) now\n {2}ask it POST \/v1\/orders once/,
	);
	expect(stdout).toContain("then start it cold 2 times, one request at a time; it goes to zero by its own settings");
	expect(stdout).toContain("nothing is deployed, installed, labelled or changed");
}, 120_000);

it.each([
	["ksvc/shop", "a service that is there is measured as it is"],
	["ksvc/Shop --use-installed", '"ksvc/Shop" does not name a Knative service'],
	["ksvc/shop --use-installed --profile full", "--profile: a service that is there is measured as it is"],
	["ksvc/shop --use-installed --burst 5", "--burst: a service that is there is measured as it is"],
	["ksvc/shop --use-installed --tradeoffs", "--tradeoffs: a service that is there is measured as it is"],
	["ksvc/shop --use-installed --traces x.json", "--traces: a service that is there is measured as it is"],
	["ksvc/shop --use-installed --keep", "--keep: a service that is there is measured as it is"],
	["ksvc/shop --use-installed --cluster simulated", "--cluster simulated: it begins empty"],
	["shop.yaml", "--profile"],
])("refuses bench --service %s", async (line, word) => {
	const outcome = await knistio(["bench", "--service", ...line.split(" ")]);
	expect(outcome).toMatchObject({ code: 2, opened: 0, stderr: expect.stringContaining(word) });
});

it("opens the cluster, and reads no file, for bench --service ksvc/NAME", async () => {
	const outcome = await knistio(["bench", "--service", "ksvc/shop", "--use-installed"]);
	expect(outcome).toMatchObject({ opened: 1, stderr: expect.not.stringContaining("cannot read") });
});
