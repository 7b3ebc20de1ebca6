import type { Context } from "../../src/context/context.ts";
import { UsageError } from "../../src/errors.ts";
import type { Cluster } from "../../src/kube/api/cluster.ts";

/** The outside world in memory: files by path, and what was said. */
export function fakeContext(given: Record<string, unknown> = {}, env: Context["env"] = {}) {
	const files = new Map(
		Object.entries(given).map(([path, content]) => [
			path,
			typeof content === "string" ? content : JSON.stringify(content),
		]),
	);
	const said = { stdout: "", stderr: "" };
	const context: Context = {
		version: "0.1.0",
		stdout: (text) => {
			said.stdout += text;
		},
		stderr: (text) => {
			said.stderr += text;
		},
		color: false,
		columns: 110,
		env,
		async readFile(path) {
			const text = files.get(path);
			if (text !== undefined) return text;
			const cause = Object.assign(new Error("no such file"), { code: "ENOENT" });
			throw new UsageError(`cannot read ${path}`, { cause });
		},
		async readBytes(path) {
			return Buffer.from(await context.readFile(path));
		},
		writeFile: async (path, content) =>
			void files.set(path, typeof content === "string" ? content : Buffer.from(content).toString("latin1")),
		appendFile: async (path, text) => void files.set(path, `${files.get(path) ?? ""}${text}`),
		requireWritable: async () => {},
		openLog: () => Promise.reject(new Error("nothing is to be recorded")),
		signal: new AbortController().signal,
		openCluster: (): Promise<Cluster> => Promise.reject(new Error("no cluster is to be touched")),
		get: () => Promise.reject(new Error("nothing is to be asked")),
		post: () => Promise.reject(new Error("nothing is to be sent")),
		observerThread: new URL("file:///nowhere"),
		simulatedThread: new URL("file:///nowhere"),
	};
	return { context, files, said };
}
