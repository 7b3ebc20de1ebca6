import { readFile } from "node:fs/promises";
import type { ProcessResult, RunProcess } from "../../src/istio/run-process.ts";

/** A call of a renderer, with the JSON files that it was given, which are gone when it has ended. */
export interface RecordedCall {
	file: string;
	args: readonly string[];
	json: unknown[];
}

/** Stands in for istioctl and helm: records the calls and gives the answers of the test. */
export function fakeRenderer(answer: (args: readonly string[]) => Partial<ProcessResult>): {
	run: RunProcess;
	calls: RecordedCall[];
} {
	const calls: RecordedCall[] = [];
	return {
		calls,
		async run(file, args) {
			const files = args.filter((arg) => arg.endsWith(".json"));
			const json = await Promise.all(files.map(async (path) => JSON.parse(await readFile(path, "utf8"))));
			calls.push({ file, args, json });
			return { code: 0, stdout: "", stderr: "", ...answer(args) };
		},
	};
}

/** The Deployment of an istiod, by which the version is known. */
export function istiodDeployment(image: string): string {
	return JSON.stringify({
		apiVersion: "apps/v1",
		kind: "Deployment",
		metadata: { name: "istiod", namespace: "istio-system", labels: { app: "istiod" } },
		spec: { template: { spec: { containers: [{ name: "discovery", image }] } } },
	});
}
