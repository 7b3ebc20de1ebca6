import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { istiodVersion } from "../../src/istio/istiod-version.ts";
import { renderIstio } from "../../src/istio/render.ts";
import { parseManifests } from "../../src/kube/objects/manifests.ts";
import { loadProfiles } from "../../src/profile/load.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { istiodDeployment } from "./fake-renderer.ts";

const [profile] = await loadProfiles(["minimal"], (path) => readFile(path, "utf8"));
if (profile === undefined) throw new Error("no profile");
const file = join(temporaryFolder(), "istio.yaml");

describe("renderIstio from files", () => {
	it("takes the objects as they are and the version from istiod's image", async () => {
		await writeFile(file, istiodDeployment("dev.local/istio/pilot:1.31-abc"));
		const { objects, ...rest } = await renderIstio(profile, { kind: "files", paths: [file] });
		expect(objects.map(({ kind }) => kind)).toEqual(["Namespace", "Deployment"]);
		expect(rest).toEqual({ version: "1.31-abc", renderer: "files", warnings: [] });
	});

	it.each([
		["pilot:1.20.0", "istiod in the manifests is 1.20.0"],
		["pilot:latest", 'istiod in the manifests is "latest", which cannot be compared'],
	])("refuses %s", async (image, what) => {
		await writeFile(file, istiodDeployment(image));
		await expect(renderIstio(profile, { kind: "files", paths: [file] })).rejects.toMatchObject({
			exitCode: 2,
			message: `profile minimal is written for Istio >=1.27 <2, but ${what}`,
		});
	});
});

describe("istiodVersion", () => {
	it.each([
		["a:5000/istio/pilot:1.30.3-distroless", "1.30.3-distroless"],
		["pilot:1.30.3@sha256:abc", "1.30.3"],
		["pilot@sha256:abc", undefined],
		["a:5000/pilot", undefined],
		["pilot", undefined],
	])("%s: %s", (image, version) => {
		expect(istiodVersion(parseManifests(istiodDeployment(image), "x"))).toBe(version);
	});

	it("is unknown without an istiod", () => expect(istiodVersion([])).toBeUndefined());
});
