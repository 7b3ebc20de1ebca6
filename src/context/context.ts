import { setMaxListeners } from "node:events";
import { unlessAborted } from "../clock/pause.ts";
import { type EndingSignal, exitCodeOf, InterruptedError } from "../errors.ts";
import type { Cluster } from "../kube/api/cluster.ts";
import { type Files, nodeFiles } from "./files.ts";
import { type Get, get, type Post, type Posted, post } from "./http.ts";
import { openStream } from "./streams.ts";
import { type Terminal, terminalOf } from "./terminal.ts";

/** The outside world as one value: the only way to the process, its files and a cluster. */
export interface Context extends Files {
	version: string;
	/** The result. */
	stdout(text: string): void;
	/** Progress and messages. @param options.isCommand the text is knistio's own command to a terminal or a CI runner */
	stderr(text: string, options?: { isCommand?: boolean }): void;
	/**
	 * Waits until everything is written to the stream.
	 * @throws UsageError for what could not be written, except to a reader who has gone
	 */
	flush?(stream: "stdout" | "stderr"): Promise<void>;
	/** Whether the result may have colours. */
	color: boolean;
	/** The terminal behind stderr; left out where progress may not be drawn over. */
	terminal?: Terminal;
	columns: number;
	/** Columns of the terminal that the result goes to; undefined for a pipe or a file. */
	outputColumns?: number;
	env: Record<string, string | undefined>;
	/** Aborted by the first Ctrl-C, SIGTERM or SIGHUP, with an {@link InterruptedError}; the second ends at once. */
	signal: AbortSignal;
	/** Nothing is sent yet. `kubeconfigText` is a kubeconfig itself instead of a file's path. */
	openCluster(choice: { kubeconfig?: string; kubeconfigText?: string; context?: string }): Promise<Cluster>;
	/** Reads from an address outside of the cluster. @throws the network's error, or a timeout's */
	get(url: string, request: Get): Promise<Posted>;
	/** Posts to an address outside of the cluster. @throws the network's error, or a timeout's */
	post(url: string, request: Post): Promise<Posted>;
	/** The built program of the observing thread. */
	observerThread: URL;
	/** The built program of the simulated cluster's thread. */
	simulatedThread: URL;
}

/** The real world. */
export function nodeContext(): Context {
	const { env, stdout, stderr } = process;
	const wantsColor = env.NO_COLOR === undefined || env.NO_COLOR === "";
	const endings = new Set<() => void>();
	const signal = interruption(stderr, endings);
	const isLive = stderr.isTTY === true && !env.CI && env.TERM !== "dumb";
	const streams = { stdout: openStream(stdout, "stdout"), stderr: openStream(stderr, "stderr") };
	return {
		version: process.env.KNISTIO_VERSION ?? "0.0.0",
		stdout: streams.stdout.write,
		stderr: (text) => streams.stderr.write(text),
		flush: (stream) => streams[stream].flush(),
		color: stdout.isTTY === true && wantsColor && env.TERM !== "dumb",
		...(isLive ? { terminal: terminalOf(stderr, { color: wantsColor, endings }) } : {}),
		columns: stderr.columns ?? 80,
		...(stdout.isTTY === true && stdout.columns > 0 && { outputColumns: stdout.columns }),
		env,
		...nodeFiles,
		// Piped input may take long to end.
		readFile: (path) => unlessAborted(nodeFiles.readFile(path), path === "-" ? signal : undefined),
		readBytes: (path) => unlessAborted(nodeFiles.readBytes(path), path === "-" ? signal : undefined),
		signal,
		openCluster: async ({ kubeconfig, kubeconfigText, context }) => {
			const { openKube } = await import("../kube/api/client.ts");
			return openKube({
				...(kubeconfig === undefined ? {} : { file: kubeconfig }),
				...(kubeconfigText === undefined ? {} : { text: kubeconfigText }),
				...(context === undefined ? {} : { context }),
				env,
				terminal: { isInputTerminal: process.stdin.isTTY === true },
				signal,
			});
		},
		get,
		post,
		observerThread: new URL("./observer-thread.js", import.meta.url),
		simulatedThread: new URL("./simulated-thread.js", import.meta.url),
	};
}

/** npx hands a Ctrl-C on that its child had from the terminal too: within so long the two are one. */
const sameSignalMs = 100;

/** The first signal asks to end in order, the second ends at once. */
function interruption(stderr: NodeJS.WriteStream, endings: ReadonlySet<() => void>): AbortSignal {
	const controller = new AbortController();
	// Whatever waits listens.
	setMaxListeners(0, controller.signal);
	let firstAt = Number.NEGATIVE_INFINITY;
	const onSignal = (signal: EndingSignal) => {
		if (!controller.signal.aborted) {
			firstAt = performance.now();
			controller.abort(new InterruptedError(signal));
		} else if (performance.now() - firstAt > sameSignalMs) {
			for (const end of endings) end();
			stderr.write("\nstopped at once; `knistio clean` removes what is left on the cluster\n");
			process.exit(exitCodeOf[signal]);
		}
	};
	for (const signal of Object.keys(exitCodeOf) as EndingSignal[]) process.on(signal, onSignal);
	return controller.signal;
}
