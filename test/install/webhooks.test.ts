import { describe, expect, it } from "vitest";
import { cleanUp, lookBefore } from "../../src/commands/bench/clean-up.ts";
import { installProfile } from "../../src/install/install.ts";
import { takeLock } from "../../src/install/state/lock.ts";
import { uninstall } from "../../src/install/uninstall.ts";
import { growCrowd } from "../../src/knative/crowd.ts";
import type { KubeObject } from "../../src/kube/api/cluster.ts";
import { ApiError } from "../../src/kube/http/api-error.ts";
import { markOurs } from "../../src/kube/objects/ownership.ts";
import type { Progress } from "../../src/progress.ts";
import { type FakeCluster, jumpingClock, type Write } from "../support/fake-cluster.ts";
import { sessionOn } from "../support/session.ts";
import { clusterWithKnative, full, istioObjects, minimal, namespaceObject } from "./objects.ts";

const clock = jumpingClock();
const name = "webhook.serving.knative.dev";

/** What the API server says while a webhook's pods, their addresses and certificates are new. */
const transient = [
	"read tcp 10.0.0.1:41234->10.0.0.2:8443: read: connection reset by peer",
	"dial tcp 10.0.0.2:8443: connect: connection refused",
	'no endpoints available for service "webhook"',
	"EOF",
	"context deadline exceeded",
	"tls: failed to verify certificate: x509: certificate signed by unknown authority",
];

const cannotCall = (reason: string) =>
	new ApiError(
		`Internal error occurred: failed calling webhook "${name}": failed to call webhook: Post "x": ${reason}`,
		{
			status: 500,
		},
	);

/** Lets Knative's webhook fail for its Services and settings, as often as it is told to. */
function refuse(cluster: FakeCluster, reason: string, isDown: (write: Write) => boolean): void {
	const concerns = ({ ref }: Write) =>
		ref.apiVersion.startsWith("serving.knative.dev") || (ref.kind === "ConfigMap" && ref.name === "config-network");
	cluster.refuse = (write) => (concerns(write) && isDown(write) ? cannotCall(reason) : undefined);
}

const installation = {
	profile: full,
	istioObjects: istioObjects(),
	namespace: "bench",
	authorizerImage: "x:1",
	knativeObjects: undefined,
	useInstalled: false,
};
const service: KubeObject = markOurs(
	{ apiVersion: "serving.knative.dev/v1", kind: "Service", metadata: { name: "helloworld", namespace: "bench" } },
	{ part: "workload", profile: "full" },
);

/** A session that keeps what was told. */
function telling(cluster: FakeCluster, timeoutMs = 300_000) {
	const told: string[] = [];
	const progress: Progress = (event) => void ("text" in event && told.push(event.text));
	return { told, session: sessionOn(cluster, { clock, progress, timeoutMs }) };
}

describe("a webhook that cannot be called for a while", () => {
	it.each(transient)("is waited for when a profile follows another, and that is told: %s", async (reason) => {
		const cluster = clusterWithKnative();
		const { told, session } = telling(cluster);
		await installProfile(session, { ...installation, profile: minimal });
		let refusals = 20;
		refuse(cluster, reason, () => refusals-- > 0);
		await installProfile(session, installation);
		expect(refusals).toBeLessThan(0);
		expect(told.join("\n")).toContain(reason);
	});

	it.each(
		transient,
	)("is waited for in the end of a run, which comes back to what was installed: %s", async (reason) => {
		const cluster = clusterWithKnative();
		const { told, session } = telling(cluster);
		await installProfile(session, { ...installation, profile: minimal }, { isToStay: true });
		const before = await lookBefore(session);
		const lock = await takeLock(session);
		await installProfile(session, installation, { lock });
		await cluster.create(service);
		let refusals = 20;
		refuse(cluster, reason, ({ verb }) => verb === "remove" && refusals-- > 0);
		expect(await cleanUp(session, { keep: false, before, namespace: "bench", lock })).toBeUndefined();
		expect(refusals).toBeLessThan(0);
		expect(told.join("\n")).toContain(reason);
		expect(cluster.objects.has("Service bench/helloworld")).toBe(false);
	});

	it("is waited for after all else was removed, for as long as pods that start anew may need", async () => {
		const cluster = clusterWithKnative();
		const before = Object.keys(cluster.snapshot());
		const { session } = telling(cluster);
		await installProfile(session, installation);
		await cluster.create(service);
		const downUntil = clock.now() + 50_000;
		refuse(cluster, transient[0] ?? "", () => clock.now() < downUntil);
		await uninstall(session);
		expect(Object.keys(cluster.snapshot())).toEqual(before);
	});

	it("is waited for by a crowd of idle services", async () => {
		const cluster = clusterWithKnative();
		const { session } = telling(cluster);
		cluster.put(namespaceObject("bench"));
		let refusals = 3;
		refuse(cluster, transient[0] ?? "", () => refusals-- > 0);
		cluster.onWrite = (object) => {
			if (object.kind === "Service") object.status = { conditions: [{ type: "Ready", status: "True" }] };
		};
		const order = { namespace: "bench", profile: minimal, image: "x:1", from: 1, to: 2 };
		expect((await growCrowd(session, order)).map((ref) => ref.name)).toEqual(["crowd-1", "crowd-2"]);
	});
});

describe("a webhook that never answers", () => {
	it("ends an install with 4, its name and how long it was waited for", async () => {
		const cluster = clusterWithKnative();
		const { session } = telling(cluster, 60_000);
		refuse(cluster, transient[1] ?? "", () => true);
		await expect(installProfile(session, installation)).rejects.toMatchObject({
			exitCode: 4,
			message: expect.stringMatching(
				/failed calling webhook "webhook.serving.knative.dev".*\(tried again for 6\d s\)$/,
			),
			hint: expect.stringContaining(`the admission webhook ${name} does not answer`),
		});
	});

	it("is no reason to wait where it says no", async () => {
		const cluster = clusterWithKnative();
		const { session } = telling(cluster);
		const said = `admission webhook "${name}" denied the request: validation failed`;
		cluster.refuse = ({ ref }) => (ref.name === "config-network" ? new ApiError(said, { status: 400 }) : undefined);
		const startedAt = clock.now();
		await expect(installProfile(session, installation)).rejects.toThrow(said);
		expect(clock.now() - startedAt).toBeLessThan(5_000);
	});
});
