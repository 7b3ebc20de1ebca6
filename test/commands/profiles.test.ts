import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
	listProfiles,
	type Output,
	renderProfile,
	showProfile,
	validateProfiles,
} from "../../src/commands/profiles.ts";
import { parseManifests } from "../../src/kube/objects/manifests.ts";
import { builtInVariants } from "../../src/profile/built-in.ts";
import { loadProfiles } from "../../src/profile/load.ts";
import { parseProfile } from "../../src/profile/parse.ts";
import { fakeRenderer } from "../istio/fake-renderer.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();

function capture(): { out: Output; text: { stdout: string; stderr: string } } {
	const text = { stdout: "", stderr: "" };
	const out = {
		stdout(more: string): void {
			text.stdout += more;
		},
		stderr(more: string): void {
			text.stderr += more;
		},
	};
	return { out, text };
}

describe("profiles list", () => {
	it("names every built-in profile, one a line", async () => {
		const { out, text } = capture();
		expect(await listProfiles(out)).toBe(0);
		expect(text.stderr).toBe("");
		const [profiles = ""] = text.stdout.split("\n\n");
		const lines = profiles.split("\n");
		expect(lines.map((line) => line.split(/ {2,}/).slice(0, 2))).toEqual([
			["full", "Full Istio"],
			["full-cni", "Full + CNI"],
			["no-policy", "Full without policy"],
			["minimal", "Minimal (no sidecar)"],
			["ambient", "Ambient (ztunnel)"],
		]);
	});

	it("names the variants with their knobs below", async () => {
		const { out, text } = capture();
		await listProfiles(out);
		const [, variants = ""] = text.stdout.split("\n\n");
		const [head, ...lines] = variants.trimEnd().split("\n");
		expect(head).toBe("Variants of full, each with one knob turned (bench --variants):");
		expect(lines.map((line) => line.split(/ {2,}/)[0])).toEqual(builtInVariants);
		expect(lines[0]).toMatch(/^classic +Classic sidecar +annotation sidecar\.istio\.io\/nativeSidecar/);
	});
});

describe("profiles show", () => {
	it.each(["yaml", "json"] as const)("prints as %s a profile that can be read again", async (format) => {
		const { out, text } = capture();
		expect(await showProfile("full", { format }, out)).toBe(0);
		expect([parseProfile(text.stdout, "stdout")]).toEqual(await loadProfiles(["full"]));
		expect(text.stdout).toContain("podAnnotations");
	});

	it("fills in the namespace that it is told", async () => {
		const { out, text } = capture();
		await showProfile("full", { format: "yaml", namespace: "bench" }, out);
		expect(text.stdout).toContain("service: authz.bench.svc.cluster.local");
		expect(text.stdout).not.toContain("$NAMESPACE");
	});

	it("prints what a profile is with all that it extends", async () => {
		const { out, text } = capture();
		await showProfile("hold", { format: "yaml" }, out);
		expect(text.stdout).not.toContain("extends");
		expect(text.stdout).toContain("sidecar.istio.io/nativeSidecar: 'false'");
		expect([parseProfile(text.stdout, "stdout")]).toEqual(await loadProfiles(["hold"]));
	});

	it("refuses an unknown name", async () => {
		await expect(showProfile("ful", { format: "yaml" }, capture().out)).rejects.toMatchObject({ exitCode: 2 });
	});
});

describe("profiles validate", () => {
	it("judges every file and tells the hint once", async () => {
		const [wrong, empty] = [join(folder, "wrong.yaml"), join(folder, "empty.yaml")];
		await writeFile(wrong, "name: mine\nextra: 1\n");
		await writeFile(empty, "");
		const { out, text } = capture();
		expect(await validateProfiles([wrong, empty, "full"], out)).toBe(2);
		expect(text.stdout).toBe("full: profile full is valid\n");
		expect(text.stderr).toMatch(
			/wrong.yaml:2:1: extra: unknown key[\s\S]*empty.yaml: the file is empty\nhint: [^\n]*\n$/,
		);
	});

	it("names the file that is wrong, also where another one extends it", async () => {
		const [mine, base] = [join(folder, "extending.yaml"), join(folder, "base.yaml")];
		await writeFile(mine, "extends: ./base.yaml\nname: mine\n");
		await writeFile(base, "extends: full\nname: base\nextra: 1\n");
		const { out, text } = capture();
		expect(await validateProfiles([mine, "hold"], out)).toBe(2);
		expect(text.stdout).toBe("hold: profile hold is valid\n");
		expect(text.stderr).toMatch(/base\.yaml:3:1: extra: unknown key/);
	});

	it("reads the budgets too, and names the place of one that no run could be judged by", async () => {
		const [mine, base] = [join(folder, "with-budgets.yaml"), join(folder, "base-budgets.yaml")];
		await writeFile(base, 'extends: full\nname: base\nbudgets:\n  - "total: p(50) < 3s"\n  - "total: p(50) << 3s"\n');
		await writeFile(mine, "extends: ./base-budgets.yaml\nname: mine\n");
		const { out, text } = capture();
		expect(await validateProfiles([base], out)).toBe(2);
		expect(text.stdout).toBe("");
		expect(text.stderr).toMatch(/base-budgets\.yaml:5:5: budgets\[1\], column 15: /);
		expect(await validateProfiles([mine], out)).toBe(2);
		expect(text.stderr.split("base-budgets.yaml:5:5")).toHaveLength(3);
	});

	it("passes when all are valid", async () => {
		const { out, text } = capture();
		expect(await validateProfiles(["full", "minimal"], out)).toBe(0);
		expect(text.stderr).toBe("");
	});
});

describe("profiles render", () => {
	it("prints Istio's objects, then the profile's own, for the namespace", async () => {
		const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, data: { octal: "0644", on: "on" } };
		const { run } = fakeRenderer((args) =>
			args[0] === "version"
				? { stdout: '{"clientVersion": {"version": "1.31.0"}}' }
				: { stdout: JSON.stringify(object), stderr: "be warned\n" },
		);
		const { out, text } = capture();
		const source = { kind: "istioctl", istioctl: "istioctl", overlays: [], sets: [] } as const;
		expect(await renderProfile("full", { source, namespace: "bench", run }, out)).toBe(0);
		const objects = parseManifests(text.stdout, "stdout");
		expect(objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? "-"} ${metadata.name}`)).toEqual([
			"Namespace - istio-system",
			"ConfigMap - a",
			"PeerAuthentication istio-system default",
			"AuthorizationPolicy bench knistio-ask",
			"AuthorizationPolicy bench knistio-deny",
		]);
		expect(objects[1]).toEqual(object);
		expect(text.stderr).toBe("istioctl 1.31.0: be warned\n");
	});

	it("prints the objects of a variant about traffic, in the namespace", async () => {
		const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } };
		const version = '{"clientVersion": {"version": "1.31.0"}}';
		const { run } = fakeRenderer((args) => ({ stdout: args[0] === "version" ? version : JSON.stringify(object) }));
		const { out, text } = capture();
		const source = { kind: "istioctl", istioctl: "istioctl", overlays: [], sets: [] } as const;
		await renderProfile("egress", { source, namespace: "bench", run }, out);
		const [last] = parseManifests(text.stdout, "stdout").slice(-1);
		expect([last?.kind, last?.metadata.namespace]).toEqual(["Sidecar", "bench"]);
	});
});
