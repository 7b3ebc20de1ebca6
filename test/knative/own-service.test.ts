import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/errors.ts";
import { changeLines } from "../../src/knative/own/changes.ts";
import { requireNeeded } from "../../src/knative/own/needs.ts";
import { readOwnService } from "../../src/knative/own/service.ts";
import { serviceManifest } from "../../src/knative/service.ts";
import type { Cluster } from "../../src/kube/api/cluster.ts";
import { loadProfiles } from "../../src/profile/load.ts";

const [minimal] = await loadProfiles(["minimal"]);
if (minimal === undefined) throw new Error("no profile");
const profile = { ...minimal, podLabels: { mesh: "yes" }, podAnnotations: { "sidecar.istio.io/inject": "true" } };

const shop = `apiVersion: serving.knative.dev/v1
kind: Service
metadata:
  name: shop
  namespace: prod
  uid: 0f
  resourceVersion: "7"
  creationTimestamp: null
  labels: {team: checkout, networking.knative.dev/visibility: cluster-local}
  annotations:
    serving.knative.dev/creator: somebody
    own/note: kept
spec:
  template:
    metadata:
      name: shop-v1
      labels: {mesh: no-matter, tier: web}
      annotations:
        autoscaling.knative.dev/target: "20"
        autoscaling.knative.dev/maxScale: "10"
        autoscaling.knative.dev/scale-down-delay: 15m
    spec:
      containerConcurrency: 5
      timeoutSeconds: 60
      idleTimeoutSeconds: 30
      serviceAccountName: shop
      imagePullSecrets: [{name: registry}]
      initContainers:
        - image: example.com/migrate:1
      containers:
        - image: example.com/shop:1
          ports: [{containerPort: 9000}]
          readinessProbe: {httpGet: {path: /ready}, periodSeconds: 2}
          env:
            - {name: PASSWORD, valueFrom: {secretKeyRef: {name: db, key: password}}}
            - {name: MAYBE, valueFrom: {secretKeyRef: {name: not-needed, key: a, optional: true}}}
          envFrom: [{configMapRef: {name: settings}}]
          securityContext: {capabilities: {add: [NET_BIND_SERVICE], drop: [ALL]}}
          resources: {limits: {cpu: 1}}
        - name: cache
          image: example.com/cache:1
      volumes:
        - {name: keys, projected: {sources: [{secret: {name: keys}}]}}
        - {name: data, persistentVolumeClaim: {claimName: data}}
        - {name: more, secret: {secretName: db}}
  traffic: [{latestRevision: true, percent: 100, tag: current}]
status: {url: http://shop.prod.example.com}
`;

const read = (text: string) => readOwnService(text, "shop.yaml");
const order = { namespace: "ns", name: "helloworld-3", image: "unused", target: "unused", timeoutSeconds: 15 };

/** Line numbers apart, what is wrong with a manifest. */
function complaints(text: string): string[] {
	try {
		read(text);
		return [];
	} catch (error) {
		expect(error).toBeInstanceOf(UsageError);
		return (error as Error).message.split("\n");
	}
}

describe("the service that is deployed", () => {
	const { metadata, spec } = serviceManifest(profile, { ...order, own: read(shop) });
	const { template, ...others } = spec as { template: { metadata: object; spec: object } };

	it("has the run's name and namespace, and the user's labels and annotations without Knative's own", () => {
		expect(metadata).toEqual({
			name: "helloworld-3",
			namespace: "ns",
			labels: { team: "checkout" },
			annotations: { "own/note": "kept" },
		});
		expect(others).toEqual({});
	});

	it("goes to zero and comes back as one pod, with the profile's labels and annotations above the user's", () => {
		expect(template.metadata).toEqual({
			labels: { mesh: "yes", tier: "web", "knistio.dev/measured": "true" },
			annotations: {
				"autoscaling.knative.dev/target": "20",
				"autoscaling.knative.dev/class": "kpa.autoscaling.knative.dev",
				"autoscaling.knative.dev/window": "8s",
				"autoscaling.knative.dev/min-scale": "0",
				"autoscaling.knative.dev/max-scale": "1",
				"autoscaling.knative.dev/initial-scale": "1",
				"autoscaling.knative.dev/scale-to-zero-pod-retention-period": "0s",
				"autoscaling.knative.dev/scale-down-delay": "0s",
				"sidecar.istio.io/inject": "true",
			},
		});
	});

	it("has the pod as it was written, but for its time limits and the names that Knative would give", () => {
		expect(template.spec).toMatchObject({
			timeoutSeconds: 15,
			containerConcurrency: 5,
			serviceAccountName: "shop",
			imagePullSecrets: [{ name: "registry" }],
			initContainers: [{ name: "init-container", image: "example.com/migrate:1" }],
			containers: [
				{
					name: "user-container-0",
					readinessProbe: { httpGet: { path: "/ready" }, periodSeconds: 2 },
					envFrom: [{ configMapRef: { name: "settings" } }],
					resources: { limits: { cpu: 1 } },
				},
				{ name: "cache" },
			],
			volumes: [{ name: "keys" }, { name: "data" }, { name: "more" }],
		});
		expect(template.spec).not.toHaveProperty("idleTimeoutSeconds");
	});
});

