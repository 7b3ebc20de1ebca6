import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dump, loadAll } from "js-yaml";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { openKube } from "../../src/kube/api/client.ts";
import { type Cluster, type KubeObject, type ObjectRef, refOf } from "../../src/kube/api/cluster.ts";
import { parseReport } from "../../src/report/read-report.ts";
import { everything, run } from "./knistio.ts";

const all = loadAll(await readFile(new URL("../../.github/rbac.yaml", import.meta.url), "utf8")) as KubeObject[];
// Without the rights of `tradeoffs`, which bench has no need of.
const documented = all.filter(({ metadata }) => metadata.name !== "knistio-ci-tradeoffs");
const account = documented.find(({ kind }) => kind === "ServiceAccount");

let folder: string;
let cluster: Cluster;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "knistio-rbac-"));
	const cleaned = await run(["clean", "--force"]);
	expect(cleaned.code, cleaned.stderr).toBe(0);
	cluster = await openKube({ env: process.env });
	for (const object of documented) await cluster.apply(object);
});
afterAll(async () => {
	for (const object of documented.toReversed()) await cluster.remove(refOf(object));
	// What is in a namespace goes with it, later than the answer to this.
	const namespaces = documented.filter(({ kind }) => kind === "Namespace").map(refOf);
	const isGone = async (ref: ObjectRef) => expect(await cluster.get(ref)).toBeUndefined();
	for (const ref of namespaces) await vi.waitFor(() => isGone(ref), { timeout: 120_000, interval: 500 });
	cluster.close();
	await rm(folder, { recursive: true, force: true });
});

const file = (name: string) => join(folder, name);

/** A kubeconfig of its own for the documented account, with a token that ends with the hour. */
async function kubeconfigOf({ metadata }: KubeObject): Promise<string> {
	const path = `/api/v1/namespaces/${metadata.namespace}/serviceaccounts/${metadata.name}/token`;
	const body = JSON.stringify({ apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} });
	const answer = await cluster.raw("POST", path, { body, headers: { "Content-Type": "application/json" } });
	const { token } = (JSON.parse(answer.body.toString("utf8")) as { status: { token: string } }).status;
	const { origin, basePath, tls } = await cluster.connection();
	const ca = tls.ca === undefined ? {} : { "certificate-authority-data": Buffer.from(tls.ca).toString("base64") };
	const config = {
		apiVersion: "v1",
		kind: "Config",
		"current-context": "documented",
		contexts: [{ name: "documented", context: { cluster: "it", user: "knistio" } }],
		clusters: [{ name: "it", cluster: { server: origin + basePath, ...ca } }],
		users: [{ name: "knistio", user: { token } }],
	};
	await writeFile(file("kubeconfig"), dump(config), { mode: 0o600 });
	return file("kubeconfig");
}

describe("the documented rights", () => {
	it("are enough to install, measure and clean up, without a word of what could not be known", async () => {
		if (account === undefined) throw new Error("no ServiceAccount is documented");
		const asDocumented = ["--kubeconfig", await kubeconfigOf(account)];
		const before = await everything();
		const ended = await run(["bench", "-p", "full-cni", "-n", "1", ...asDocumented, "--out", file("run.json")]);
		expect(ended.code, ended.stderr).toBe(0);
		const report = parseReport(await readFile(file("run.json"), "utf8"), "run.json");
		// Without the right to make and change the pod of the pings.
		expect(report.findings.map(({ code }) => code)).not.toContain("no-ping");
		expect(report.observer?.pings).toBeGreaterThan(0);
		const methods = Object.fromEntries(report.clocks.map(({ clock, method }) => [clock, method]));
		expect(methods.apiserver).toContain("http-date");
		const node = report.profiles[0]?.coldStarts[0]?.pods[0]?.node;
		// Not by the node's own answers, for the right to those reaches into every container.
		expect(methods[`node/${node}`]?.split(" + ").sort()).toEqual(["causes", "lease"]);
		expect(report.profiles[0]?.fingerprint).toHaveProperty("mesh-compatibility-mode");
		expect(await everything()).toEqual(before);
	});
});
