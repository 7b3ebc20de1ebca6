import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { InterruptedError } from "../../src/errors.ts";
import { runPlugin } from "../../src/kube/auth/exec-plugin.ts";
import type { ExecEntry } from "../../src/kube/auth/kubeconfig-file.ts";
import { isAlive } from "../support/is-alive.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
const v1 = "client.authentication.k8s.io/v1";
let serial = 0;

async function script(text: string): Promise<string> {
	const command = join(folder, `plugin-${++serial}`);
	await writeFile(command, `#!/bin/sh\n${text}\n`);
	await chmod(command, 0o755);
	return command;
}

const says = (status: object, apiVersion = v1) =>
	`echo '${JSON.stringify({ apiVersion, kind: "ExecCredential", status })}'`;

async function run(
	text: string,
	exec: Partial<ExecEntry> = {},
	surroundings: Partial<Parameters<typeof runPlugin>[1]> = {},
) {
	const entry: ExecEntry = {
		command: await script(text),
		args: [],
		env: [],
		apiVersion: v1,
		installHint: undefined,
		provideClusterInfo: false,
		interactiveMode: "Never",
		...exec,
	};
	const env = { PATH: process.env.PATH };
	return runPlugin(entry, { env, cluster: async () => ({ server: "https://x" }), ...surroundings });
}

describe("what a plugin is told", () => {
	it("is its arguments, its variables over ours, the version and whether it may ask", async () => {
		const file = join(folder, "told");
		const text = `echo "$1 $2 $OURS $ITS $KUBERNETES_EXEC_INFO" > ${file}; ${says({ token: "t" })}`;
		const exec = { args: ["a b", "c"], env: [{ name: "ITS", value: "its" }] };
		await run(text, exec, { env: { PATH: process.env.PATH, OURS: "ours", ITS: "ours" } });
		const info = { apiVersion: v1, kind: "ExecCredential", spec: { interactive: false } };
		expect(await readFile(file, "utf8")).toBe(`a b c ours its ${JSON.stringify(info)}\n`);
	});

	it("is the cluster, where the kubeconfig says so", async () => {
		const file = join(folder, "cluster");
		await run(`echo "$KUBERNETES_EXEC_INFO" > ${file}; ${says({ token: "t" })}`, { provideClusterInfo: true });
		expect(JSON.parse(await readFile(file, "utf8")).spec).toEqual({
			interactive: false,
			cluster: { server: "https://x" },
		});
	});

	it.each([
		["Never", true, false],
		["IfAvailable", true, true],
		["IfAvailable", false, false],
		["Always", true, true],
		[undefined, true, true],
	])("with interactiveMode %s and a terminal: %s is that it may ask: %s", async (interactiveMode, isInputTerminal, mayAsk) => {
		const file = join(folder, `ask-${++serial}`);
		const text = `echo "$KUBERNETES_EXEC_INFO" > ${file}; ${says({ token: "t" })}`;
		await run(text, { interactiveMode }, { terminal: { isInputTerminal } });
		expect(JSON.parse(await readFile(file, "utf8")).spec.interactive).toBe(mayAsk);
	});

	it("is nothing where it must ask and cannot", async () => {
		const file = join(folder, "never-run");
		await expect(run(`touch ${file}`, { interactiveMode: "Always" })).rejects.toMatchObject({
			exitCode: 4,
			message: expect.stringContaining("interactiveMode: Always"),
			hint: expect.stringContaining("terminal"),
		});
		await expect(readFile(file)).rejects.toThrow("ENOENT");
	});
});