describe("what measuring changes", () => {
	it("is told with its place and reason", () => {
		const lines = changeLines(read(shop), { name: "helloworld", namespace: "ns" });
		expect(lines.map((line) => line.replace(/: [^:]*$/, ""))).toEqual([
			"metadata.name: shop → helloworld (shop.yaml:4:3)",
			"metadata.namespace: prod → ns (shop.yaml:5:3)",
			'metadata.labels["networking.knative.dev/visibility"]: cluster-local → left out (shop.yaml:9:28)',
			"spec.template.metadata.name: shop-v1 → left out (shop.yaml:16:7)",
			'spec.template.metadata.annotations["autoscaling.knative.dev/window"]: not set → 8s (shop.yaml:18:7)',
			'spec.template.metadata.annotations["autoscaling.knative.dev/scale-down-delay"]: 15m → 0s (shop.yaml:21:9)',
			'spec.template.metadata.annotations["autoscaling.knative.dev/maxScale"]: 10 → 1 (shop.yaml:20:9)',
			"spec.template.spec.timeoutSeconds: 60 → 2.5 × the first start, or --request-timeout (shop.yaml:24:7)",
			"spec.template.spec.idleTimeoutSeconds: 30 → left out (shop.yaml:25:7)",
			"spec.template.spec.containers[0].name: not set → user-container-0 (shop.yaml:31:11)",
			"spec.template.spec.initContainers[0].name: not set → init-container (shop.yaml:29:11)",
			"spec.traffic[0].tag: current → left out (shop.yaml:46:50)",
		]);
		for (const line of lines) expect(line).toMatch(/\): \S.{10}/);
	});

	it("is nothing where the manifest is as it is measured", () => {
		const plain = read(`apiVersion: serving.knative.dev/v1
kind: Service
metadata: {name: helloworld, namespace: ns}
spec:
  template:
    metadata: {annotations: {autoscaling.knative.dev/window: 8s, autoscaling.knative.dev/max-scale: "1"}}
    spec: {containers: [{name: user-container, image: a}]}
`);
		const lines = changeLines(plain, { name: "helloworld", namespace: "ns" });
		expect(lines.map((line) => line.replace(/:.*/, ""))).toEqual(["spec.template.spec.timeoutSeconds"]);
	});
});

describe("its shape and hash", () => {
	it("name what is the service's own in a pod", () => {
		expect(read(shop).shape).toEqual({
			containers: ["user-container-0", "cache"],
			initContainers: ["init-container"],
			capabilities: ["NET_BIND_SERVICE"],
		});
		const single = shop.replace(/ {8}- name: cache\n.*\n/, "");
		expect(read(single).shape.containers).toEqual(["user-container"]);
	});

	it("do not depend on the name, the namespace or what a server wrote, but on all else", () => {
		const { hash } = read(shop);
		const other = shop.replace("name: shop\n", "name: shop2\n").replace("uid: 0f", "uid: 1f").replace("prod", "test");
		expect(read(other).hash).toBe(hash);
		expect(read(shop.replace("tier: web", "tier: api")).hash).not.toBe(hash);
		expect(read(shop.replace("/ready", "/readyz")).hash).not.toBe(hash);
	});
});

