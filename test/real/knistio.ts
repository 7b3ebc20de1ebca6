import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { openKube } from "../../src/kube/api/client.ts";

const program = fileURLToPath(new URL("../../dist/bin.js", import.meta.url));

/** What bench and install need on this cluster, such as `--image`; words separated by blanks. */
export const clusterArgs = (process.env.KNISTIO_TEST_ARGS ?? "").split(/\s+/).filter(Boolean);

/** The folders of `--knative-manifests` among them. */
export const knativeManifests = clusterArgs.filter((_, index) => clusterArgs[index - 1] === "--knative-manifests");

/** They come right after the command, so that what a test says itself wins. */
function withClusterArgs([command = "", ...rest]: readonly string[]): string[] {
	return [command, ...(["bench", "install", "tradeoffs"].includes(command) ? clusterArgs : []), ...rest];
}

/** How a run of the built program ended. */
export interface Ended {
	code: number | null;
	stdout: string;
	stderr: string;
}

/** A run that goes on. */
export interface Running {
	ended: Promise<Ended>;
	/** Resolves when stderr has said it. */
	says(text: string | RegExp): Promise<void>;
	signal(name: NodeJS.Signals): void;
}

/** Starts the built program; `bench`, `install` and `tradeoffs` get what this cluster needs. */
export const start = (args: readonly string[]): Running => startWith(withClusterArgs(args));

function startWith(args: readonly string[]): Running {
	const child = spawn(process.execPath, [program, ...args], {
		stdio: ["ignore", "pipe", "pipe"],
	});
	let [stdout, stderr] = ["", ""];
	const listeners = new Set<() => void>();
	child.stdout.on("data", (chunk: Buffer) => {
		stdout += chunk;
	});
	child.stderr.on("data", (chunk: Buffer) => {
		stderr += chunk;
		for (const listener of listeners) listener();
	});
	const ended = once(child, "close").then(([code]) => ({ code: code as number | null, stdout, stderr }));
	return {
		ended,
		signal: (name) => void child.kill(name),
		says: (text) =>
			new Promise((resolve, reject) => {
				const look = () => {
					if (typeof text === "string" ? !stderr.includes(text) : !text.test(stderr)) return;
					listeners.delete(look);
					resolve();
				};
				listeners.add(look);
				look();
				ended.then(() => reject(new Error(`knistio ended before it said ${text}:\n${stderr}`)));
			}),
	};
}

/** Runs it with nothing of what installing needs on this cluster. */
export const runPlain = (args: readonly string[]): Promise<Ended> => startWith(args).ended;

/** Runs the built program to its end. */
export const run = (args: readonly string[]): Promise<Ended> => start(args).ended;

/** What comes and goes by itself on every cluster. */
const passing = new Set(["Event", "Lease", "EndpointSlice", "Endpoints", "PodMetrics", "NodeMetrics"]);

/** Every lasting object of the cluster, and the settings that knistio may change, as text to compare. */
export async function everything(): Promise<string[]> {
	const cluster = await openKube({ env: process.env });
	try {
		const resources = (await cluster.resources()).filter(
			({ verbs, kind }) => verbs.includes("list") && !passing.has(kind),
		);
		const lists = await Promise.all(
			resources.map(async ({ apiVersion, kind }) => {
				const objects = await cluster.list({ apiVersion, kind });
				return objects.map(({ metadata, data }) => {
					const labels = kind === "Namespace" ? JSON.stringify(metadata.labels) : "";
					const config = kind === "ConfigMap" && metadata.namespace === "knative-serving" ? JSON.stringify(data) : "";
					return `${apiVersion} ${kind} ${metadata.namespace ?? ""}/${metadata.name} ${labels}${config}`;
				});
			}),
		);
		return lists.flat().sort();
	} finally {
		cluster.close();
	}
}
