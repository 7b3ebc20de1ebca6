import { readdirSync } from "node:fs";
import { load } from "js-yaml";
import { describe, expect, it } from "vitest";
import { groupsOf } from "../../src/measure/rounds.ts";
import { builtInVariants } from "../../src/profile/built-in.ts";
import { loadProfiles } from "../../src/profile/load.ts";
import type { Profile } from "../../src/profile/profile.ts";
import { loadWithVariants } from "../../src/profile/variants.ts";

const [full, ...variants] = (await loadProfiles(["full", ...builtInVariants])) as [Profile, ...Profile[]];
const named = (name: string) => variants.find((each) => each.name === name);

describe("the built-in variants", () => {
	it("are all the files of profiles/variants, each named as its file", () => {
		const files = readdirSync("profiles/variants").map((file) => file.replace(".yaml", ""));
		expect(files.sort()).toEqual([...builtInVariants].sort());
		expect(variants.map(({ name }) => name)).toEqual(builtInVariants);
	});

	it.each(builtInVariants)("%s says its knob, its cost and its source, and what it is for", (name) => {
		const { variant, title, description } = named(name) ?? {};
		expect(variant).toMatchObject({ of: "full", knob: expect.any(String) });
		expect(variant?.source).toMatch(/^https:\/\/(istio\.io|knative\.dev|kubernetes\.io)\//);
		expect(variant?.cost).toMatch(/^[A-Z].{10,117}\.$/);
		expect([title, description].every((text) => (text ?? "") !== "")).toBe(true);
	});

	/** All that a variant may change, with the fields that its knob needs. */
	const knobs: Record<string, (keyof Profile)[]> = {
		classic: ["podAnnotations", "promises"],
		hold: ["podAnnotations", "promises"],
		probe: ["istio", "podAnnotations", "promises"],
		egress: ["traffic"],
		discovery: ["istio"],
		manual: ["namespaceLabels", "podLabels", "meshCompatibilityMode", "security"],
	};

	it.each(builtInVariants)("%s differs from full in its knob alone", (name) => {
		const variant = named(name);
		if (variant === undefined) throw new Error(`no ${name}`);
		const words = new Set(["name", "title", "description", "variant"]);
		const keys = Object.keys({ ...full, ...variant }).filter((key) => !words.has(key)) as (keyof Profile)[];
		const changed = keys.filter((key) => JSON.stringify(variant[key]) !== JSON.stringify(full[key]));
		expect(changed.sort()).toEqual((knobs[name] ?? ["podAnnotations"]).sort());
	});

	it("share an install with full and take turns where only the pod differs", () => {
		expect(groupsOf([full, ...variants]).map((group) => group.map(({ name }) => name))).toEqual([
			["full", "classic", "hold", "proxy-cpu", "concurrency", "outbound", "no-dns-capture", "queue-cpu"],
			["probe"],
			["egress"],
			["discovery"],
			["manual"],
		]);
	});

	it("have YAML where Istio reads YAML", () => {
		expect(load(named("hold")?.podAnnotations["proxy.istio.io/config"] ?? "")).toEqual({
			holdApplicationUntilProxyStarts: true,
		});
		const { templates } = named("probe")?.istio.values.sidecarInjectorWebhook as { templates: Record<string, string> };
		const [name = "", text = ""] = Object.entries(templates)[0] ?? [];
		expect(named("probe")?.podAnnotations["inject.istio.io/templates"]).toBe(`sidecar,${name}`);
		const { spec } = load(text) as { spec: { initContainers: { name: string; startupProbe: object }[] } };
		expect(spec.initContainers[0]).toMatchObject({ name: "istio-proxy", startupProbe: { httpGet: null } });
	});
});

describe("the variants of a run", () => {
	const names = async (profiles: string[], asked: string[]) =>
		(await loadWithVariants(profiles, asked)).map(({ name }) => name);

	it("come after the profiles, in the order asked for", async () => {
		expect(await names(["minimal", "full"], [])).toEqual(["minimal", "full"]);
		expect(await names(["minimal", "full"], ["hold", "classic"])).toEqual(["minimal", "full", "hold", "classic"]);
	});

	it("are all that fit for `all`, each once", async () => {
		expect(await names(["full", "classic"], ["all", "hold"])).toEqual([
			"full",
			"classic",
			"hold",
			...builtInVariants.filter((name) => name !== "classic" && name !== "hold"),
		]);
	});

	it.each([
		[["minimal"], ["classic"], "--variants classic: it is a variant of full, which is not measured", /--profile full/],
		[["minimal"], ["all"], "--variants all: there is no variant of minimal", /--profile full/],
		[["full"], ["minimal"], "--variants minimal: the profile does not say what it is a variant of", /--profile/],
		[["full"], ["clasic"], 'unknown variant "clasic"; did you mean "classic"?', /profiles list/],
	])("are refused: %j %j", async (profiles, asked, message, hint) => {
		await expect(loadWithVariants(profiles, asked)).rejects.toMatchObject({
			exitCode: 2,
			message: expect.stringContaining(message),
			hint: expect.stringMatching(hint),
		});
	});
});
