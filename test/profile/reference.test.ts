import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { z } from "zod";
import { bare } from "../../src/profile/complaints.ts";
import { loadProfiles } from "../../src/profile/load.ts";
import { profileSchema } from "../../src/profile/profile.ts";
import { profileReference } from "../../src/profile/reference.ts";

const readmeFile = fileURLToPath(new URL("../../profiles/README.md", import.meta.url));
const readme = await readFile(readmeFile, "utf8");

/** Written by `npx vitest run test/profile/reference.test.ts --update`. */
it("is what profiles/README.md says between its marks", async () => {
	const generated = readme.replace(
		/(<!-- fields -->\n)[\s\S]*(<!-- end of fields -->)/,
		(_, start: string, end: string) => `${start}\n${profileReference()}\n\n${end}`,
	);
	expect(generated).toContain(profileReference());
	await expect(generated).toMatchFileSnapshot(readmeFile);
});

it("has a description for every field", () => {
	const missing = (object: z.ZodObject): string[] =>
		Object.entries(object.shape).flatMap(([key, schema]) => {
			const inner = bare(schema);
			const below = inner instanceof z.ZodObject ? missing(inner) : [];
			return schema.description === undefined ? [key, ...below] : below;
		});
	expect(missing(profileSchema)).toEqual([]);
	expect(profileReference()).not.toContain("|  |");
});

it("comes with an example that is valid", async () => {
	const [, example = ""] = /```yaml\n([\s\S]*?)```/.exec(readme) ?? [];
	const read = async (path: string) => (path === "./my-classic.yaml" ? example : readFile(path, "utf8"));
	const [noPolicy, mine] = await loadProfiles(["no-policy", "./my-classic.yaml"], read);
	expect(mine?.promises).toEqual({ ...noPolicy?.promises, sidecar: "classic" });
	expect(mine?.variant?.of).toBe("no-policy");
});
