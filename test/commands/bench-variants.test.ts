import { describe, expect, it } from "vitest";
import { requireOneInstall } from "../../src/commands/bench/variants.ts";
import { UsageError } from "../../src/errors.ts";
import { wantedObjects } from "../../src/install/wanted.ts";
import { planVisits } from "../../src/measure/rounds.ts";
import { loadWithVariants } from "../../src/profile/variants.ts";

const visits = async (...variants: string[]) =>
	planVisits({ profiles: await loadWithVariants(["full"], variants), iterations: 4, blocks: 1, seed: 1 });

describe("variants of an Istio that is already installed", () => {
	it("are those that differ in the pod alone", async () => {
		const fine = await visits("classic", "proxy-cpu");
		expect(() => requireOneInstall(fine)).not.toThrow();
	});

	it("are refused where they would not be in force, with the names of the others", async () => {
		const some = await visits("egress", "classic", "probe", "hold");
		expect(() => requireOneInstall(some)).toThrow(UsageError);
		expect(() => requireOneInstall(some)).toThrow(/^--use-installed: egress, probe would need an install apart/);
		try {
			requireOneInstall(some);
		} catch (error) {
			expect((error as UsageError).hint).toBe("leave them out: --variants classic,hold");
		}
	});
});

it("objects about traffic are applied with the policies, in the workload's namespace", async () => {
	const [, profile] = await loadWithVariants(["full"], ["egress"]);
	if (profile === undefined) throw new Error("no egress");
	const common = { istioObjects: [], knativeObjects: undefined, namespace: "bench", authorizerImage: "i" };
	const { policy } = wantedObjects({ ...common, profile, useInstalled: false });
	const sidecar = policy.find(({ kind }) => kind === "Sidecar");
	expect(sidecar?.metadata).toMatchObject({ name: "default", namespace: "bench" });
	expect(wantedObjects({ ...common, profile, useInstalled: true }).policy).toEqual([]);
});
