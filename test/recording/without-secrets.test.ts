import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import type { Entry } from "../../src/recording/entries.ts";
import { removed, withoutSecrets } from "../../src/recording/without-secrets.ts";

const secret = "s3cr3t";
const podSpec = {
	initContainers: [{ name: "init", args: ["--token", secret], env: [{ name: "PASSWORD", value: secret }] }],
	containers: [
		{
			name: "app",
			image: "app@sha256:1",
			command: ["serve", `--key=${secret}`],
			env: [
				{ name: "PASSWORD", value: secret },
				{ name: "KEY", valueFrom: { secretKeyRef: { name: "keys", key: "k" } } },
			],
			readinessProbe: { httpGet: { port: 8080, httpHeaders: [{ name: "Authorization", value: `Bearer ${secret}` }] } },
			lifecycle: { postStart: { exec: { command: ["sh", "-c", `login ${secret}`] } } },
		},
	],
};
const annotations = {
	"kubectl.kubernetes.io/last-applied-configuration": `{"env":"${secret}"}`,
	"vault.example.com/token": secret,
	"notknative.dev": secret,
	token: secret,
	"sidecar.istio.io/nativeSidecar": "false",
	"autoscaling.knative.dev/window": "6s",
};

it.each([
	["a pod", { apiVersion: "v1", kind: "Pod", metadata: { name: "p", annotations }, spec: podSpec }],
	[
		"a Deployment's template",
		{
			apiVersion: "apps/v1",
			kind: "Deployment",
			metadata: { name: "d", annotations },
			spec: { replicas: 1, template: { metadata: { annotations }, spec: podSpec } },
		},
	],
])("takes the secrets out of %s, and leaves the rest", (_, object) => {
	const cleaned = withoutSecrets(object);
	const text = JSON.stringify(cleaned);
	expect(text).not.toContain(secret);
	for (const kept of ["PASSWORD", "secretKeyRef", "app@sha256:1", "Authorization", "postStart"]) {
		expect(text).toContain(kept);
	}
	expect(cleaned.metadata.annotations).toEqual({
		"kubectl.kubernetes.io/last-applied-configuration": removed,
		"vault.example.com/token": removed,
		"notknative.dev": removed,
		token: removed,
		"sidecar.istio.io/nativeSidecar": "false",
		"autoscaling.knative.dev/window": "6s",
	});
	expect(JSON.stringify(object)).toContain(secret);
});

it("has nothing to take out of the recordings that are kept", () => {
	const folder = fileURLToPath(new URL("../recordings/", import.meta.url));
	const files = readdirSync(folder).filter((file) => file.endsWith(".ndjson"));
	expect(files.length).toBeGreaterThan(3);
	for (const file of files) {
		for (const line of readFileSync(`${folder}${file}`, "utf8").trim().split("\n")) {
			const entry = JSON.parse(line) as Entry;
			if (entry.kind === "watch") expect(withoutSecrets(entry.object)).toEqual(entry.object);
		}
	}
});
