import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { loadAll } from "js-yaml";
import { describe, expect, it } from "vitest";
import { accountObjects } from "../../src/install/account.ts";
import { jobObjects, jobOwner } from "../../src/job/objects.ts";
import { archiveOf, collectInputs, filesOf } from "../../src/job/packing.ts";
import type { KubeObject } from "../../src/kube/api/cluster.ts";
import { isOurs, ownedByLabel } from "../../src/kube/objects/ownership.ts";
import { loadProfiles } from "../../src/profile/load.ts";
import { knistio } from "../support/command-line.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
const file = (name: string, text: string) => {
	writeFileSync(join(folder, name), text);
	return join(folder, name);
};
const reading = {
	readFile: async (path: string) => readFileSync(path, "utf8"),
	readBytes: async (path: string) => readFileSync(path),
};

const documented = loadAll(readFileSync(".github/rbac.yaml", "utf8")) as KubeObject[];

describe("the account of a Job", () => {
	it("has the rights that are documented, no more and no less", () => {
		const names = { namespace: "knistio-ci", account: "knistio", role: "knistio-ci" };
		expect(accountObjects(names, { withProbes: true })).toEqual(documented);
		const withoutProbes = documented.filter(({ metadata }) => metadata.name !== "knistio-ci-tradeoffs");
		expect(accountObjects(names)).toEqual(withoutProbes);
		expect(withoutProbes).toHaveLength(documented.length - 2);
	});

	it("has them in the Job's namespace under a name of its own", () => {
		const request = { id: "1", namespace: "here", image: "a/b:1", archive: undefined };
		const objects = jobObjects({ ...request, words: ["bench", "--tradeoffs"] });
		const rulesOf = (list: KubeObject[]) => list.filter(({ kind }) => /Role$/.test(kind)).map(({ rules }) => rules);
		expect(rulesOf(objects)).toEqual(rulesOf(documented));
		expect(rulesOf(jobObjects({ ...request, words: ["bench"] }))).toEqual(rulesOf(documented).slice(0, -1));
		const bindings = objects.filter(({ kind }) => kind.endsWith("Binding"));
		for (const { subjects } of bindings) {
			expect(subjects).toEqual([{ kind: "ServiceAccount", name: "knistio", namespace: "here" }]);
		}
	});
});

describe("what a Job is made of", () => {
	const archive = Buffer.from("x");
	const objects = jobObjects({ id: "abc", namespace: "here", image: "a/b:1", words: ["-n=1"], archive });

	it("is labelled so that bench, which runs in it, does not take it away", () => {
		for (const object of objects) {
			expect(object.metadata.labels?.[ownedByLabel]).toBe(jobOwner);
			expect(isOurs(object)).toBe(false);
		}
	});

	it("comes in an order in which it can be applied, the Job last", () => {
		expect(objects.map(({ kind }) => kind)).toEqual([
			"Namespace",
			"ServiceAccount",
			"ClusterRole",
			"ClusterRoleBinding",
			"Role",
			"RoleBinding",
			"Secret",
			"Job",
		]);
	});

	it("runs bench once, without a sidecar, as nobody in particular", () => {
		expect(objects.at(-1)?.spec).toMatchObject({
			backoffLimit: 0,
			template: {
				metadata: { labels: { "sidecar.istio.io/inject": "false", "istio.io/dataplane-mode": "none" } },
				spec: {
					restartPolicy: "Never",
					serviceAccountName: "knistio",
					terminationGracePeriodSeconds: 300,
					securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } },
					containers: [
						{
							args: [
								"job",
								"--inside=abc",
								"--files=/knistio/files.json.gz",
								"--into=/tmp/knistio-in",
								"--",
								"bench",
								"-n=1",
							],
							securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
						},
					],
				},
			},
		});
	});

	it("keeps what the run writes on a claim, if there is one", () => {
		const job = jobObjects({
			id: "1",
			namespace: "here",
			image: "a/b:1",
			words: [],
			archive: undefined,
			claim: "mine",
		});
		expect(JSON.stringify(job.at(-1)?.spec)).toContain('"persistentVolumeClaim":{"claimName":"mine"}');
		expect(JSON.stringify(objects.at(-1)?.spec)).toContain('{"name":"reports","emptyDir":{}}');
	});
});

