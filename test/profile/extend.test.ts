import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { loadProfiles } from "../../src/profile/load.ts";
import type { Profile } from "../../src/profile/profile.ts";

/** Files that are only in the test; all else is on disk. */
async function load(name: string, files: Record<string, string>): Promise<Profile> {
	const read = async (path: string) => files[path] ?? readFile(path, "utf8");
	const [profile] = await loadProfiles([name], read);
	if (profile === undefined) throw new Error("nothing was loaded");
	return profile;
}

const refusal = async (name: string, files: Record<string, string>) => {
	const error = await load(name, files).then(
		() => undefined,
		(thrown: { message: string; hint?: string; exitCode: number }) => thrown,
	);
	return { lines: error?.message.split("\n"), hint: error?.hint, exitCode: error?.exitCode };
};

const [full] = (await loadProfiles(["full"])) as [Profile];

describe("a profile that extends another", () => {
	it("has all that the other has, but for what names and describes it", async () => {
		const { title: _, description: __, ...rest } = full;
		expect(await load("./mine.yaml", { "./mine.yaml": "extends: full\nname: mine\n" })).toEqual({
			...rest,
			name: "mine",
		});
	});

	it("merges mappings, replaces lists and other values, and takes away by null", async () => {
		const text = `extends: full
name: mine
istio:
  meshConfig: {accessLogFile: /dev/stdout}
namespaceLabels: {istio-injection: null, mesh: mine}
policy: []
externalAuthorizer: null
promises: {sidecar: classic, denies: null}
`;
		const mine = await load("./mine.yaml", { "./mine.yaml": text });
		expect(mine.istio.meshConfig).toEqual({ ...full.istio.meshConfig, accessLogFile: "/dev/stdout" });
		expect(mine.namespaceLabels).toEqual({ mesh: "mine" });
		expect([mine.policy, mine.security]).toEqual([[], full.security]);
		expect(mine.externalAuthorizer).toBe(false);
		expect(mine.promises).toEqual({ ...full.promises, sidecar: "classic", denies: false });
	});

	it("follows a chain, from each file's own folder", async () => {
		const files = {
			"a/mine.yaml": "extends: ../b/middle.yaml\nname: mine\npodLabels: {who: mine}\n",
			"b/middle.yaml": "extends: ./base.yaml\nname: middle\ntitle: Middle\npodLabels: {who: middle, from: middle}\n",
			"b/base.yaml": "extends: minimal\nname: base\npodLabels: {base: 'yes'}\nbudgets: ['total: p(50) < 3s']\n",
		};
		const mine = await load("a/mine.yaml", files);
		expect(mine.podLabels).toEqual({ who: "mine", from: "middle", base: "yes" });
		expect([mine.title, mine.meshCompatibilityMode, mine.budgets]).toEqual([
			undefined,
			"disabled",
			["total: p(50) < 3s"],
		]);
	});

	it("may be made of one that is not whole by itself", async () => {
		const files = {
			"./mine.yaml": "extends: ./half.yaml\nname: mine\nistio: {components: {}}\npromises: {sidecar: none}\n",
			"./half.yaml": "meshCompatibilityMode: auto\n",
			"half.yaml": "meshCompatibilityMode: auto\n",
		};
		expect((await load("./mine.yaml", files)).meshCompatibilityMode).toBe("auto");
	});
});

describe("a profile that cannot be made", () => {
	it("needs a name of its own", async () => {
		expect((await refusal("./mine.yaml", { "./mine.yaml": "extends: full\n" })).lines).toEqual([
			"./mine.yaml:1:1: name: is missing; it must be a text",
		]);
	});

	it("is refused with the place in the file that says it", async () => {
		const files = {
			"./mine.yaml":
				"extends: ./base.yaml\nname: mine\npodLabels:\n  a: 1\npolicy:\n  - kind: X\nnamespaceLabels: null\n",
			"base.yaml": "extends: full\nname: base\npodLabels:\n  b: 2\n  a: fine\npromises:\n  sidecar: natve\n  foo: 1\n",
		};
		expect((await refusal("./mine.yaml", files)).lines).toEqual([
			"./mine.yaml:4:3: podLabels.a: must be a text, not the number 1; put it in quotes",
			"./mine.yaml:6:5: policy[0].apiVersion: is missing; it must be a text",
			"./mine.yaml:6:5: policy[0].metadata: is missing; it must be a mapping",
			"base.yaml:4:3: podLabels.b: must be a text, not the number 2; put it in quotes",
			'base.yaml:7:3: promises.sidecar: must be one of none, native, classic, any; not "natve"; did you mean "native"?',
			expect.stringMatching(/^base.yaml:8:3: promises.foo: unknown key "foo"/),
		]);
	});

	it("does not take null for a field that is not below it", async () => {
		const { lines } = await refusal("./mine.yaml", { "./mine.yaml": "extends: full\nname: mine\nbudgts: null\n" });
		expect(lines).toEqual(['./mine.yaml:3:1: budgts: unknown key "budgts"; did you mean "budgets"?']);
	});

	it.each([
		["ful", './mine.yaml:2:1: extends: unknown profile "ful"; did you mean "full"? Built in are full', /profiles list/],
		[
			"./no.yaml",
			"./mine.yaml:2:1: extends: cannot read no.yaml: there is no such file or directory",
			/folder of the file/,
		],
		["./src/", "./mine.yaml:2:1: extends: cannot read src/: it is a directory", /folder/],
		["7", "./mine.yaml:2:1: extends: must be the name of a profile, or the path of one, not 7", /profiles show/],
		[
			"''",
			"./mine.yaml:2:1: extends: must be the name of a profile, or the path of one, not an empty",
			/profiles show/,
		],
	])("says where it extends %s", async (name, message, hint) => {
		const refused = await refusal("./mine.yaml", { "./mine.yaml": `name: mine\nextends: ${name}\n` });
		expect(refused.lines?.[0]).toMatch(new RegExp(`^${message.replace(/[.?]/g, "\\$&")}`));
		expect(refused).toMatchObject({ hint: expect.stringMatching(hint), exitCode: 2 });
	});

	it("is refused in a circle, which is told", async () => {
		const files = {
			"./a.yaml": "extends: ./b.yaml\nname: a\n",
			"a.yaml": "extends: ./b.yaml\nname: a\n",
			"b.yaml": "name: b\nextends: ./a.yaml\n",
		};
		const { lines, hint } = await refusal("./a.yaml", files);
		expect(lines).toEqual([
			"b.yaml:2:1: extends: the profiles extend each other in a circle: ./a.yaml → b.yaml → a.yaml",
		]);
		expect(hint).toContain("take `extends` out");
		expect((await refusal("./a.yaml", { "./a.yaml": "extends: a.yaml\nname: a\n" })).lines?.[0]).toContain(
			"./a.yaml → a.yaml",
		);
	});

	it("says which file is no YAML", async () => {
		const files = { "./mine.yaml": "extends: ./b.yaml\nname: mine\n", "b.yaml": "a: [\n" };
		expect((await refusal("./mine.yaml", files)).lines?.[0]).toMatch(/^b\.yaml:2:1: not valid YAML/);
	});
});
