import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { bench } from "../../src/commands/bench/bench.ts";
import { simulatedRun } from "../../src/commands/bench/simulated-run.ts";
import type { Report } from "../../src/report/report.ts";
import { builtContext } from "../selftest/built-context.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
const [service, out] = ["shop.yaml", "run.json"].map((name) => join(folder, name)) as [string, string];

const manifest = (more = "") => `apiVersion: serving.knative.dev/v1
kind: Service
metadata: {name: shop}
spec:
  template:
    metadata: {annotations: {autoscaling.knative.dev/max-scale: "5"}}
    spec:
      containers:
        - name: cache
          image: simulated/cache:1
        - name: web
          image: simulated/shop:1
          ports: [{containerPort: 9000}]
          readinessProbe: {httpGet: {path: /ready}, initialDelaySeconds: 2, periodSeconds: 2}
          env:
            - {name: SIMULATED_PATHS, value: /v1/orders}
            - {name: SIMULATED_ECHO, value: "yes"}
            - {name: SIMULATED_READY_MS, value: "1000"}
            - {name: PASSWORD, value: s3cret}
${more}`;

const options = simulatedRun({
	profiles: ["minimal"],
	where: { kind: "simulated", model: "today", seed: 1, speed: 20 },
	timeoutMs: 60_000,
	service,
	request: { method: "POST", path: "/v1/orders?token=s3cret" },
	headers: { authorization: "Bearer s3cret" },
	body: "an order",
	expectBody: "an order",
	out: [out],
});

it("starts a service of one's own cold, and says what was changed for it", async () => {
	writeFileSync(service, manifest());
	const { context, said } = builtContext();
	expect(await bench(options, context), said.stderr).toBe(0);
	const [run] = (JSON.parse(readFileSync(out, "utf8")) as Report).profiles;
	const measured = run?.coldStarts.find(({ round }) => round === 1);
	expect(measured).toMatchObject({ outcome: "cold", counted: true, response: { status: 200, bodyMatches: true } });
	expect(measured?.pods[0]?.containers.map(({ name }) => name)).toEqual(["cache", "web", "queue-proxy"]);
	for (const name of ["cache", "web", "queue-proxy"]) {
		expect(measured?.spans).toHaveProperty(`container_startup_${name}`);
	}
	// The application needs a second, and kubelet asks after two.
	expect(measured?.total?.ms).toBeGreaterThan(1_000);
	expect(run?.fingerprint).toMatchObject({
		service: expect.stringMatching(/^[0-9a-f]{16}$/),
		request: expect.stringMatching(/^POST \/v1\/orders [0-9a-f]{8} authorization$/),
		"image:web": expect.stringContaining("sha256:"),
	});
	expect(said.stderr).toContain("the service shop is measured with these changes:");
	expect(said.stderr).toContain(`autoscaling.knative.dev/max-scale"]: 5 → 1 (${service}:6:`);
	const recording = readFileSync(join(folder, "run.recording.ndjson"), "utf8");
	expect(recording).toContain('"request":{"method":"POST","path":"/v1/orders","expectStatus":200}');
	for (const text of [recording, said.stdout, said.stderr, readFileSync(out, "utf8")]) {
		expect(text).not.toContain("s3cret");
	}
}, 90_000);

it("is refused before anything is changed where the namespace has not what it needs", async () => {
	writeFileSync(service, manifest("      volumes: [{name: keys, secret: {secretName: keys}}]\n"));
	const { context, said } = builtContext();
	await expect(bench(options, context)).rejects.toMatchObject({
		exitCode: 4,
		message: "the service needs what is not in the namespace knistio: Secret keys",
	});
	expect(said.stderr).not.toContain("installing");
}, 60_000);