describe("what it refers to", () => {
	const { needs } = read(shop);

	it("is known, each once, without what is optional", () => {
		expect(needs.map(({ kind, name }) => `${kind} ${name}`).sort()).toEqual([
			"ConfigMap settings",
			"PersistentVolumeClaim data",
			"Secret db",
			"Secret keys",
			"Secret registry",
			"ServiceAccount shop",
		]);
	});

	const clusterWith = (statuses: Record<string, number>, asked: string[] = []) =>
		({
			raw: async (method: string, path: string, { headers }: { headers: Record<string, string> }) => {
				asked.push(`${method} ${path}`);
				expect(headers.Accept).toContain("PartialObjectMetadata");
				return { status: statuses[path.replace(/.*\//, "")] ?? 200, body: Buffer.from("") };
			},
		}) as unknown as Cluster;
	const { signal } = new AbortController();

	it("is looked for in the namespace, and named where it is not there", async () => {
		const asked: string[] = [];
		const missing = requireNeeded(clusterWith({ db: 404, data: 404, shop: 403 }, asked), {
			needs,
			namespace: "ns",
			signal,
		});
		await expect(missing).rejects.toMatchObject({
			exitCode: 4,
			message: "the service needs what is not in the namespace ns: Secret db, PersistentVolumeClaim data",
			hint: expect.stringContaining("--namespace"),
		});
		expect(asked).toContain("GET /api/v1/namespaces/ns/secrets/db");
	});

	it("is fine where it is there, or may not be looked at", async () => {
		await requireNeeded(clusterWith({ db: 403 }), { needs, namespace: "ns", signal });
		const usual = [{ kind: "ServiceAccount" as const, name: "default" }];
		await requireNeeded(clusterWith({ default: 404 }), { needs: usual, namespace: "ns", signal });
	});
});

describe("a manifest that cannot be measured", () => {
	const changed = (from: string | RegExp, to: string) => {
		expect(shop).toMatch(from);
		return complaints(shop.replace(from, to));
	};

	it.each<[string, string | RegExp, string, RegExp]>([
		[
			"min-scale",
			/maxScale: "10"/,
			'min-scale: "1"',
			/^shop.yaml:20:9: .*keeps 1 pod\(s\) running.*never goes to zero/,
		],
		["minScale", /maxScale: "10"/, 'minScale: "3"', /^shop.yaml:20:9: .*keeps 3 pod\(s\) running/],
		["another autoscaler", /maxScale: "10"/, "class: hpa.autoscaling.knative.dev", /:20:9: .*does not scale to zero/],
		[
			"traffic to an old revision",
			"latestRevision: true",
			"revisionName: shop-v0",
			/:46:14: spec.traffic\[0\].*shop-v0/,
		],
		["traffic to no newest one", "latestRevision: true", "latestRevision: false", /:46:14: .*only the newest revision/],
		[
			"scaling at the wrong place",
			"own/note: kept",
			'autoscaling.knative.dev/min-scale: "0"',
			/:12:5: .*belongs to spec/,
		],
		[
			"another ingress",
			"own/note: kept",
			"networking.knative.dev/ingress-class: kourier.x",
			/:12:5: .*Istio's gateway/,
		],
		[
			"pulls",
			"image: example.com/cache:1",
			"image: c\n          imagePullPolicy: Always",
			/:42:11: .*ask the registry/,
		],
		["a taken name", "name: cache", "name: queue-proxy", /:40:11: .*is taken/],
		["no port", "          ports: [{containerPort: 9000}]\n", "", /:30:7: .*exactly one must have a port.*here 0 have/],
		[
			"an unknown field",
			"containerConcurrency",
			"containerConcurency",
			/:23:7: .*did you mean "containerConcurrency"\?/,
		],
		["an unknown field of a probe", "periodSeconds", "periodSecond", /:33:53: .*did you mean "periodSeconds"\?/],
		[
			"a number for a text",
			'target: "20"',
			"target: 20",
			/:19:9: .*must be a text, not the number 20; put it in quotes/,
		],
		["another kind", "kind: Service", "kind: Deployment", /^shop.yaml:2:1: kind: must be one of Service/],
		[
			"no container",
			/\n {6}containers:[\s\S]*?\n {6}volumes/,
			"\n      containers: []\n      volumes",
			/:30:7: spec.template.spec.containers: must have a container$/,
		],
	])("is refused with its line: %s", (_, from, to, message) => {
		expect(changed(from, to).join("\n")).toMatch(message);
	});

	it("of several documents is refused at the second", () => {
		expect(complaints(`${shop}---\nkind: ConfigMap\n`)).toEqual([
			expect.stringMatching(/^shop.yaml:49:1: a second document begins here/),
		]);
	});

	it("is told all that is wrong, in the order of the lines", () => {
		const both = shop.replace('maxScale: "10"', 'min-scale: "1"').replace("latestRevision: true", "revisionName: a");
		expect(complaints(both).map((line) => line.split(":")[1])).toEqual(["20", "46"]);
	});
});
