import { access, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { load } from "js-yaml";
import { describe, expect, it } from "vitest";
import { renderIstio } from "../../src/istio/render.ts";
import type { RunProcess } from "../../src/istio/run-process.ts";
import { loadProfiles } from "../../src/profile/load.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { fakeRenderer } from "./fake-renderer.ts";

const [full, minimal] = await loadProfiles(["full-cni", "minimal"], (path) => readFile(path, "utf8"));
if (full === undefined || minimal === undefined) throw new Error("no profiles");

const source = { kind: "istioctl", istioctl: "istioctl", overlays: [], sets: [] } as const;
const configMap = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\n";

/** An istioctl of a version, which renders a ConfigMap. */
const istioctl = (version: string, generated: { code?: number; stdout?: string; stderr?: string } = {}) =>
	fakeRenderer((args) =>
		args[0] === "version"
			? { stdout: JSON.stringify({ clientVersion: { version } }) }
			: { stdout: configMap, ...generated },
	);

const folder = temporaryFolder();

async function fileWith(name: string, text: string): Promise<string> {
	await writeFile(join(folder, name), text);
	return join(folder, name);
}

describe("renderIstio with istioctl", () => {
	it("gives istioctl the profile as an IstioOperator and takes its objects, behind the namespace", async () => {
		const { run, calls } = istioctl("1.31-eed52ebb66ad", { stderr: "a warning\n\n" });
		const rendered = await renderIstio(full, source, { run });
		expect(rendered).toEqual({
			objects: [
				{ apiVersion: "v1", kind: "Namespace", metadata: { name: "istio-system" } },
				{ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "istio", namespace: "istio-system" } },
			],
			version: "1.31-eed52ebb66ad",
			renderer: "istioctl 1.31-eed52ebb66ad",
			warnings: ["a warning"],
		});
		expect(calls.map(({ file, args }) => [file, ...args.slice(0, 3)])).toEqual([
			["istioctl", "version", "--remote=false", "--output"],
			["istioctl", "manifest", "generate", "--filename"],
		]);
		expect(calls[1]?.json).toEqual([
			{
				apiVersion: "install.istio.io/v1alpha1",
				kind: "IstioOperator",
				metadata: { namespace: "istio-system" },
				spec: {
					profile: "default",
					components: {
						base: { enabled: true },
						pilot: { enabled: true },
						cni: { enabled: true },
						ztunnel: { enabled: false },
						ingressGateways: [{ name: "istio-ingressgateway", enabled: true }],
					},
					values: full.istio.values,
					meshConfig: full.istio.meshConfig,
				},
			},
		]);
		await expect(access(calls[1]?.args[3] ?? "")).rejects.toMatchObject({ code: "ENOENT" });
	});

	it("gives back to the mesh the profile's authorizer, which an overlay's list of providers has replaced", async () => {
		const mesh = (providers: object[]) => ({
			apiVersion: "v1",
			kind: "ConfigMap",
			metadata: { name: "istio", namespace: "istio-system" },
			data: { mesh: `accessLogFile: /dev/stdout\nextensionProviders: ${JSON.stringify(providers)}\n`, other: "kept" },
		});
		const providersOf = async (given: object[]) => {
			const { run } = istioctl("1.31.0", { stdout: JSON.stringify(mesh(given)) });
			const { objects } = await renderIstio(full, source, { run });
			const data = objects.find(({ kind }) => kind === "ConfigMap")?.data as { mesh: string; other: string };
			expect(data.other).toBe("kept");
			const { accessLogFile, extensionProviders } = load(data.mesh) as Record<string, unknown>;
			expect(accessLogFile).toBe("/dev/stdout");
			return extensionProviders;
		};
		const [own] = full.istio.meshConfig.extensionProviders as [object];
		const jaeger = { name: "jaeger", opentelemetry: { service: "jaeger.x", port: 4317, resourceDetectors: null } };
		expect(await providersOf([jaeger])).toEqual([jaeger, own]);
		// A provider of that name is the user's own choice.
		const replaced = { name: "knistio-authz", envoyExtAuthzHttp: { service: "mine", port: 81 } };
		expect(await providersOf([replaced, jaeger])).toEqual([replaced, jaeger]);
	});

	it("puts overlays behind the profile, and single settings last", async () => {
		const operator = await fileWith("operator.yaml", "kind: IstioOperator\nspec: {hub: x}\n");
		const lines = await fileWith("lines", "# common\n\na.b=1 # why\n  c=x#y\nl[0]=d=e\n");
		const { run, calls } = istioctl("1.31.0");
		await renderIstio(full, { ...source, overlays: [lines, operator], sets: ["hub=y", "k="] }, { run });
		expect(calls[1]?.args.slice(4)).toEqual([
			...["--filename", operator],
			...["--set", "a.b=1", "--set", "c=x#y", "--set", "l[0]=d=e", "--set", "hub=y", "--set", "k="],
		]);
	});

	it("keeps a namespace that istioctl renders", async () => {
		const stdout = "apiVersion: v1\nkind: Namespace\nmetadata: {name: istio-system, labels: {a: b}}\n";
		const { objects } = await renderIstio(full, source, { run: istioctl("1.31.0", { stdout }).run });
		expect(objects).toEqual([
			{ apiVersion: "v1", kind: "Namespace", metadata: { name: "istio-system", labels: { a: "b" } } },
		]);
	});

	it.each([
		["1.26.9", "profile minimal is written for Istio >=1.27 <2, but istioctl is 1.26.9"],
		["unknown", 'profile minimal is written for Istio >=1.27 <2, but istioctl is "unknown", which cannot be compared'],
	])("refuses istioctl %s before it renders", async (version, message) => {
		const { run, calls } = istioctl(version);
		await expect(renderIstio(minimal, source, { run })).rejects.toMatchObject({
			exitCode: 2,
			message,
			hint: expect.stringContaining("use an Istio >=1.27 <2"),
		});
		expect(calls).toHaveLength(1);
	});

	it("takes any version if the profile names none", async () => {
		const { version: _, ...istio } = minimal.istio;
		const rendered = await renderIstio({ ...minimal, istio }, source, { run: istioctl("unknown").run });
		expect(rendered.version).toBe("unknown");
	});

	it.each([
		[{ stdout: "{}" }, "istioctl does not tell its version as istioctl does: exit code 0"],
		[{ stdout: "null" }, "istioctl does not tell its version as istioctl does: exit code 0"],
		[
			{ code: 1, stderr: "Error: unknown command\n" },
			"istioctl does not tell its version as istioctl does: unknown command",
		],
	])("refuses a program that is not istioctl: %j", async (answer, message) => {
		const { run } = fakeRenderer(() => answer);
		await expect(renderIstio(full, source, { run })).rejects.toMatchObject({ exitCode: 2, message });
	});

	it.each([
		["ENOENT", "istioctl: there is no such program"],
		["EACCES", "istioctl: may not be run"],
	])("says how to come by istioctl on %s", async (code, message) => {
		const run: RunProcess = () => Promise.reject(Object.assign(new Error("spawn"), { code }));
		await expect(renderIstio(full, source, { run })).rejects.toMatchObject({
			exitCode: 2,
			message,
			hint: expect.stringContaining("--istioctl PATH"),
		});
	});

	it("passes on what istioctl complained of", async () => {
		const { run } = istioctl("1.31.0", { code: 1, stderr: 'Error: unknown field "foo"\n' });
		await expect(renderIstio(full, source, { run })).rejects.toMatchObject({
			exitCode: 2,
			message: 'profile full-cni: istioctl manifest generate failed: unknown field "foo"',
		});
	});

	it("gives the reason of an abort as it is", async () => {
		const reason = new Error("stop");
		const run: RunProcess = (_file, _args, options) => Promise.reject(options?.signal?.reason);
		await expect(renderIstio(full, source, { run, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
	});

	it.each([
		["none.yaml", undefined, "cannot read FILE: there is no such file or directory"],
		["list.yaml", "- a\n", "neither an IstioOperator nor lines of KEY=VALUE"],
		["pod.yaml", "kind: Pod\na: b=c\n", "neither an IstioOperator nor lines of KEY=VALUE"],
		["mixed", "a=b\nc\n", "neither an IstioOperator nor lines of KEY=VALUE"],
	])("refuses the overlay %s", async (name, text, complaint) => {
		const overlay = text === undefined ? join(folder, name) : await fileWith(name, text);
		const { run, calls } = istioctl("1.31.0");
		await expect(renderIstio(full, { ...source, overlays: [overlay] }, { run })).rejects.toMatchObject({
			exitCode: 2,
			message: complaint.startsWith("cannot")
				? `--istio-overlay: ${complaint.replace("FILE", overlay)}`
				: `--istio-overlay ${overlay}: ${complaint}`,
		});
		expect(calls).toEqual([]);
	});

	it("names the line of an overlay that is not YAML", async () => {
		const overlay = await fileWith("broken.yaml", "kind: IstioOperator\nspec: a: b\n");
		await expect(renderIstio(full, { ...source, overlays: [overlay] })).rejects.toMatchObject({
			message: `--istio-overlay ${overlay}:2: not valid YAML: bad indentation of a mapping entry`,
		});
	});

	it.each(["hub", "=x", "a b=c"])("refuses the setting %j", async (set) => {
		await expect(renderIstio(full, { ...source, sets: [set] })).rejects.toMatchObject({
			exitCode: 2,
			message: `--istio-set ${set}: not of the form KEY=VALUE`,
		});
	});
});
