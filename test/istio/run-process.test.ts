import { describe, expect, it } from "vitest";
import { runProcess } from "../../src/istio/run-process.ts";

const node = (script: string, signal?: AbortSignal) => runProcess(process.execPath, ["-e", script], { signal });

describe("runProcess", () => {
	it("gives what the process wrote, and its exit code", async () => {
		const script = 'process.stdout.write("out"); process.stderr.write("err"); process.exitCode = 3';
		expect(await node(script)).toEqual({ code: 3, stdout: "out", stderr: "err" });
	});

	it("gives no input, passes the environment on, and takes more than a megabyte", async () => {
		const script = 'process.stdin.resume().on("end", () => console.log(process.env.PATH + "x".repeat(3e6)))';
		const { code, stdout } = await node(script);
		expect([code, stdout.length]).toEqual([0, `${process.env.PATH}`.length + 3e6 + 1]);
	});

	it("tells a signal from a success", async () => {
		expect((await node('process.kill(process.pid, "SIGKILL")')).code).toBe(137);
	});

	it("fails when there is no such program", async () => {
		await expect(runProcess("/no/such/program", [])).rejects.toMatchObject({ code: "ENOENT" });
	});

	it("ends the process on an abort, and gives the abort's reason", async () => {
		const reason = new Error("stop");
		const abort = new AbortController();
		const running = node("setTimeout(() => {}, 60_000)", abort.signal);
		abort.abort(reason);
		await expect(running).rejects.toBe(reason);
		await expect(node("", AbortSignal.abort(reason))).rejects.toBe(reason);
	});
});
