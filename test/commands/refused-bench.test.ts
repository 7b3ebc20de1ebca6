import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { bench } from "../../src/commands/bench/bench.ts";
import { simulatedRun } from "../../src/commands/bench/simulated-run.ts";
import { openTarget } from "../../src/commands/bench/target.ts";
import { ClusterError } from "../../src/errors.ts";
import { takeLock } from "../../src/install/state/lock.ts";
import { builtContext } from "../selftest/built-context.ts";
import { sessionOn } from "../support/session.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
const [out, record] = ["run.json", "run.recording.ndjson"].map((name) => join(folder, name)) as [string, string];

const options = simulatedRun({
	profiles: ["minimal"],
	where: { kind: "simulated", model: "today", seed: 1, speed: 20 },
	timeoutMs: 60_000,
	out: [out],
});

it("leaves the earlier report and recording where another knistio holds the cluster", async () => {
	for (const file of [out, record]) writeFileSync(file, "of an earlier run");
	const { context } = builtContext();
	const held = bench(options, context, async (where, inside) => {
		const target = await openTarget(where, inside);
		await takeLock(sessionOn(target.cluster, { clock: target.installClock }));
		return target;
	});
	await expect(held).rejects.toThrow(ClusterError);
	for (const file of [out, record]) expect(readFileSync(file, "utf8")).toBe("of an earlier run");
}, 60_000);

it("lets go of the lock where it cannot record", async () => {
	const { context } = builtContext();
	const unreadable = { ...context, openLog: () => Promise.reject(new Error("no place for it")) };
	let isHeld: boolean | undefined;
	const failed = bench(options, unreadable, async (where, inside) => {
		const target = await openTarget(where, inside);
		const close = async () => {
			const again = await takeLock(sessionOn(target.cluster, { clock: target.installClock })).catch(() => undefined);
			isHeld = again === undefined;
			await again?.release();
			await target.close();
		};
		return { ...target, close };
	});
	await expect(failed).rejects.toThrow("no place for it");
	expect(isHeld).toBe(false);
}, 60_000);

it("refuses a profile that lacks what it needs before the profiles before it are installed", async () => {
	const { context } = builtContext();
	let namespaces: string[] = [];
	const refused = bench({ ...options, profiles: ["minimal", "ambient"], out: [] }, context, async (where, inside) => {
		const target = await openTarget(where, inside);
		const names = async () =>
			(await target.cluster.list({ apiVersion: "v1", kind: "Namespace" })).map(({ metadata }) => metadata.name);
		return {
			...target,
			render: async (profile, signal) => {
				const rendered = await target.render(profile, signal);
				return { ...rendered, objects: rendered.objects.filter(({ metadata }) => metadata.name !== "ztunnel") };
			},
			close: async () => {
				namespaces = await names();
				await target.close();
			},
		};
	});
	await expect(refused).rejects.toMatchObject({
		exitCode: 2,
		message: expect.stringMatching(/^profile ambient needs on every node DaemonSet ztunnel/),
	});
	expect(namespaces).toContain("knative-serving");
	expect(namespaces.filter((name) => /knistio|istio-system/.test(name))).toEqual([]);
}, 60_000);
