import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { dump } from "js-yaml";
import { expect, it } from "vitest";
import { install } from "../../src/commands/install.ts";
import { InterruptedError } from "../../src/errors.ts";
import { clusterWithKnative, istioObjects } from "../install/objects.ts";
import { fakeContext } from "../support/fake-context.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();

/** An install that is interrupted at the first write of this kind. */
async function interruptedAt(kind: string): Promise<string> {
	const manifests = join(folder, "istio.yaml");
	writeFileSync(
		manifests,
		istioObjects()
			.map((object) => `---\n${dump(object)}`)
			.join(""),
	);
	const profile = join(folder, "mine.yaml");
	const promises = { sidecar: "none" };
	writeFileSync(profile, dump({ name: "mine", istio: { components: {} }, meshCompatibilityMode: "auto", promises }));
	const cluster = clusterWithKnative();
	const controller = new AbortController();
	const { apply } = cluster;
	cluster.apply = async (object, options) => {
		if (object.kind === kind) controller.abort(new InterruptedError("SIGINT"));
		options?.signal?.throwIfAborted();
		return apply(object, options);
	};
	const { context, said } = fakeContext();
	const outside = { ...context, signal: controller.signal, openCluster: async () => cluster };
	const options = {
		profile,
		namespace: "bench",
		image: "sample:1",
		source: { kind: "files", paths: [manifests] } as const,
		knativeManifests: [],
		dryRun: false,
		timeoutMs: 60_000,
	};
	await expect(install(options, outside)).rejects.toMatchObject({ exitCode: 130 });
	return said.stderr;
}

it("an interrupted install says what it left, and what removes it", async () => {
	expect(await interruptedAt("Deployment")).toMatch(
		/left on the cluster: up to \d+ objects that knistio makes.*`knistio uninstall` \(or `knistio clean`\) removes/,
	);
});

it("an install that was interrupted before it made anything leaves nothing to tell of", async () => {
	expect(await interruptedAt("ConfigMap")).not.toContain("left on the cluster");
});
