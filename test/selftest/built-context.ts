import { type Context, nodeContext } from "../../src/context/context.ts";

const built = (name: string) => new URL(`../../dist/${name}.js`, import.meta.url);

/** The real world with the threads of the last build, and what was said instead of a terminal. */
export function builtContext() {
	const said = { stdout: "", stderr: "" };
	const { terminal: _, ...world } = nodeContext();
	const context: Context = {
		...world,
		stdout: (text) => {
			said.stdout += text;
		},
		stderr: (text) => {
			said.stderr += text;
		},
		color: false,
		signal: new AbortController().signal,
		observerThread: built("observer-thread"),
		simulatedThread: built("simulated-thread"),
	};
	return { context, said };
}
