import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { dump } from "js-yaml";
import { beforeAll, describe, expect, it } from "vitest";
import { measureScenario } from "../../src/commands/selftest.ts";
import { main } from "../../src/main.ts";
import { loadProfiles } from "../../src/profile/load.ts";
import type { Entry } from "../../src/recording/entries.ts";
import { openReportBuilder } from "../../src/timing/report-builder.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { builtContext } from "./built-context.ts";
import { readPaths } from "./read-paths.ts";

const fileOf = (name: string) => fileURLToPath(new URL(`../recordings/${name}.ndjson`, import.meta.url));

function entriesOf(name: string): Entry[] {
	const lines = readFileSync(fileOf(name), "utf8").trim().split("\n");
	return lines.map((line) => JSON.parse(line) as Entry);
}

function fold(name: string) {
	const builder = openReportBuilder();
	for (const entry of entriesOf(name)) builder.add(entry);
	const start = builder.report().profiles[0]?.coldStarts[0];
	if (start === undefined) throw new Error(`${name} has no cold start`);
	return start;
}

const withoutSidecar =
	"activation pod-creation scheduling sandbox start-user-container start-queue-proxy probing response unattributed";
const withNative =
	"activation pod-creation scheduling sandbox start-istio-init run-istio-init notice-istio-init start-istio-proxy startup-istio-proxy notice-istio-proxy start-user-container start-queue-proxy readiness endpoint routing response unattributed";

const withClassic =
	"activation pod-creation scheduling sandbox start-istio-init run-istio-init notice-istio-init start-user-container start-queue-proxy start-istio-proxy readiness endpoint routing response unattributed";
const withHeld =
	"activation pod-creation scheduling sandbox start-istio-init run-istio-init notice-istio-init start-istio-proxy post-start-istio-proxy start-user-container start-queue-proxy readiness endpoint routing response unattributed";

/** What each showed, those of Kubernetes 1.34 without a folder: pod events, milliseconds from the request sent to the last byte, and the phases in their order. */
const golden: [name: string, events: number, totalMs: number, phases: string][] = [
	["none", 7, 1039.317, withoutSidecar],
	["native", 13, 5113.746, withNative],
	["kubernetes-1.36/none", 7, 1156.948, withoutSidecar],
	["kubernetes-1.36/native", 13, 4218.888, withNative],
	["kubernetes-1.36/native-cni", 13, 5833.064, withNative.replaceAll("istio-init", "istio-validation")],
	["kubernetes-1.36/classic", 13, 4761.364, withClassic],
	["kubernetes-1.36/hold", 13, 4636.475, withHeld],
	["kubernetes-1.37/none", 7, 860.624, withoutSidecar],
	["kubernetes-1.37/native", 13, 4575.793, withNative],
	["kubernetes-1.37/classic", 13, 4255.862, withClassic],
	["kubernetes-1.37/hold", 13, 3626.452, withHeld],
	["kubernetes-1.37/native-cni", 13, 5457.315, withNative.replaceAll("istio-init", "istio-validation")],
	[
		"native-cni",
		13,
		5746.704,
		"activation pod-creation scheduling sandbox start-istio-validation run-istio-validation notice-istio-validation start-istio-proxy startup-istio-proxy notice-istio-proxy start-user-container start-queue-proxy readiness endpoint routing response unattributed",
	],
	["classic", 13, 3570.036, withClassic],
	[
		"classic-cni",
		13,
		3611.486,
		"activation pod-creation scheduling sandbox start-istio-validation run-istio-validation notice-istio-validation start-user-container start-queue-proxy start-istio-proxy readiness endpoint routing response unattributed",
	],
	["hold", 13, 4804.888, withHeld],
];

const holding = join(temporaryFolder(), "full-hold.yaml");
beforeAll(writeHolding);

/** Istio's own way to start a classic sidecar first; the profile that the recording is of. */
async function writeHolding(): Promise<void> {
	const [profile] = await loadProfiles(["full"]);
	const podAnnotations = {
		"proxy.istio.io/config": "{holdApplicationUntilProxyStarts: true}",
		"sidecar.istio.io/nativeSidecar": "false",
	};
	writeFileSync(holding, dump({ ...profile, name: "full-hold", podAnnotations }));
}

describe("a recording of a real cluster", () => {
	it.each(golden)("folds to what it showed: %s", (name, events, totalMs, phases) => {
		const start = fold(name);
		expect(start).toMatchObject({ outcome: "cold", counted: true, events: { seen: events, expected: events } });
		expect(start.findings).toEqual([]);
		expect(Object.keys(start.phases).join(" ")).toBe(phases);
		expect(start.total?.ms).toBeCloseTo(totalMs, 0);
		const sum = Object.values(start.phases).reduce((all, { ms }) => all + ms, 0);
		expect(sum).toBeCloseTo(totalMs, 0);
		expect(start.phases.unattributed?.ms).toBe(0);
	});

	it("is Ready one second after the look that the application was started by, where its first probe is refused", () => {
		const { phases } = fold("kubernetes-1.36/native");
		const sinceLook = ["start-user-container", "start-queue-proxy", "readiness"].map((name) => phases[name]?.ms ?? 0);
		const ms = sinceLook.reduce((all, part) => all + part, 0);
		expect(ms).toBeGreaterThan(1_000);
		expect(ms).toBeLessThan(1_050);
	});

	it("is replayed on the command line", async () => {
		const { context, said } = builtContext();
		expect(await main(["replay", fileOf("native"), "--details"], context)).toBe(0);
		expect(said.stdout).toContain("startup-istio-proxy");
		expect(said.stdout).toContain("1 attempted = 1 cold + 0 warm + 0 failed + 0 unresolved");
	});

	it.each<[name: string, model: string, profile: string, sidecar?: "native" | "classic"]>([
		["none", "kubernetes-1.34", "minimal"],
		["native", "kubernetes-1.34", "full", "native"],
		["native-cni", "kubernetes-1.34", "full-cni", "native"],
		["classic", "kubernetes-1.34", "full", "classic"],
		["classic-cni", "kubernetes-1.34", "full-cni", "classic"],
		["hold", "kubernetes-1.34", holding, "classic"],
		["kubernetes-1.36/none", "today", "minimal"],
		["kubernetes-1.36/native", "today", "full", "native"],
		["kubernetes-1.36/native-cni", "today", "full-cni", "native"],
		["kubernetes-1.36/classic", "today", "full", "classic"],
		["kubernetes-1.36/hold", "today", holding, "classic"],
		["kubernetes-1.37/none", "today", "minimal"],
		["kubernetes-1.37/native", "today", "full", "native"],
		["kubernetes-1.37/native-cni", "today", "full-cni", "native"],
		["kubernetes-1.37/classic", "today", "full", "classic"],
		["kubernetes-1.37/hold", "today", holding, "classic"],
	])(
		"has no field that measuring reads and the simulation of its Kubernetes lacks: %s",
		async (name, model, profile, sidecar) => {
			const scenario = { name, about: "", profile, ...(sidecar === undefined ? {} : { sidecar }) };
			const options = { iterations: 1, seed: 1, speed: 20, model };
			const { entries } = await measureScenario(scenario, options, builtContext().context);
			const [inReal, inSimulation] = [readPaths(entriesOf(name)), readPaths(entries)];
			expect(inReal.size).toBeGreaterThan(30);
			expect([...inReal].filter((path) => !inSimulation.has(path))).toEqual([]);
		},
		60_000,
	);
});
