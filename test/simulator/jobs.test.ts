import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { openKube } from "../../src/kube/api/client.ts";
import type { Cluster, KubeObject } from "../../src/kube/api/cluster.ts";
import { readPodLog } from "../../src/kube/api/pod-log.ts";
import { type SimulatedCluster, startSimulatedCluster } from "../../src/simulator/start.ts";
import type { ContainerIo } from "../../src/simulator/world/programs.ts";

let simulated: SimulatedCluster;
let cluster: Cluster;
const programs = new Map<string, (io: ContainerIo) => Promise<number>>();

beforeAll(async () => {
	const program = (_: unknown, { image }: { image: string }, io: ContainerIo) => programs.get(image)?.(io);
	simulated = await startSimulatedCluster({ model: "today", seed: 1, speed: 50, program });
	cluster = await openKube({ text: simulated.kubeconfig, env: {} });
}, 60_000);
afterAll(async () => {
	cluster.close();
	await simulated.close();
});

const namespace = "default";

async function startJob(name: string, run: (io: ContainerIo) => Promise<number>): Promise<KubeObject> {
	const image = `dev.local/${name}:1`;
	programs.set(image, run);
	const containers = [{ name: "main", image }];
	const template = { spec: { restartPolicy: "Never", terminationGracePeriodSeconds: 60, containers } };
	await cluster.create({
		apiVersion: "batch/v1",
		kind: "Job",
		metadata: { name, namespace },
		spec: { backoffLimit: 0, template },
	});
	return vi.waitFor(async () => {
		const pod = await podOf(name);
		expect((pod?.status as { phase: string }).phase).not.toBe("Pending");
		return pod as KubeObject;
	}, 30_000);
}

async function podOf(name: string): Promise<KubeObject | undefined> {
	const [pod] = await cluster.list({ apiVersion: "v1", kind: "Pod", namespace, labelSelector: `job-name=${name}` });
	return pod;
}

const endsAs = (name: string, condition: string, exitCode: number) =>
	vi.waitFor(async () => {
		const job = await cluster.get({ apiVersion: "batch/v1", kind: "Job", namespace, name });
		expect(job?.status).toMatchObject({ conditions: [{ type: condition, status: "True" }] });
		const pod = await podOf(name);
		expect(pod?.status).toMatchObject({ containerStatuses: [{ state: { terminated: { exitCode } } }] });
	}, 30_000);

async function logOf(pod: KubeObject, options: { follow: boolean; sinceTime?: string }, onFirst = () => {}) {
	const lines: { text: string; time: string }[] = [];
	const onLine = (text: string, time: string) => {
		lines.push({ text, time });
		onFirst();
	};
	await readPodLog(cluster, { namespace, pod: pod.metadata.name, container: "main", onLine, ...options });
	return lines;
}

it("run one pod, whose end is theirs", async () => {
	await startJob("good", async () => 0);
	await endsAs("good", "Complete", 0);
	await startJob("bad", async () => 3);
	await endsAs("bad", "Failed", 3);
});

it("have a log that can be followed to its end, and read again from a time on", async () => {
	let finish = () => {};
	const pod = await startJob("talk", async ({ write }) => {
		write("one\ntw");
		await new Promise<void>((resolve) => {
			finish = resolve;
		});
		write("o\nthree");
		return 0;
	});
	const followed = logOf(pod, { follow: true });
	expect((await logOf(pod, { follow: false })).map(({ text }) => text)).toEqual(["one"]);
	finish();
	const lines = await followed;
	expect(lines.map(({ text }) => text)).toEqual(["one", "two", "three"]);
	expect(new Set(lines.map(({ time }) => time)).size).toBe(3);
	const later = await logOf(pod, { follow: false, sinceTime: "2999-01-01T00:00:00Z" });
	expect(later).toEqual([]);
});

it("give a deleted pod's program the time to end, and the log until then", async () => {
	const pod = await startJob("slow", async ({ write, terminated }) => {
		write("at work\n");
		await new Promise((resolve) => terminated.addEventListener("abort", resolve));
		write("cleaning up\n");
		return 143;
	});
	let followed: ReturnType<typeof logOf> | undefined;
	await new Promise<void>((resolve) => {
		followed = logOf(pod, { follow: true }, resolve);
	});
	await cluster.remove({ apiVersion: "v1", kind: "Pod", namespace, name: pod.metadata.name });
	expect((await followed)?.map(({ text }) => text)).toEqual(["at work", "cleaning up"]);
	await vi.waitFor(async () => expect(await podOf("slow")).toBeUndefined(), 10_000);
	const job = await cluster.get({ apiVersion: "batch/v1", kind: "Job", namespace, name: "slow" });
	expect(job?.status).toMatchObject({ conditions: [{ type: "Failed" }] });
});

it("kill a program that does not end in time", async () => {
	let isKilled = false;
	const pod = await startJob("stubborn", ({ killed }) => {
		killed.addEventListener("abort", () => {
			isKilled = true;
		});
		return new Promise(() => {});
	});
	await cluster.remove({ apiVersion: "v1", kind: "Pod", namespace, name: pod.metadata.name });
	await vi.waitFor(async () => expect(await podOf("stubborn")).toBeUndefined(), 10_000);
	expect(isKilled).toBe(true);
});
