import { existsSync } from "node:fs";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { dump } from "js-yaml";
import { describe, expect, it } from "vitest";
import { openKube } from "../../src/kube/api/client.ts";
import { startApiServer } from "../support/api-server.ts";
import { knistio, type Outcome, type World } from "../support/command-line.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const bench = (...more: string[]) => ["bench", "--profile", "minimal", ...more];

/** Says what is wrong and what to do about it, before anything is written or any cluster looked for. */
async function refused(argv: string[], world?: World): Promise<Outcome> {
	const before = await readdir(folder);
	const outcome = await knistio(argv, world);
	expect(outcome.stderr).toMatch(/^error: /);
	expect(outcome).toMatchObject({ code: 2, stdout: "", written: [], opened: 0 });
	expect(await readdir(folder)).toEqual(before);
	return outcome;
}

describe("a mistyped command line", () => {
	it.each([
		[["bnech"], /^error: unknown command 'bnech'\nhint: did you mean bench\?\n$/],
		[bench("--iteration", "3"), /^error: unknown option --iteration\nhint: did you mean --iterations\?\n$/],
		[["bench"], /required option '-p, --profile <name\|file>' not specified\nhint: `knistio help bench`/],
		[bench("--iterations", "0"), /--iterations.*"0" is not a whole number of at least 1/],
		[bench("--iterations", "2.5"), /"2.5" is not a whole number/],
		[
			bench("--timeout", "5 minutes"),
			/^error: --timeout: "5 minutes" is not a duration\nhint: such as 500ms, 90s or 1m30s\n$/,
		],
		[bench("--timeout", "0s"), /"0s" is not a duration/],
		[bench("--request-timeout", "ten"), /--request-timeout.*"ten" is not a duration/],
		[bench("--timeout", "99999999h"), /--timeout.*"99999999h" is too long\nhint: 10 years/],
		[bench("--namespace", "Foo_Bar"), /--namespace.*"Foo_Bar" is not a namespace name\nhint: small letters/],
		[bench("--namespace", "a".repeat(64)), /--namespace.*is not a namespace name/],
		[bench("--namespace", "-a"), /--namespace.*is not a namespace name/],
		[bench("--request", "PSOT /x"), /--request.*no method "PSOT"; did you mean "POST"\?/],
		[bench("--request", "orders"), /--request.*"orders" is not a request\nhint: a method and a path/],
		[bench("--request", "GET /a b"), /--request.*is not a request/],
		[bench("--request", "GET /é"), /--request.*is not a path\nhint: encode/],
		[bench("--header", "Authorization Bearer s3cret"), /^error: --header: there is no name before a colon\n/],
		[bench("--header", "host: a"), /--header: knistio sets the header host itself/],
		[bench("--header", "a@b: c"), /--header: HTTP does not allow this header "a@b"/],
		[bench("--header", "a: b\nc: s3cret"), /--header: HTTP does not allow this header "a"/],
		[bench("--body", "x"), /--body: a GET has no body\nhint: name the request/],
		[bench("--expect-status", "20"), /--expect-status.*"20" is not the status of an answer/],
		[bench("--service", at("none.yaml")), /none\.yaml/],
		[["install", "minimal", "--namespace", "a.b"], /--namespace.*"a.b" is not a namespace name/],
		[["profiles", "render", "minimal", "--namespace", ""], /--namespace.*"" is not a namespace name/],
		[bench("--image", "My Image"), /--image.*"My Image" is not a container image\nhint: such as registry/],
		[["install", "minimal", "--image", "a:b:c"], /--image.*"a:b:c" is not a container image/],
		[bench("--expect-body", " "), /--expect-body.*it is empty/],
		[bench("--out", ""), /--out.*it is empty/],
		[bench("--junit", ""), /--junit.*it is empty/],
		[["clean", "--context", ""], /--context.*it is empty/],
		[bench("--seed", ""), /--seed.*"" is not a whole number of at least 0/],
		[bench("--iterations", "1e300"), /--iterations.*"1e300" is not a whole number/],
		[bench("--sidecar", "ambient"), /^error: --sidecar: "ambient" is not allowed\nhint: allowed: native, classic\n$/],
		[bench("--reference", "walk"), /--reference.*"walk" is not allowed\nhint: allowed: talk\n/],
		[
			bench("--gateway", "10.0.0.1:31380"),
			/--gateway.*"10.0.0.1:31380" is not an address\nhint: such as http:\/\/10.0.0.1:31380, or service-proxy\n/,
		],
		[bench("--gateway", "localhost:8080"), /"localhost:8080" is not an address/],
		[
			bench("--cluster", "simulated", "--use-installed"),
			/^error: --use-installed: a simulated cluster begins without an Istio[^\n]*\nhint: leave --use-installed out/,
		],
		[
			bench("--gateway", "http://gateway.invalid"),
			/^error: --gateway: the name gateway\.invalid cannot be resolved \(E\w+\)\nhint: look at its spelling/,
		],
		[
			["bench", "--service", "ksvc/shop", "--use-installed", "--gateway", "http://gateway.invalid:80/"],
			/--gateway: the name gateway\.invalid cannot/,
		],
		[["tradeoffs", "-p", "minimal", "--gateway", "http://gateway.invalid"], /--gateway: the name gateway\.invalid/],
		[["show"], /^error: missing required argument 'report'\nhint: `knistio help show` shows/],
		[["bench", "--profil", "minimal"], /^error: unknown option --profil\nhint: did you mean --profile\?\n$/],
		[["bench", "--profil=minimal"], /^error: unknown option --profil\nhint: did you mean --profile\?\n$/],
		[["--debug", "bench", "--body", "-x"], /^error: required option '-p, --profile <name\|file>' not specified\n/],
		[bench("--zzz"), /^error: unknown option --zzz\nhint: `knistio help bench` shows/],
		[bench("-q"), /^error: unknown option -q\nhint: `knistio help bench` shows/],
		[["profiles", "show"], /^error: missing required argument 'name\|file'\nhint: `knistio help profiles` shows/],
		[["nothing-like-it"], /^error: unknown command 'nothing-like-it'\nhint: `knistio --help` lists the commands\n$/],
		[["completion", "bsh"], /^error: shell: "bsh" is not allowed\nhint: allowed: bash, zsh, fish\n$/],
		[
			["selftest", "--scenario", "clasic"],
			/^error: --scenario: there is no scenario "clasic"\nhint: did you mean classic\?/,
		],
		[
			bench("--cluster", "kind"),
			/^error: --cluster: "kind" is not a kind of cluster\nhint: allowed: simulated; a real one/,
		],
		[
			["check", "r.json", "--cluster", "k3d"],
			/^error: --cluster: "k3d" is not a kind.*\nhint: allowed: simulated; leave/,
		],
		[["job", "--", "bench", "--profil", "full"], /^error: unknown option --profil\nhint: did you mean --profile\?\n$/],
		[["profiles", "lst"], /unknown command 'lst'\nhint: did you mean list\?\n$/],
	])("%j is refused", async (argv, words) => {
		const { stderr } = await refused(argv);
		expect(stderr).toMatch(words);
	});

	it("is no command at all: help, and 2", async () => {
		const { code, stdout, stderr } = await knistio([]);
		expect([code, stdout]).toEqual([2, ""]);
		expect(stderr).toContain("Usage: knistio");
	});
});

