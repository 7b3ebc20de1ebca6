import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/errors.ts";
import { parseProfile } from "../../src/profile/parse.ts";

const least = "name: mine\nistio:\n  components: {}\nmeshCompatibilityMode: auto\npromises:\n  sidecar: none\n";

/** The complaints about a text, without the file's name. */
function complaints(text: string): string[] {
	try {
		parseProfile(text, "p.yaml");
	} catch (error) {
		if (!(error instanceof UsageError)) throw error;
		return error.message.split("\n").map((line) => {
			expect(line).toMatch(/^p\.yaml:/);
			return line.slice("p.yaml:".length);
		});
	}
	return [];
}

describe("parseProfile", () => {
	it("fills in the defaults", () => {
		expect(parseProfile(least, "p.yaml")).toEqual({
			name: "mine",
			istio: {
				components: { base: true, istiod: true, ingressGateway: true, cni: false, ztunnel: false },
				values: {},
				meshConfig: {},
			},
			namespaceLabels: {},
			podLabels: {},
			podAnnotations: {},
			meshCompatibilityMode: "auto",
			security: [],
			policy: [],
			externalAuthorizer: false,
			promises: { initContainers: [], sidecar: "none", capabilities: [], denies: false },
			budgets: [],
		});
	});

	it("does not count a byte order mark", () => {
		expect(complaints("\uFEFFfoo: 1\nbar: 2\n").filter((line) => line.includes("unknown key"))).toEqual([
			expect.stringMatching(/^1:1: foo/),
			expect.stringMatching(/^2:1: bar/),
		]);
	});

	it("accepts a document between empty ones", () => {
		expect(complaints(`---\n${least}---\n`)).toEqual([]);
	});

	it("tells all that is wrong, in the order of the text", () => {
		const text = `name: My Profile
istio:
  version: "^1.27"
  componets: {cni: true}
  components:
    istod: true
    cni: nope
meshCompatibilityMode: enabld
podLabels:
  tier: 1
  a.b/c: true
namespaceLabels:
promises:
  sidecar: natve
  capabilities: NET_ADMIN
  foo: 1
policy:
  - kind: AuthorizationPolicy
    metadata: {}
extra: 1
`;
		expect(complaints(text)).toEqual([
			"1:1: name: must be lower-case letters, digits and dashes",
			'3:3: istio.version: must be a range of versions such as ">=1.27 <2"',
			'4:3: istio.componets: unknown key "componets"; did you mean "components"?',
			'6:5: istio.components.istod: unknown key "istod"; did you mean "istiod"?',
			'7:5: istio.components.cni: must be true or false, not "nope"',
			'8:1: meshCompatibilityMode: must be one of auto, enabled, disabled; not "enabld"; did you mean "enabled"?',
			"10:3: podLabels.tier: must be a text, not the number 1; put it in quotes",
			'11:3: podLabels["a.b/c"]: must be a text, not the boolean true; put it in quotes',
			"12:1: namespaceLabels: must be a mapping, not empty",
			'14:3: promises.sidecar: must be one of none, native, classic, any; not "natve"; did you mean "native"?',
			'15:3: promises.capabilities: must be a list, not "NET_ADMIN"',
			'16:3: promises.foo: unknown key "foo"; known here: initContainers, sidecar, extraContainers, capabilities, throughZtunnel, denies',
			"18:5: policy[0].apiVersion: is missing; it must be a text",
			"19:5: policy[0].metadata.name: is missing; it must be a text",
			'20:1: extra: unknown key "extra"; known here: extends, name, title, description, variant, istio, namespaceLabels, podLabels, podAnnotations, meshCompatibilityMode, security, policy, traffic, externalAuthorizer, promises, budgets',
		]);
	});

	it("names what is missing where it should stand", () => {
		expect(complaints("name: mine\nistio: {}\npromises: {}\n")).toEqual([
			"1:1: meshCompatibilityMode: is missing; it must be one of auto, enabled, disabled",
			"2:1: istio.components: is missing; it must be a mapping",
			"3:1: promises.sidecar: is missing; it must be one of none, native, classic, any",
		]);
	});

	it.each([
		["", " the file is empty"],
		["# only a comment\n---\n", " the file is empty"],
		["- a\n- b\n", "1:1: a profile is a mapping of fields, not a list"],
		["\njust text\n", '2:1: a profile is a mapping of fields, not only the string "just text"'],
		[`${least}---\n${least}`, "8:1: a second document begins here; a profile is a file of its own"],
		["name: a\nname: b\n", "2:1: not valid YAML: duplicated mapping key"],
		["name: a: b\n", "1:8: not valid YAML: bad indentation of a mapping entry"],
		["a:\n\t- b\n", "2:1: not valid YAML: tab characters must not be used in indentation"],
		["name: [a\n", "2:1: not valid YAML: unexpected end of the stream within a flow collection"],
		["\u0000\u0001\u0002", "1:1: not a text: there is a control character"],
		["\u007fELF\u0002\u0001", "1:1: not a text: there is a control character"],
		["name: !!js/function x\n", "1:22: not valid YAML: unknown tag !<tag:yaml.org,2002:js/function>"],
	])("refuses %j", (text, complaint) => expect(complaints(text)).toEqual([complaint]));

	it("gives a hint", () => {
		expect(() => parseProfile("", "p.yaml")).toThrow(
			expect.objectContaining({ exitCode: 2, hint: expect.stringContaining("knistio profiles show") }),
		);
	});

	it("throws nothing but usage errors, whatever it is given", () => {
		const line = fc.oneof(
			fc.constantFrom(...least.split("\n"), "  - x", "?", "a: &a [*a]", "<<: 1", "---", "{", "constructor: 1"),
			fc.string(),
		);
		fc.assert(
			fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
				complaints(lines.join("\n"));
			}),
			{ numRuns: 500 },
		);
	});
});
