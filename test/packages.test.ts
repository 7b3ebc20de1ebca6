import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { builtInProfiles } from "../src/profile/built-in.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

const folder = temporaryFolder();
const { bin, version } = JSON.parse(readFileSync("package.json", "utf8")) as {
	bin: Record<string, string>;
	version: string;
};

/** What `npm pack` would put into the package, without building it again. */
function packed(): string[] {
	const args = ["pack", "--ignore-scripts", "--dry-run", "--json"];
	const [found] = JSON.parse(execFileSync("npm", args, { encoding: "utf8" })) as { files: { path: string }[] }[];
	return (found?.files ?? []).map(({ path }) => path);
}

describe("the package", () => {
	const files = packed();

	it("has the program, its threads, the profiles and the licences", () => {
		const threads = ["dist/observer-thread.js", "dist/simulated-thread.js"];
		const profiles = builtInProfiles.map((name) => `profiles/${name}.yaml`);
		const texts = ["package.json", "README.md", "LICENSE", "dist/THIRD-PARTY-LICENSES.txt"];
		for (const file of [...Object.values(bin), ...threads, ...profiles, ...texts]) expect(files).toContain(file);
	});

	it("has every file that the program is made of", () => {
		const parts = files.filter((file) => file.endsWith(".js"));
		const imports = parts.flatMap((file) =>
			[...readFileSync(file, "utf8").matchAll(/(?:from|import|import\()\s*"(\.{1,2}\/[^"]+\.js)"/g)].map(
				([, path = ""]) => join(file, "..", path),
			),
		);
		expect(imports.length).toBeGreaterThan(20);
		expect(imports.filter((file) => !files.includes(file))).toEqual([]);
	});

	it("has neither the source, nor tests, nor what only this repository needs", () => {
		expect(files.filter((file) => !/^(dist|profiles)\/|^[^/]+$/.test(file))).toEqual([]);
		expect(files.filter((file) => file.startsWith("dist/bench/"))).toEqual([]);
	});

	it("runs from its own files alone", () => {
		const home = join(folder, "package");
		for (const file of files) {
			mkdirSync(join(home, file, ".."), { recursive: true });
			symlinkSync(join(process.cwd(), file), join(home, file));
		}
		// Links are not followed, so that a file that is not in the package is not found.
		const args = ["--preserve-symlinks", "--preserve-symlinks-main", join(home, bin.knistio ?? "")];
		const told = (...more: string[]) => spawnSync(process.execPath, [...args, ...more], { encoding: "utf8" });
		expect(told("--version")).toMatchObject({ status: 0, stdout: `${version}\n` });
		expect(told("profiles", "list").stdout).toContain("minimal");
	});
});

describe("kubectl's plugin", () => {
	it("is called kubectl-knistio, and calls itself as kubectl does", () => {
		const plugin = join(folder, "kubectl-knistio");
		symlinkSync(join(process.cwd(), bin["kubectl-knistio"] ?? ""), plugin);
		const told = (...args: string[]) => spawnSync(process.execPath, [plugin, ...args], { encoding: "utf8" });
		expect(told("help", "clean").stdout).toMatch(/^Usage: kubectl knistio uninstall\|clean /);
		expect(told("help", "clean").stdout).toContain("\n  kubectl knistio clean\n");
		expect(told("job", "--image", "a/b:1", "--", "check").stderr).toContain("`kubectl knistio job --image");
		expect(told("profiles", "list").stdout).not.toContain("kubectl");
	});
});

describe("the image", () => {
	const dockerfile = readFileSync(".ci/Dockerfile", "utf8");
	const lines = dockerfile.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
	const copies = lines.flatMap((line) => /^COPY (?!--from)(\S+) (\S+)$/.exec(line)?.slice(1, 3) ?? []);

	it("copies what is there after a build, and all that the package has of the program", () => {
		const sources = copies.filter((_, index) => index % 2 === 0);
		for (const source of sources) expect(existsSync(source)).toBe(true);
		const needed = packed().filter((file) => /^(dist|profiles)\//.test(file) || file === "package.json");
		expect(
			needed.filter((file) => !sources.some((source) => file === source || file.startsWith(`${source}/`))),
		).toEqual([]);
	});

	it("lets nothing else into its context", () => {
		const rules = readFileSync(".ci/Dockerfile.dockerignore", "utf8").trim().split("\n");
		const allowed = rules.filter((rule) => rule.startsWith("!")).map((rule) => rule.slice(1));
		expect(rules[0]).toBe("*");
		expect(allowed.sort()).toEqual(copies.filter((_, index) => index % 2 === 0).sort());
	});

	it("puts the files as they lie in the package, starts the program, and is not root", () => {
		const places = Object.fromEntries(
			copies.flatMap((_, index) => (index % 2 ? [] : [copies.slice(index, index + 2)])),
		);
		for (const [from, to] of Object.entries(places)) expect(to).toBe(`/opt/knistio/${from}`);
		expect(dockerfile).toContain(`ln -s /opt/knistio/${bin.knistio} /usr/local/bin/knistio`);
		expect(lines.at(-1)).toBe('ENTRYPOINT ["knistio"]');
		expect(lines).toContain("USER 1000:1000");
		expect(lines.filter((line) => line.startsWith("ARG "))).toEqual([
			expect.stringMatching(/^ARG NODE_VERSION=\d+$/),
			expect.stringMatching(/^ARG ISTIO_VERSION=\d+\.\d+\.\d+$/),
		]);
		expect(lines.findLast((line) => line.startsWith("FROM "))).toMatch(/node:\$\{NODE_VERSION\}-slim$/);
	});
});
