import { expect, it } from "vitest";
import { substitute } from "../../src/profile/effective.ts";
import { parseProfile } from "../../src/profile/parse.ts";

const profile = parseProfile(
	`
name: mine
description: for $NAMESPACE
istio:
  components: {}
  values: {global: {x: $NAMESPACE}}
  meshConfig:
    extensionProviders:
      - {name: a, service: authz.$NAMESPACE.svc, port: 80, also: $NAMESPACES}
meshCompatibilityMode: auto
promises: {sidecar: none}
security:
  - {apiVersion: v1, kind: A, metadata: {name: a, namespace: $NAMESPACE}}
policy:
  - {apiVersion: v1, kind: B, metadata: {name: b}, spec: [{from: $NAMESPACE and $NAMESPACE}]}
`,
	"p.yaml",
);

it("replaces $NAMESPACE in security, policy and the mesh configuration, and leaves the rest", () => {
	const original = structuredClone(profile);
	const effective = substitute(profile, "ben$&ch");
	expect(effective).toEqual({
		...profile,
		istio: {
			...profile.istio,
			meshConfig: {
				extensionProviders: [{ name: "a", service: "authz.ben$&ch.svc", port: 80, also: "$NAMESPACES" }],
			},
		},
		security: [{ apiVersion: "v1", kind: "A", metadata: { name: "a", namespace: "ben$&ch" } }],
		policy: [{ apiVersion: "v1", kind: "B", metadata: { name: "b" }, spec: [{ from: "ben$&ch and ben$&ch" }] }],
	});
	expect(profile).toEqual(original);
});