describe("bad input to bench", () => {
	it.each<[string, string[], RegExp]>([
		["an unknown profile", ["bench", "-p", "minmal"], /unknown profile "minmal"; did you mean "minimal"\?/],
		["a profile given twice", bench("-p", "minimal"), /profile "minimal" is given twice/],
		[
			"a profile that is not there",
			["bench", "-p", "./none.yaml"],
			/^error: cannot read \.\/none\.yaml: there is no such file or directory\nhint: look at its spelling/,
		],
		[
			"a file of a format that is not written",
			bench("-o", "x.xml"),
			/x\.xml: \.xml is not a known format\nhint: .*\.json/,
		],
		["a file without a format", bench("-o", "x"), /x: the file name has no extension\nhint: .*\.json/],
		["a budget that is none", bench("--budget", "fast please"), /--budget/],
		["a budget on no phase", bench("--budget", "toatl: p(50) < 3s"), /did you mean "total"\?/],
		["a budget on no profile of the run", bench("--budget", "mnimal.total: p(50) < 3s"), /minimal/],
		[
			"budgets that are not there",
			bench("--budgets", "./none.yaml"),
			/cannot read \.\/none\.yaml: there is no such file/,
		],
		[
			"a folder for results that is not there",
			bench("-o", at("none/run.json")),
			/cannot write .*none\/run\.json: there is no such file or directory\nhint: make the folder: mkdir -p /,
		],
		["a folder for what CI shows that is not there", bench("--junit", at("none/v.xml")), /cannot write .*none\/v\.xml/],
		["a recording in no folder", bench("--record", at("none/r.ndjson")), /cannot write .*none\/r\.ndjson/],
		["a folder in a result's place", bench("--summary", folder), /cannot write .*: it is a directory/],
		["two results in one file", bench("-o", "a.json", "--bencher", "./a.json"), /a\.json: two results/],
		[
			"a baseline that would be overwritten",
			bench("-o", "a.json", "--baseline", "./a.json"),
			/a\.json: the baseline would be overwritten by the run that it judges\nhint: /,
		],
		["Knative that is not there", bench("--knative-manifests", "./none"), /\.\/none/],
		["helm without charts", bench("--helm", "helm"), /--helm needs Istio's charts\nhint: add --helm-charts/],
		...[
			["--istio-set", "a=b"],
			["--istio-overlay", "./o.yaml"],
			["--helm", "helm"],
			["--helm-charts", "./charts"],
			["--helm-version", "1.2.3"],
		].map(([option = "", value = ""]): [string, string[], RegExp] => [
			`${option} beside manifests that it does not change`,
			bench("--istio-manifests", "./i.yaml", option, value),
			new RegExp(`${option} changes nothing beside --istio-manifests, .*\\nhint: leave one`),
		]),
		["a version of no charts", bench("--helm-version", "1.2.3"), /--helm-version needs Istio's charts\nhint: add/],
		[
			"a shape that the profile does not have",
			["bench", "-p", "SHAPED", "--sidecar", "classic"],
			/promises a native sidecar/,
		],
	])("%s is refused with a hint", async (_, argv, words) => {
		const shaped = at("shaped.yaml");
		const profile = {
			name: "shaped",
			istio: { components: {} },
			meshCompatibilityMode: "auto",
			promises: { sidecar: "native" },
		};
		await writeFile(shaped, dump(profile));
		const { stderr } = await refused(argv.map((word) => (word === "SHAPED" ? shaped : word)));
		expect(stderr).toMatch(words);
		expect(stderr).toMatch(/^error: [^\n]+\n(hint: [^\n]+\n)?/);
		expect(stderr).not.toMatch(/defect|UsageError|ENOENT/);
	});

	it("in a profile's file is refused with its line", async () => {
		const file = at("typo.yaml");
		await writeFile(
			file,
			"name: mine\nistio:\n  components: {}\n  vlaues: {}\nmeshCompatibilityMode: auto\npromises:\n  sidecar: none\n",
		);
		for (const argv of [
			["bench", "-p", file],
			["install", file],
			["profiles", "show", file],
		]) {
			expect((await refused(argv)).stderr).toContain(
				`${file}:4:3: istio.vlaues: unknown key "vlaues"; did you mean "values"?`,
			);
		}
		const judged = await knistio(["profiles", "validate", file]);
		expect(judged).toMatchObject({ code: 2, stdout: "" });
		expect(judged.stderr).toContain(`${file}:4:3`);
	});
});

describe("a cluster that cannot be had", () => {
	const real = (env: NonNullable<World["env"]>): World => ({
		env,
		openCluster: ({ kubeconfig, context }) =>
			openKube({
				env,
				...(kubeconfig === undefined ? {} : { file: kubeconfig }),
				...(context === undefined ? {} : { context }),
			}),
	});
	const config = async (server: string) => {
		const file = at("kubeconfig");
		const content = {
			clusters: [{ name: "bench", cluster: { server } }],
			users: [{ name: "me", user: { token: "top-secret" } }],
			contexts: [{ name: "kind-bench", context: { cluster: "bench", user: "me" } }],
			"current-context": "kind-bench",
		};
		await writeFile(file, dump(content));
		return file;
	};
	const commands = [["bench", "-p", "minimal", "-o", at("run.json")], ["install", "minimal"], ["uninstall"], ["clean"]];

	it.each(commands)("%s: no kubeconfig, and a context that is not there, are 2", async (...argv) => {
		const none = await knistio(argv, real({ HOME: at("nobody") }));
		expect(none).toMatchObject({ code: 2, stdout: "", written: [] });
		expect(none.stderr).toMatch(/^error: no kubeconfig[^\n]*\nhint: [^\n]+\n$/);
		const file = await config("https://127.0.0.1:1");
		const unknown = await knistio([...argv, "--kubeconfig", file, "--context", "kind-bnech"], real({}));
		expect(unknown).toMatchObject({ code: 2, stdout: "", written: [] });
		expect(unknown.stderr).toBe(`error: ${file}: no context "kind-bnech"\nhint: did you mean "kind-bench"?\n`);
	});

	it.each(
		commands,
	)("%s: an API server that is down is 4, and no credential is shown, not even with --debug", async (...argv) => {
		const file = await config("https://127.0.0.1:1");
		const istio = argv[0] === "bench" || argv[0] === "install" ? ["--istio-manifests", await anIstio()] : [];
		const down = await knistio([...argv, ...istio, "--kubeconfig", file, "--debug"], real({}));
		expect(down).toMatchObject({ code: 4, stdout: "", written: [] });
		expect(down.stderr).toContain(
			"error: the API server at https://127.0.0.1:1 cannot be reached: connect ECONNREFUSED",
		);
		expect(down.stderr).toContain("\nhint: is the API server running?");
		expect(down.stderr).toContain("caused by Error: connect ECONNREFUSED");
		expect(down.stderr).not.toContain("top-secret");
	});

	it("with missing rights is 4 and says which", async () => {
		const server = await startApiServer();
		const denied = { status: 201, json: { status: { allowed: false } } };
		server.on("POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews", denied);
		const file = await config(server.origin);
		const outcome = await knistio(bench("--istio-manifests", await anIstio(), "--kubeconfig", file), real({}));
		expect(outcome).toMatchObject({ code: 4, stdout: "", written: [] });
		expect(outcome.stderr).toMatch(
			/error: you may not do what knistio needs on this cluster: get namespaces, .* and \d+ more/,
		);
	});

	it.each([
		["bench", "-p", "minimal", "-o", at("never.json")],
		["install", "minimal"],
	])("%s: a missing istioctl is 2, and found before anything is changed", async (...argv) => {
		const server = await startApiServer();
		const allowed = { status: 201, json: { status: { allowed: true } } };
		server.on("POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews", allowed);
		const file = await config(server.origin);
		const outcome = await knistio([...argv, "--istioctl", at("no-istioctl"), "--kubeconfig", file], real({}));
		expect(outcome).toMatchObject({ code: 2, stdout: "", written: [] });
		expect(outcome.stderr).toMatch(/error: [^\n]*no-istioctl[^\n]*\nhint: /);
		expect(server.calls.filter(({ path }) => !path.includes("selfsubjectaccessreviews"))).toEqual([]);
		expect(existsSync(at("never.json"))).toBe(false);
	});

	async function anIstio(): Promise<string> {
		const file = at("istio.yaml");
		await writeFile(file, "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: istio\n  namespace: istio-system\n");
		return file;
	}
});
