import { readdir, readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { builtInFile, builtInProfiles } from "../../src/profile/built-in.ts";
import { loadProfiles } from "../../src/profile/load.ts";
import { profileSchema } from "../../src/profile/profile.ts";

const read = (path: string): Promise<string> => readFile(path, "utf8");
const [full, cni, noPolicy, minimal, ambient] = await loadProfiles(builtInProfiles, read);

describe("the built-in profiles", () => {
	it("are all the YAML files of profiles/, each named as its file", async () => {
		const files = await readdir(new URL("../../profiles", import.meta.url));
		const names = files.filter((file) => file.endsWith(".yaml")).map((file) => file.replace(".yaml", ""));
		expect(names.sort()).toEqual([...builtInProfiles].sort());
		expect([full, cni, noPolicy, minimal, ambient].map((profile) => profile?.name)).toEqual(builtInProfiles);
	});

	it("say every field but those of variants, and the pods' own labels, annotations and budgets", async () => {
		const { load } = await import("js-yaml");
		const unsaid = new Set(["podLabels", "podAnnotations", "traffic", "variant", "budgets"]);
		const fields = Object.keys(profileSchema.shape).filter((field) => !unsaid.has(field));
		for (const name of builtInProfiles) {
			expect(Object.keys(load(await read(builtInFile(name) ?? "")) as object)).toEqual(fields);
		}
	});

	it("differ from full in what their name says, and in nothing else", () => {
		const names = { name: "", title: "", description: "" };
		expect({ ...cni, ...names }).toEqual({
			...full,
			...names,
			istio: { ...full?.istio, components: { ...full?.istio.components, cni: true } },
			promises: { ...full?.promises, initContainers: ["istio-validation"], capabilities: [] },
		});
		expect({ ...noPolicy, ...names }).toEqual({
			...full,
			...names,
			istio: { ...full?.istio, meshConfig: {} },
			policy: [],
			externalAuthorizer: false,
			promises: { ...full?.promises, denies: false },
		});
	});

	it("ask in policy only the authorizer that they name", () => {
		const [provider] = (full?.istio.meshConfig.extensionProviders ?? []) as { name: string }[];
		const asking = full?.policy.filter((object) => (object.spec as { action: string }).action === "CUSTOM");
		expect(asking?.map((object) => (object.spec as { provider: unknown }).provider)).toEqual([
			{ name: provider?.name },
		]);
	});

	it("promise for minimal a pod without anything of Istio", () => {
		expect(minimal?.promises).toEqual({ initContainers: [], sidecar: "none", capabilities: [], denies: false });
		expect([minimal?.security, minimal?.policy]).toEqual([[], []]);
		expect(minimal?.namespaceLabels).toEqual({ "istio-injection": "disabled" });
	});
});
