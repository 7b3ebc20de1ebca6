import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UsageError } from "../errors.ts";
import type { KubeObject } from "../kube/api/cluster.ts";
import type { ProcessResult, RunProcess } from "./run-process.ts";

/** What a renderer made of a profile. */
export interface Rendered {
	objects: KubeObject[];
	/** Istio's version; undefined if it is not known. */
	version: string | undefined;
	/** What the renderer complained of without failing, line by line. */
	warnings: string[];
}

/** Runs istioctl or helm. That it is not there, or may not be run, is a {@link UsageError}; how it ends is the caller's. */
export async function runRenderer(call: {
	program: "istioctl" | "helm";
	/** A path, or a name to be found on PATH. */
	file: string;
	args: readonly string[];
	run: RunProcess;
	signal: AbortSignal | undefined;
}): Promise<ProcessResult> {
	const { program, file, args, run, signal } = call;
	try {
		return await run(file, args, { signal });
	} catch (error) {
		const what = startFailures[(error as NodeJS.ErrnoException).code ?? ""];
		if (what === undefined) throw error;
		throw new UsageError(`${file}: ${what}`, {
			hint: `put ${program} on the PATH, or name it with --${program} PATH; or render the manifests elsewhere and name them with --istio-manifests`,
			cause: error,
		});
	}
}

const startFailures: Record<string, string> = {
	ENOENT: "there is no such program",
	EACCES: "may not be run",
};

/** Gives a folder that is gone when the work in it has ended, well or not. */
export async function inTemporaryFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
	const folder = await mkdtemp(join(tmpdir(), "knistio-"));
	try {
		return await work(folder);
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}

/** What a failed program said last: the end of its error output, or its exit code if it said nothing. */
export function lastWords({ code, stderr }: ProcessResult): string {
	const lines = linesOf(stderr);
	return lines.length === 0
		? `exit code ${code}`
		: lines
				.slice(-5)
				.join("\n")
				.replace(/^Error: /, "");
}

/** The lines of a text that are not blank. */
export function linesOf(text: string): string[] {
	return text.split("\n").filter((line) => line.trim() !== "");
}