describe("the files that a bench line names", () => {
	it("go along where they are the body of a request, and not where the body is a text", async () => {
		const body = join(temporaryFolder(), "order.json");
		writeFileSync(body, "{}");
		const line = [
			{ flag: "--body", value: `@${body}` },
			{ flag: "--body", value: "plain" },
		];
		const { line: moved, files } = await collectInputs(line, reading);
		expect(moved.map(({ value }) => value)).toEqual(["@/tmp/knistio-in/0/order.json", "plain"]);
		expect(files).toEqual([{ path: "0/order.json", text: "{}" }]);
	});

	it("go along byte by byte where they are no text", async () => {
		const body = join(temporaryFolder(), "order.pb");
		const bytes = Buffer.from([0x08, 0x96, 0x01, 0xff, 0x00, 0xc3, 0x28]);
		writeFileSync(body, bytes);
		const { files } = await collectInputs([{ flag: "--body", value: `@${body}` }], reading);
		const [back] = filesOf(archiveOf(files) ?? Buffer.alloc(0));
		expect(back).toEqual({ path: "0/order.pb", bytes });
	});

	it("are variants too, and what profiles extend, each found from the other", async () => {
		const here = temporaryFolder();
		for (const each of ["base", "mine", "mine/deep"]) mkdirSync(join(here, each), { recursive: true });
		const put = (name: string, text: string) => writeFileSync(join(here, name), text);
		put("base/full.yaml", "extends: full\nname: base\n");
		put("mine/a.yaml", "extends: ../base/full.yaml\nname: a\n");
		put("mine/deep/b.yaml", "extends: ../a.yaml\nname: b\n");
		const line = [
			{ flag: "--profile", value: join(here, "mine/deep/b.yaml") },
			{ flag: "--variants", value: `classic, ${join(here, "mine/a.yaml")}` },
			{ flag: "--service", value: "ksvc/shop" },
		];
		const { line: moved, files } = await collectInputs(line, reading);
		expect(moved.map(({ value }) => value)).toEqual([
			"/tmp/knistio-in/0/mine/deep/b.yaml",
			"classic,/tmp/knistio-in/1/1/mine/a.yaml",
			"ksvc/shop",
		]);
		const into = temporaryFolder();
		for (const each of filesOf(archiveOf(files) ?? Buffer.alloc(0))) {
			mkdirSync(dirname(join(into, each.path)), { recursive: true });
			writeFileSync(join(into, each.path), "text" in each ? each.text : each.bytes);
		}
		const loaded = await loadProfiles([join(into, "0/mine/deep/b.yaml"), join(into, "1/1/mine/a.yaml")]);
		expect(loaded).toEqual(await loadProfiles([join(here, "mine/deep/b.yaml"), join(here, "mine/a.yaml")]));
	});

	it("are refused where a profile extends a path that is not in the Job", async () => {
		const here = temporaryFolder();
		writeFileSync(join(here, "base.yaml"), "extends: full\nname: base\n");
		writeFileSync(join(here, "a.yaml"), `extends: ${join(here, "base.yaml")}\nname: a\n`);
		const line = [{ flag: "--profile", value: join(here, "a.yaml") }];
		await expect(collectInputs(line, reading)).rejects.toThrow(
			/a\.yaml: extends .*base\.yaml, a path that is not in the Job/,
		);
	});

	it("travel in one archive, and the line names their places in the Job", async () => {
		const profile = file("mine.yaml", "name: mine");
		const baseline = file("main.json", "{}");
		file("a.yaml", "a: 1");
		const line = [
			{ flag: "--profile", value: "minimal" },
			{ flag: "--profile", value: profile },
			{ flag: "--baseline", value: baseline },
			{ flag: "--knative-manifests", value: folder },
			{ flag: "--istioctl", value: "/usr/local/bin/istioctl" },
		];
		const { line: moved, files } = await collectInputs(line, reading);
		expect(moved.map(({ value }) => value)).toEqual([
			"minimal",
			"/tmp/knistio-in/1/mine.yaml",
			"/tmp/knistio-in/2/main.json",
			`/tmp/knistio-in/3/${folder.split("/").at(-1)}`,
			"/usr/local/bin/istioctl",
		]);
		const back = filesOf(archiveOf(files) ?? Buffer.alloc(0));
		expect(back).toEqual(files);
		expect(back.filter(({ path }) => path.startsWith("3/")).map(({ path }) => path.split("/").at(-1))).toEqual([
			"a.yaml",
			"main.json",
			"mine.yaml",
		]);
	});

	it("may lack a baseline, of which bench says what that means, and nothing else", async () => {
		const run = (flag: string) =>
			knistio(["job", "--image", "a/b:1", "--", "bench", "-p", "minimal", flag, join(folder, "none.json")]);
		expect((await run("--baseline")).code).toBe(0);
		expect(await run("--budgets")).toMatchObject({ code: 2, stderr: expect.stringContaining("none.json") });
	});

	it("are refused where a Secret cannot hold them, with their size", () => {
		let seed = 1;
		const noise = Array.from({ length: 1_600_000 }, () => {
			seed = (seed * 48_271) % 2_147_483_647;
			return String.fromCharCode(33 + (seed % 90));
		});
		const files = [{ path: "0/large.yaml", text: noise.join("") }];
		expect(() => archiveOf(files)).toThrow(
			/1\.\d+ MiB packed, of 1 MiB at most; the largest is large\.yaml \(1\.53 MiB\)/,
		);
	});
});

describe("knistio job without --apply", () => {
	it("prints the manifests, and touches no cluster", async () => {
		const { code, stdout, opened } = await knistio(["job", "--image", "a/b:1", "--", "bench", "-p", "full", "-n", "3"]);
		expect([code, opened]).toEqual([0, 0]);
		const objects = loadAll(stdout) as KubeObject[];
		expect(objects.map(({ kind }) => kind).at(-1)).toBe("Job");
		expect(stdout).toContain("- '--profile=full'\n");
	});

	it.each([
		[["--", "bench", "-p", "full"], "there is no --image"],
		[["--image", "a/b:1", "--apply", "--attach", "--", "bench", "-p", "full"], "give one of them"],
		[["--image", "a/b:1", "--", "bench", "-p", "ful"], 'did you mean "full"'],
		[["--image", "a/b:1", "--", "bench", "-p", "full", "--istioctl"], "argument missing"],
		[["--image", "a/b:1", "--", "show", "x"], "runs `bench`"],
	])("refuses %j", async (words, text) => {
		const { code, stderr, opened } = await knistio(["job", ...words]);
		expect([code, opened]).toEqual([2, 0]);
		expect(stderr).toContain(text);
	});
});
