import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { renderIstio } from "../../src/istio/render.ts";
import { builtInProfiles } from "../../src/profile/built-in.ts";
import { loadProfiles } from "../../src/profile/load.ts";

/** A real istioctl. */
const istioctl = process.env.KNISTIO_TEST_ISTIOCTL ?? "istioctl";

const profiles = await loadProfiles(builtInProfiles, (path) => readFile(path, "utf8"));

describe("a real istioctl", () => {
	it.each(profiles)("renders $name as it is meant", async (profile) => {
		const source = { kind: "istioctl", istioctl: istioctl, overlays: [], sets: ["hub=h", "tag=t"] } as const;
		const { objects, warnings } = await renderIstio(profile, source);
		const find = (kind: string, name: string) =>
			objects.find((object) => object.kind === kind && object.metadata.name === name);
		const dataOf = (name: string) => find("ConfigMap", name)?.data as Record<string, string>;

		expect(objects[0]).toMatchObject({ kind: "Namespace", metadata: { name: "istio-system" } });
		expect(find("CustomResourceDefinition", "virtualservices.networking.istio.io")).toBeDefined();
		expect(find("Deployment", "istio-ingressgateway")).toBeDefined();
		expect(JSON.stringify(find("Deployment", "istiod"))).toMatch(/"h\/pilot:t(-distroless)?"/);
		expect(find("DaemonSet", "istio-cni-node") !== undefined).toBe(profile.istio.components.cni);
		expect(dataOf("istio").mesh?.includes("knistio-authz")).toBe(profile.externalAuthorizer);
		const injector = dataOf("istio-sidecar-injector");
		expect(injector.config).toContain(`policy: ${profile.name === "minimal" ? "disabled" : "enabled"}`);
		const { pilot } = JSON.parse(injector.values ?? "") as { pilot: { cni: { enabled: boolean } } };
		expect(pilot.cni.enabled).toBe(profile.istio.components.cni);
		expect(warnings).toEqual([]);
	});

	it("lets the user's settings win", async () => {
		const [profile] = profiles;
		const sets = ["components.cni.enabled=true"];
		const source = { kind: "istioctl", istioctl: istioctl, overlays: [], sets } as const;
		const { objects } = await renderIstio(profile as NonNullable<typeof profile>, source);
		expect(objects.some(({ kind }) => kind === "DaemonSet")).toBe(true);
	});

	it("says what it does not know", async () => {
		const [profile] = profiles;
		const source = { kind: "istioctl", istioctl: istioctl, overlays: [], sets: ["values.foo=1"] } as const;
		await expect(renderIstio(profile as NonNullable<typeof profile>, source)).rejects.toMatchObject({
			exitCode: 2,
			message: expect.stringMatching(/^profile full: istioctl manifest generate failed: .*unknown field "foo"/),
		});
	});
});
