import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Container, Pod } from "../../src/simulator/api/objects.ts";
import { answerOf } from "../../src/simulator/knative/application.ts";
import { revisionPodSpec } from "../../src/simulator/knative/objects.ts";
import { betweenMs, openBench } from "./in-memory.ts";

const env = (values: Record<string, string>) => Object.entries(values).map(([name, value]) => ({ name, value }));

/** A pod whose container with a port has this environment. */
function podWith(values: Record<string, string>): Pod {
	const containers: Container[] = [
		{ name: "cache", image: "c", env: env({ TARGET: "nobody" }) },
		{ name: "web", image: "w", ports: [{ containerPort: 8080 }], env: env(values) },
		{ name: "queue-proxy", image: "q", ports: [{ containerPort: 8012 }] },
	];
	return { apiVersion: "v1", kind: "Pod", metadata: { name: "p" }, spec: { containers } };
}

describe("what the application in a pod answers", () => {
	it("is helloworld's greeting, whatever is asked", () => {
		const pod = podWith({ TARGET: "you" });
		for (const request of [{ path: "/" }, { method: "POST", path: "/x?y", body: () => "z" }]) {
			expect(answerOf(pod, request)).toEqual({ status: 200, body: "Hello you!\n" });
		}
	});

	it("is 404 for a path that it does not know", () => {
		const pod = podWith({ SIMULATED_PATHS: "/a, /b" });
		expect(["/a", "/b?c=d", "/", "/ab"].map((path) => answerOf(pod, { path }).status)).toEqual([200, 200, 404, 404]);
	});

	it("is the request itself with any value of SIMULATED_ECHO, as docs/own-service.md says of each variable", () => {
		for (const value of ["yes", "", "false"]) {
			expect(answerOf(podWith({ SIMULATED_ECHO: value }), { path: "/a" }).body).toBe("GET /a\n");
		}
		const page = readFileSync("docs/own-service.md", "utf8");
		const rows = [...page.matchAll(/^\| `(SIMULATED_\w+)` \| (.+) \| .+ \|$/gm)].map(([, name]) => name);
		const sources = ["knative/application.ts", "nodes/start-container.ts"].map((file) =>
			readFileSync(join("src/simulator", file), "utf8"),
		);
		const read = sources.flatMap((text) => [...text.matchAll(/"(SIMULATED_\w+)"/g)].map(([, name]) => name));
		expect(rows.sort()).toEqual([...new Set(read)].sort());
		expect(page).toContain("| `SIMULATED_ECHO` | any, also an empty one, such as `yes` |");
	});

	it("may be the request itself, with a status of its own", () => {
		const pod = podWith({ SIMULATED_ECHO: "yes", SIMULATED_STATUS: "201" });
		const asked = { method: "POST", path: "/a?b", body: () => "text" };
		expect(answerOf(pod, asked)).toEqual({ status: 201, body: "POST /a?b\ntext" });
	});
});

describe("a revision's pod", () => {
	const containers: Container[] = [
		{ name: "", image: "cache", readinessProbe: { exec: { command: ["ok"] } } },
		{
			name: "web",
			image: "web",
			ports: [{ containerPort: 9000 }],
			readinessProbe: { httpGet: { path: "/ready" }, initialDelaySeconds: 3, periodSeconds: 2 },
		},
	].map(({ name, ...rest }) => (name === "" ? (rest as unknown as Container) : { name, ...rest }));
	const spec = { containers, responseStartTimeoutSeconds: 5, volumes: [] };
	const revision = { apiVersion: "serving.knative.dev/v1", kind: "Revision", metadata: { name: "r" }, spec };
	const made = revisionPodSpec(revision, "queue");

	it("has all its containers, one of which gets the requests and is probed by queue-proxy", () => {
		expect(made.containers.map(({ name }) => name)).toEqual(["user-container-0", "web", "queue-proxy"]);
		const [cache, web, queue] = made.containers;
		expect(cache).not.toHaveProperty("ports");
		expect(cache?.readinessProbe).toEqual({ exec: { command: ["ok"] } });
		expect(web).toMatchObject({ ports: [{ containerPort: 9000 }] });
		expect(web).not.toHaveProperty("readinessProbe");
		expect(queue?.readinessProbe).toMatchObject({ initialDelaySeconds: 3, periodSeconds: 2, httpGet: { port: 8012 } });
	});

	it("keeps what is the pod's, and not the revision's limits", () => {
		expect(made).toMatchObject({ volumes: [] });
		expect(made).not.toHaveProperty("responseStartTimeoutSeconds");
	});
});

it("an application that starts slowly is answered for later by as much", () => {
	const tookMs = (values: Record<string, string>) => {
		const bench = openBench({ shape: "none", container: { env: env(values) } });
		bench.waitForZero();
		bench.request();
		const { request } = bench.lastColdStart();
		return betweenMs(request.instants.received, request.instants.answered);
	};
	const slow = tookMs({ SIMULATED_READY_MS: "3000" }) - tookMs({});
	expect(slow).toBeGreaterThan(2_500);
	expect(slow).toBeLessThan(4_500);
});
