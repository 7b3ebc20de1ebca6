import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dump } from "js-yaml";
import { afterAll, beforeAll, expect, it } from "vitest";
import { loadProfiles } from "../../src/profile/load.ts";
import type { Profile } from "../../src/profile/profile.ts";
import { parseReport } from "../../src/report/read-report.ts";
import type { TradeoffCell } from "../../src/report/tradeoffs.ts";
import { everything, run } from "./knistio.ts";

let folder: string;
let before: string[];

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "knistio-tradeoffs-"));
	const cleaned = await run(["clean", "--force"]);
	expect(cleaned.code, cleaned.stderr).toBe(0);
	before = await everything();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A profile as a file, changed on the way. @returns its path */
async function changed(name: string, own: string, change: (profile: Profile) => void): Promise<string> {
	const [profile] = await loadProfiles([name]);
	if (profile === undefined) throw new Error(`no profile ${name}`);
	const copy = structuredClone(profile);
	copy.name = own;
	change(copy);
	const path = join(folder, `${own}.yaml`);
	await writeFile(path, dump(copy));
	return path;
}

/** Has Envoy keep the counters that stand for telemetry where its build lacks Istio's own. */
const countsRequests = {
	apiVersion: "install.istio.io/v1alpha1",
	kind: "IstioOperator",
	spec: {
		meshConfig: {
			defaultConfig: {
				proxyStatsMatcher: {
					inclusionPrefixes: ["cluster.outbound", "cluster.inbound", "http."],
					inclusionSuffixes: ["ext_authz.ok", "ext_authz.denied"],
				},
			},
		},
	},
};

/** The cells of one run, by profile; nothing of it may be left on the cluster. @param only those, or all */
async function observe(
	profiles: readonly string[],
	only: readonly string[] = [],
): Promise<(profile: string, column: string) => TradeoffCell | undefined> {
	const out = join(folder, "observed.json");
	const named = [...profiles.flatMap((profile) => ["-p", profile]), ...only.flatMap((column) => ["--only", column])];
	const counting = join(folder, "counting.yaml");
	await writeFile(counting, dump(countsRequests));
	const ended = await run(["tradeoffs", ...named, "--istio-overlay", counting, "--out", out]);
	expect(ended.code, ended.stderr).toBe(0);
	expect(await everything()).toEqual(before);
	const report = parseReport(await readFile(out, "utf8"), out);
	return (profile, column) =>
		report.tradeoffs?.profiles.find((each) => each.profile === profile)?.cells.find((each) => each.column === column);
}

const promised = {
	minimal: {
		"net-admin": "refuted",
		restricted: "observed",
		memory: "refuted",
		routing: "observed",
		"mesh-routing": "refuted",
		policy: "refuted",
		mtls: "refuted",
		"edge-tls": "observed",
	},
	full: {
		"net-admin": "observed",
		restricted: "observed",
		memory: "observed",
		routing: "observed",
		"mesh-routing": "observed",
		policy: "observed",
		mtls: "observed",
		"edge-tls": "observed",
		telemetry: "observed",
	},
};

it("finds in minimal and full what they promise, and leaves nothing behind", async () => {
	const cell = await observe(["minimal", "full"]);
	for (const [profile, columns] of Object.entries(promised)) {
		for (const [column, answer] of Object.entries(columns)) {
			const found = cell(profile, column);
			expect(found?.answer, `${profile} ${column}: ${found?.evidence}`).toBe(answer);
		}
	}
	expect(cell("full", "policy")?.evidence).toContain("RBAC: access denied");
	expect(cell("full", "latency")?.amounts?.map(({ name }) => name)).toEqual(
		expect.arrayContaining(["difference", "p50", "p90", "p99"]),
	);
});

it("refutes mutual TLS where nobody requires it, and policy where there is none", async () => {
	const permissive = await changed("full", "permissive", (profile) => {
		profile.security = [];
	});
	const unasked = await changed("full", "unasked", (profile) => {
		profile.policy = [];
		profile.promises.denies = false;
	});
	const cell = await observe([permissive, unasked], ["mtls", "mesh-routing", "policy"]);
	expect(cell("unasked", "latency"), "not asked for").toBeUndefined();
	expect(cell("permissive", "mtls")?.answer, cell("permissive", "mtls")?.evidence).toBe("refuted");
	// The client with a sidecar speaks plain text to a server without one, whatever the mesh requires.
	expect(cell("permissive", "mesh-routing")?.answer, cell("permissive", "mesh-routing")?.evidence).toBe("observed");
	expect(cell("permissive", "policy")?.answer, cell("permissive", "policy")?.evidence).toBe("observed");
	expect(cell("unasked", "policy")?.answer, cell("unasked", "policy")?.evidence).toBe("refuted");
	expect(cell("unasked", "mtls")?.answer, cell("unasked", "mtls")?.evidence).toBe("observed");
});