describe("what a plugin gives", () => {
	it("is a token with its end", async () => {
		const status = { token: "t", expirationTimestamp: "2030-01-01T00:00:00Z" };
		expect(await run(says(status))).toEqual({ token: "t", expiresAtMs: Date.UTC(2030, 0) });
	});

	it("is a certificate with its key", async () => {
		const status = { clientCertificateData: "c", clientKeyData: "k", token: null };
		expect(await run(says(status))).toEqual({ cert: "c", key: "k" });
	});

	it.each([
		["no JSON", "echo top-secret", "wrote no JSON"],
		["no credential", "echo '{}'", "wrote no ExecCredential"],
		["another kind", `echo '{"apiVersion":"${v1}","kind":"Pod","status":{"token":"top-secret"}}'`, "no ExecCredential"],
		["null", "echo null", "wrote no ExecCredential"],
		["a number as token", says({ token: 5 }), "wrote no ExecCredential"],
		[
			"another version",
			says({ token: "top-secret" }, `${v1}beta1`),
			`in the apiVersion ${v1}beta1, and the kubeconfig says ${v1}`,
		],
		["nothing", says({}), "neither a token nor a certificate"],
		["half a certificate", says({ clientCertificateData: "top-secret" }), "only one of certificate and key"],
		["no time", says({ token: "top-secret", expirationTimestamp: "soon" }), "expirationTimestamp that is not a time"],
	])("is refused when it is %s", async (_, text, words) => {
		const error = await run(text).catch((error: Error) => error);
		expect(error).toMatchObject({
			exitCode: 4,
			message: expect.stringContaining(words),
			hint: expect.stringContaining("log in"),
		});
		expect(String(error)).not.toContain("top-secret");
	});
});

describe("a plugin that does not run", () => {
	it("is told with the kubeconfig's installHint, which cannot change the terminal", async () => {
		const installHint = "\u001b[31mbrew install it\nor apt\u0007";
		await expect(run("", { command: "/nowhere/plugin", installHint })).rejects.toMatchObject({
			exitCode: 4,
			message: "its exec plugin /nowhere/plugin is not there",
			hint: "[31mbrew install it\nor apt",
		});
	});

	it("is told where it may not be executed, and where it fails", async () => {
		const command = join(folder, "a-folder");
		await mkdir(command);
		await expect(run("", { command })).rejects.toThrow(
			`its exec plugin ${command} cannot be run: it may not be executed`,
		);
		await expect(run("echo please log in >&2; exit 3")).rejects.toThrow(/failed with exit code 3: please log in$/);
		await expect(run("exit 1")).rejects.toThrow(/failed with exit code 1: it said nothing$/);
		await expect(run("kill -9 $$")).rejects.toThrow(/was ended by SIGKILL: /);
	});
});

describe("a plugin that waits", () => {
	/** Starts a child of its own, which must end with it. */
	async function waiting(prefix = "") {
		const file = join(folder, `pids-${++serial}`);
		return { file, text: `${prefix} sleep 300 & echo "$$ $!" > ${file}.new; mv ${file}.new ${file}; wait; wait` };
	}
	const pidsIn = (file: string) =>
		vi.waitFor(async () => (await readFile(file, "utf8")).trim().split(" "), { timeout: 5_000 });

	it.each([
		["", "is ended with all that it has started"],
		["trap '' TERM;", "is killed where it does not listen"],
	])("%s %s when we are", async (prefix) => {
		const { file, text } = await waiting(prefix);
		const interruption = new AbortController();
		const reason = new InterruptedError("SIGTERM");
		const credentials = run(text, {}, { signal: interruption.signal });
		const pids = await pidsIn(file);
		interruption.abort(reason);
		await expect(credentials).rejects.toBe(reason);
		await vi.waitFor(() => expect(pids.map(isAlive)).toEqual([false, false]), {
			timeout: 5_000,
		});
	});

	it("has a time limit", async () => {
		const { file, text } = await waiting();
		await expect(run(text, {}, { limitMs: 300 })).rejects.toMatchObject({
			exitCode: 4,
			message: expect.stringContaining("gave nothing within 0.3 s"),
		});
		const pids = await pidsIn(file);
		await vi.waitFor(() => expect(pids.map(isAlive)).toEqual([false, false]), {
			timeout: 5_000,
		});
	});

	it("is not even begun when we were interrupted before", async () => {
		const reason = new InterruptedError("SIGINT");
		await expect(run(says({ token: "t" }), {}, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
	});
});
