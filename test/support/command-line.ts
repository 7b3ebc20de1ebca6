import type { Context } from "../../src/context/context.ts";
import { nodeFiles } from "../../src/context/files.ts";
import { get, post } from "../../src/context/http.ts";
import type { Cluster } from "../../src/kube/api/cluster.ts";
import { main } from "../../src/main.ts";

/** What a command line did. */
export interface Outcome {
	code: number;
	stdout: string;
	stderr: string;
	/** Files that were written or begun. */
	written: string[];
	/** How often a cluster was asked for. */
	opened: number;
}

/** What is not as usual around a command line. */
export type World = Partial<Pick<Context, "openCluster" | "env" | "signal" | "terminal">>;

/** Runs a command line in this process, with the real files and, unless one is given, without a cluster. */
export async function knistio(argv: readonly string[], world: World = {}): Promise<Outcome> {
	const outcome: Outcome = { code: -1, stdout: "", stderr: "", written: [], opened: 0 };
	const context: Context = {
		version: "1.2.3",
		stdout: (text) => {
			outcome.stdout += text;
		},
		stderr: (text) => {
			outcome.stderr += text;
		},
		color: false,
		columns: 100,
		env: {},
		signal: new AbortController().signal,
		observerThread: new URL("file:///nowhere/observer-thread.js"),
		simulatedThread: new URL("file:///nowhere/simulated-thread.js"),
		...nodeFiles,
		get,
		post,
		writeFile: async (path, text) => {
			outcome.written.push(path);
			await nodeFiles.writeFile(path, text);
		},
		openLog: async (path) => {
			outcome.written.push(path);
			return nodeFiles.openLog(path);
		},
		...world,
		openCluster: async (choice): Promise<Cluster> => {
			outcome.opened++;
			if (world.openCluster === undefined) throw new Error("this test has no cluster");
			return world.openCluster(choice);
		},
	};
	outcome.code = await main(argv, context);
	return outcome;
}
