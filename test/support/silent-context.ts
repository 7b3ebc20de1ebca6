import type { Context } from "../../src/context/context.ts";

/** A world in which nothing is to happen: every way out of the process fails. */
export function silentContext(): Context {
	const fail = () => {
		throw new Error("nothing is to happen here");
	};
	return {
		version: "0.0.0-test",
		stdout: () => {},
		stderr: () => {},
		color: false,
		columns: 100,
		env: {},
		readFile: fail,
		readBytes: fail,
		writeFile: fail,
		appendFile: fail,
		requireWritable: fail,
		openLog: fail,
		signal: new AbortController().signal,
		openCluster: fail,
		get: fail,
		post: fail,
		observerThread: new URL("file:///none"),
		simulatedThread: new URL("file:///none"),
	};
}
