import { describe, expect, it } from "vitest";
import { InterruptedError } from "../../src/errors.ts";
import { installProfile } from "../../src/install/install.ts";
import { uninstall } from "../../src/install/uninstall.ts";
import type { Cluster, KubeObject } from "../../src/kube/api/cluster.ts";
import { type FakeCluster, fakeCluster, jumpingClock } from "../support/fake-cluster.ts";
import { sessionOn } from "../support/session.ts";
import { full, istioObjects, knativeObjects } from "./objects.ts";

const methods = ["resource", "resources", "get", "list", "apply", "create", "patch", "remove", "allowed"] as const;

/** The cluster whose call number `at` gets no answer; like the real one's, it ends when its signal is aborted. */
function hangingAt(cluster: FakeCluster, at: number, onHang: (call: string) => void): Cluster {
	let count = 0;
	const hanging = { ...cluster } as unknown as Record<string, unknown>;
	for (const method of methods) {
		const call = cluster[method] as (...args: unknown[]) => Promise<unknown>;
		hanging[method] = (...args: unknown[]) => {
			if (count++ !== at) return call(...args);
			const [signal] = args.flatMap((arg) => {
				if (arg instanceof AbortSignal) return [arg];
				const inner = (arg as { signal?: unknown } | undefined)?.signal;
				return inner instanceof AbortSignal ? [inner] : [];
			});
			const answer = new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
			onHang(`${method} ${JSON.stringify(args[0])?.slice(0, 120)}`);
			return answer;
		};
	}
	return hanging as unknown as Cluster;
}

const base = { namespace: "bench", authorizerImage: "sample:1", useInstalled: false };
const install = (cluster: Cluster, signal?: AbortSignal) =>
	installProfile(sessionOn(cluster, { clock: jumpingClock(), ...(signal && { signal }) }), {
		...base,
		profile: full,
		istioObjects: istioObjects({ mesh: "authz" }),
		knativeObjects: knativeObjects(),
	});
const clean = (cluster: Cluster, signal?: AbortSignal) =>
	uninstall(sessionOn(cluster, { clock: jumpingClock(), ...(signal && { signal }) }));

async function installed(): Promise<FakeCluster> {
	const cluster = fakeCluster();
	await install(cluster);
	const labels = { "knistio.dev/owned-by": "knistio", "knistio.dev/part": "workload" };
	const service: KubeObject = {
		apiVersion: "serving.knative.dev/v1",
		kind: "Service",
		metadata: { name: "helloworld", namespace: "bench", labels },
	};
	await cluster.create(service);
	return cluster;
}

describe("an interruption while the API server does not answer", () => {
	it.each([
		["an install", async () => fakeCluster(), install],
		["a clean-up", installed, clean],
	] as const)(
		"ends %s at once, whichever call hangs",
		async (_, open, work) => {
			const stuck: string[] = [];
			let hangs = 0;
			for (let at = 0; ; at++) {
				const controller = new AbortController();
				let hung: string | undefined;
				const cluster = hangingAt(await open(), at, (call) => {
					hung = call;
					setImmediate(() => controller.abort(new InterruptedError("SIGINT")));
				});
				const outcome = await Promise.race([
					work(cluster, controller.signal).then(
						() => "done",
						(error: unknown) => (error instanceof InterruptedError ? "interrupted" : error),
					),
					until(() => controller.signal.aborted),
				]);
				if (hung === undefined) break;
				hangs++;
				// Letting the lock go has a short time of its own, for else the next run would have to wait.
				if (hung.includes("Lease") && outcome === "still waiting") continue;
				if (outcome !== "interrupted") stuck.push(`${hung}: ${outcome}`);
			}
			expect([...new Set(stuck)]).toEqual([]);
			expect(hangs).toBeGreaterThan(60);
		},
		60_000,
	);
});

/** Resolves some turns of the event loop after it has come to be. */
async function until(look: () => boolean): Promise<string> {
	while (!look()) await new Promise((resolve) => setImmediate(resolve));
	for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
	return "still waiting";
}
