import { expect, it } from "vitest";
import type { Cluster, KubeObject } from "../../src/kube/api/cluster.ts";
import { proveZtunnel } from "../../src/measure/prove-ztunnel.ts";
import { loadProfiles } from "../../src/profile/load.ts";
import { jumpingClock } from "../support/fake-cluster.ts";
import { sessionOn } from "../support/session.ts";

const [ambient] = await loadProfiles(["ambient"]);
if (ambient === undefined) throw new Error("no profile");
const redirection = "ambient.istio.io/redirection";
const status = (message: string) => JSON.stringify({ kind: "Status", apiVersion: "v1", message });

/** A pod that is marked when it has been looked at so often, and what the API server's proxy gets from it. */
function prove({ markedAfter = 0, answer }: { markedAfter?: number; answer: { status: number; body: string } }) {
	let looks = 0;
	const pod: KubeObject = { apiVersion: "v1", kind: "Pod", metadata: { name: "p", namespace: "n" } };
	const cluster = {
		get: async () => {
			const annotations = looks++ >= markedAfter ? { [redirection]: "enabled" } : {};
			return { ...pod, metadata: { ...pod.metadata, annotations } };
		},
		raw: async (_method: string, path: string) => {
			expect(path).toBe("/api/v1/namespaces/n/pods/http:p:8012/proxy/");
			return { status: answer.status, headers: {}, body: Buffer.from(answer.body) };
		},
	} as unknown as Cluster;
	const session = sessionOn(cluster, { clock: jumpingClock() });
	return proveZtunnel(session, { profile: ambient as NonNullable<typeof ambient> }, pod);
}

const cut = { status: 503, body: status("error trying to reach service: read tcp a->b: connection reset by peer") };

it("is content with a pod that is marked, after a while, and that ends a connection in plain text", async () => {
	expect(await prove({ answer: cut })).toEqual({});
	expect(await prove({ markedAfter: 5, answer: cut })).toEqual({});
});

it("says that the node agent has not marked the pod", async () => {
	expect(await prove({ markedAfter: 1e9, answer: cut })).toEqual({
		difference: `the pod's annotation ${redirection}: none, promised: enabled`,
	});
});

it.each([
	["an answer, which ambient mode may let through", { status: 200, body: "Hello" }, /is answered with HTTP 200;/],
	[
		"a pod that is not reached",
		{ status: 503, body: status("error trying to reach service: dial tcp: i/o timeout") },
		/is not possible: dial tcp: i\/o timeout;/,
	],
])("takes for no proof %s", async (_, answer, message) => {
	expect(await prove({ answer })).toMatchObject({
		finding: { code: "mtls-not-proven", message: expect.stringMatching(message) },
	});
});
