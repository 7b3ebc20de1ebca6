import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { loadProfiles } from "../../src/profile/load.ts";

const mine = "name: mine\nistio:\n  components: {}\nmeshCompatibilityMode: auto\npromises:\n  sidecar: none\n";

/** Files that are only in the test; all else is on disk. */
function reading(files: Record<string, string>): (path: string) => Promise<string> {
	return async (path) => files[path] ?? readFile(path, "utf8");
}

describe("loadProfiles", () => {
	it("takes built-in names and files, and keeps their order", async () => {
		const read = reading({ "./mine": mine, "other.yml": mine.replace("mine", "other") });
		const profiles = await loadProfiles(["minimal", "./mine", "full", "other.yml"], read);
		expect(profiles.map((profile) => profile.name)).toEqual(["minimal", "mine", "full", "other"]);
	});

	it.each([
		["fulll", 'unknown profile "fulll"; did you mean "full"? Built in are full, full-cni, no-policy, minimal, ambient'],
		["waypoints", 'unknown profile "waypoints"; built in are full, full-cni, no-policy, minimal, ambient'],
		["toString", 'unknown profile "toString"; built in are full, full-cni, no-policy, minimal, ambient'],
		["./nowhere.yaml", "cannot read ./nowhere.yaml: there is no such file or directory"],
		["./src", "cannot read ./src: it is a directory"],
	])("refuses %s", async (name, message) => {
		await expect(loadProfiles([name], reading({}))).rejects.toMatchObject({ exitCode: 2, message });
	});

	it("refuses two profiles of one name", async () => {
		const read = reading({ "./a.yaml": mine, "./b.yaml": mine });
		await expect(loadProfiles(["./a.yaml", "./b.yaml"], read)).rejects.toMatchObject({
			exitCode: 2,
			message: 'profile "mine" is given twice: by ./a.yaml and by ./b.yaml',
		});
		await expect(loadProfiles(["full", "minimal", "full"], read)).rejects.toMatchObject({
			message: 'profile "full" is given twice',
		});
	});

	it("names the file in a complaint about it", async () => {
		await expect(loadProfiles(["./a.yaml"], reading({ "./a.yaml": `${mine}x: 1\n` }))).rejects.toMatchObject({
			message: expect.stringMatching(/^\.\/a\.yaml:7:1: x: unknown key "x"/),
		});
	});
});
