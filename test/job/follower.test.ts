import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { openFollower } from "../../src/job/follower.ts";
import { openLogWriter } from "../../src/job/log-writer.ts";
import { jobRef } from "../../src/job/objects.ts";
import type { Cluster, KubeObject } from "../../src/kube/api/cluster.ts";
import { newTask } from "../../src/kube/wait/task.ts";
import { jumpingClock } from "../support/fake-cluster.ts";
import { sessionOn } from "../support/session.ts";

const id = "0123abcd";

/** The log of a run that says a few lines and brings one file, a line a second from 10:00:00 on. */
function logLines(): string[] {
	let text = "";
	const writer = openLogWriter({ id, version: "1.2.3" }, (lines) => {
		text += lines;
	});
	writer.text("messages", "one\ntwo\nthree\n");
	writer.file("run.json", Buffer.from("{}"));
	writer.end(0);
	const stamp = (index: number) => `2026-11-27T10:00:${String(index).padStart(2, "0")}.500000000Z`;
	return text
		.trimEnd()
		.split("\n")
		.map((line, index) => `${stamp(index)} ${line}\n`);
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void;
let close = () => {};
afterEach(() => close());

/** A cluster with one pod of the Job, whose log is answered by each of the answers once, and by the last from then on. */
async function clusterWith(answers: Answer[], status: (asked: number) => unknown) {
	const asked: URLSearchParams[] = [];
	const server = createServer((request, response) => {
		asked.push(new URL(request.url ?? "", "http://x").searchParams);
		(answers[Math.min(asked.length, answers.length) - 1] as Answer)(request, response);
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	close = () => {
		server.closeAllConnections();
		server.close();
	};
	const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	const pod = (): KubeObject => ({
		apiVersion: "v1",
		kind: "Pod",
		metadata: { name: "knistio-bench-x", namespace: "here" },
		status: { containerStatuses: [{ name: "knistio", state: status(asked.length) }] },
	});
	const cluster = {
		connection: async () => ({ origin, basePath: "", headers: {}, tls: {} }),
		get: async ({ kind }: { kind: string }) =>
			kind === "Job" ? { apiVersion: "batch/v1", kind, metadata: { name: "knistio-bench" } } : pod(),
		list: async () => [pod()],
	} as unknown as Cluster;
	return { cluster, asked };
}

async function follow(cluster: Cluster) {
	const said: string[] = [];
	const note = (line: string) => void said.push(line);
	const follower = openFollower({ ref: jobRef("here"), id }, { messages: note, result: note });
	const task = newTask(sessionOn(cluster, { clock: jumpingClock() }));
	await follower.waitForStart(task);
	return { end: await follower.waitForEnd(task), said };
}

const running = { running: {} };
const ended = { terminated: { exitCode: 0, reason: "Completed" } };

/** The lines from the second that is asked for on, as kubelet gives them. */
const since = (lines: string[], request: IncomingMessage) => {
	const time = new URL(request.url ?? "", "http://x").searchParams.get("sinceTime");
	return lines.filter((line) => time === null || line.slice(0, 19) >= time.slice(0, 19));
};
const whole: Answer = (request, response) => response.end(since(logLines(), request).join(""));

describe("the log of a Job's pod", () => {
	it("is passed on once, also over connections that break", async () => {
		const broken: Answer = (_, response) => {
			const [first = "", second = "", third = ""] = logLines();
			response.write(first + second + third.slice(0, 33));
			setTimeout(() => response.destroy(), 50);
		};
		const refused: Answer = (_, response) => response.writeHead(503).end("try again");
		const { cluster, asked } = await clusterWith([broken, refused, whole], (count) => (count > 2 ? ended : running));
		const { end, said } = await follow(cluster);
		expect(said).toEqual(["one", "two", "three"]);
		expect(end).toMatchObject({ exitCode: 0, reason: "Completed", log: { damaged: [], end: { code: 0 } } });
		expect(end.log.files.get("run.json")).toEqual(Buffer.from("{}"));
		expect(asked.map((query) => query.get("sinceTime"))).toEqual([
			null,
			"2026-11-27T10:00:01.500000000Z",
			"2026-11-27T10:00:01.500000000Z",
			"2026-11-27T10:00:06.500000000Z",
		]);
		expect(asked.map((query) => query.get("follow"))).toEqual(["true", "true", "true", null]);
	});

	it("is read once more as a whole where lines of a file are missing", async () => {
		const lacking: Answer = (request, response) => {
			const lines = since(logLines(), request);
			response.end(lines.filter((line) => !line.includes("] data ")).join(""));
		};
		const { cluster } = await clusterWith([lacking, lacking, whole], () => ended);
		const { end, said } = await follow(cluster);
		expect(end.log.files.get("run.json")).toEqual(Buffer.from("{}"));
		expect(said).toEqual(["one", "two", "three"]);
	});

	it("is known not to be whole where that does not help", async () => {
		const lacking: Answer = (_, response) => response.end(logLines().slice(0, -2).join(""));
		const { cluster } = await clusterWith([lacking], () => ended);
		const { end } = await follow(cluster);
		expect(end.log).toMatchObject({ damaged: ["run.json"], end: undefined });
	});

	it("may be refused for good", async () => {
		const refusal = { kind: "Status", message: 'pods "x" is forbidden: cannot get resource "pods/log"' };
		const forbidden: Answer = (_, response) => response.writeHead(403).end(JSON.stringify(refusal));
		const { cluster } = await clusterWith([forbidden], () => running);
		await expect(follow(cluster)).rejects.toThrow('cannot get resource "pods/log"');
	});
});
