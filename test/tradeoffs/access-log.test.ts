import { load } from "js-yaml";
import { expect, it } from "vitest";
import { ClusterError } from "../../src/errors.ts";
import { meshConfigRef } from "../../src/istio/mesh-config.ts";
import { openAccessLog, waitUntilWritten } from "../../src/tradeoffs/probes/access-log.ts";
import type { AccessLog } from "../../src/tradeoffs/probes/logged-request.ts";
import type { Visit } from "../../src/tradeoffs/probes/probe.ts";
import { fakeCluster, jumpingClock } from "../support/fake-cluster.ts";
import { sessionOn } from "../support/session.ts";

const text = [
	"# as an overlay has left it",
	"accessLogFile: /dev/stdout",
	"defaultProviders: {tracing: [jaeger], accessLogging: [mine]}",
	"extensionProviders:",
	"- {name: jaeger, opentelemetry: {service: jaeger.x, port: 4317}}",
	"- {name: knistio-authz, envoyExtAuthzHttp: {service: authz.x, port: 80, timeout: 5s}}",
	"",
].join("\n");

async function aVisit(mesh: string | undefined, signal = new AbortController().signal) {
	const cluster = fakeCluster();
	const { name, namespace = "" } = meshConfigRef;
	const data = { meshNetworks: "networks: {}", ...(mesh === undefined ? {} : { mesh }) };
	await cluster.create({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace }, data });
	const session = { ...sessionOn(cluster, { clock: jumpingClock() }), signal };
	const now = async () => (await cluster.get(meshConfigRef))?.data as Record<string, string>;
	const visit = { session, target: "t", send: async () => ({ status: 200, text: "" }) } as unknown as Visit;
	return { visit, now, cluster };
}

async function withAccessLog<T>({ session }: Visit, work: (log: AccessLog) => Promise<T>): Promise<T> {
	const log = await openAccessLog(session);
	try {
		return await work(log);
	} finally {
		await log.close();
	}
}

it("has one more provider write, beside all that are there, and puts the configuration back to the letter", async () => {
	const { visit, now } = await aVisit(text);
	const during = await withAccessLog(visit, async () => (await now()).mesh ?? "");
	const { extensionProviders, defaultProviders, accessLogFile } = load(during) as Record<string, unknown>;
	expect((extensionProviders as { name: string }[]).map(({ name }) => name)).toEqual([
		...["jaeger", "knistio-authz", "knistio-access-log"],
	]);
	expect(extensionProviders).toContainEqual({
		name: "knistio-authz",
		envoyExtAuthzHttp: { service: "authz.x", port: 80, timeout: "5s" },
	});
	expect(defaultProviders).toEqual({ tracing: ["jaeger"], accessLogging: ["knistio-access-log"] });
	expect(accessLogFile).toBe("/dev/stdout");
	expect(await now()).toEqual({ mesh: text, meshNetworks: "networks: {}" });
});

it("puts it back where the work fails, and where it is interrupted", async () => {
	const failing = await aVisit(text);
	await expect(withAccessLog(failing.visit, () => Promise.reject(new ClusterError("broken")))).rejects.toThrow(
		"broken",
	);
	expect((await failing.now()).mesh).toBe(text);
	const interruption = new AbortController();
	const interrupted = await aVisit(text, interruption.signal);
	const work = withAccessLog(interrupted.visit, async () => {
		expect((await interrupted.now()).mesh).not.toBe(text);
		interruption.abort(new Error("stopped"));
		interruption.signal.throwIfAborted();
	});
	await expect(work).rejects.toThrow("stopped");
	expect((await interrupted.now()).mesh).toBe(text);
});

it("touches no configuration that it cannot read, and names the proxy that writes nothing", async () => {
	for (const mesh of [undefined, "- a list", "a: b: c"]) {
		const { visit, now } = await aVisit(mesh);
		await expect(withAccessLog(visit, async () => 1)).rejects.toThrow("holds no mesh configuration");
		expect((await now()).mesh).toBe(mesh);
	}
	const { visit, cluster } = await aVisit(text);
	const common = { headers: {}, sentAt: 0n, answeredAt: 0n };
	cluster.raw = async () => ({ status: 200, body: Buffer.from("info nothing\n"), ...common });
	const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "hello", namespace: "bench" } };
	await expect(withAccessLog(visit, (log) => waitUntilWritten(visit, log, { pods: [pod] }))).rejects.toMatchObject({
		message: expect.stringContaining("the proxy of pod hello writes no access log"),
		hint: expect.stringContaining("Telemetry"),
	});
	cluster.raw = async () => ({ status: 403, body: Buffer.from("no"), ...common });
	await expect(withAccessLog(visit, (log) => waitUntilWritten(visit, log, { pods: [pod] }))).rejects.toMatchObject({
		message: expect.stringContaining("cannot be read: HTTP 403"),
		hint: "reading it needs the right to get pods/log",
	});
});
